import { Check, CircleDashed, CircleDot, X } from 'lucide-react';
import { cx } from '../design/cx.ts';
import type { Outcome } from '../store/outcomes.ts';
import styles from './Cni.module.css';

const icons = { ok: Check, bad: X, none: CircleDashed, working: CircleDot } as const;

/** The mark alone, where the words stand elsewhere. */
export function OutcomeIcon({ look }: Pick<Outcome, 'look'>) {
  const Icon = icons[look];
  return (
    <Icon size={13} strokeWidth={2.5} aria-hidden className={cx(styles['icon'], styles[look])} />
  );
}

/** How an operation went, as a mark and a few words; each mark has a shape of its own. */
export function OutcomeMark({ look, text }: Outcome) {
  const Icon = icons[look];
  return (
    <span className={cx(styles['mark'], styles[look])}>
      <Icon size={13} strokeWidth={2.5} aria-hidden />
      <span>{text}</span>
    </span>
  );
}
