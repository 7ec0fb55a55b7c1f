import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { CircleAlert, Lightbulb, TriangleAlert } from 'lucide-react';
import { cx } from './cx.ts';
import styles from './SeverityMark.module.css';

const icons = { error: CircleAlert, warning: TriangleAlert, hint: Lightbulb } as const;

/** Error, warning or hint, by shape, colour and word. */
export function SeverityMark({ severity }: { severity: Diagnostic['severity'] }) {
  const Icon = icons[severity];
  return (
    <span className={cx(styles['mark'], styles[severity])}>
      <Icon size={15} aria-hidden />
      {severity}
    </span>
  );
}
