import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './Notice.module.css';

const icons = { bad: CircleAlert, warn: TriangleAlert, info: Info } as const;

/** Something that a person should know, with what can be done about it. */
export function Notice(props: {
  look: keyof typeof icons;
  title?: string;
  text?: string | undefined;
  children?: ReactNode;
  onClose?: () => void;
  boxed?: boolean;
}) {
  const Icon = icons[props.look];
  return (
    <div className={cx(styles['notice'], styles[props.look], props.boxed && styles['boxed'])}>
      <Icon size={16} aria-hidden className={styles['icon']} />
      <div className={styles['words']}>
        {props.title && <b>{props.title}</b>} {props.text}
        {props.children && <div className={styles['actions']}>{props.children}</div>}
      </div>
      {props.onClose && <IconButton label="Dismiss" icon={X} small onPress={props.onClose} />}
    </div>
  );
}
