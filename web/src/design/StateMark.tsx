import { Check, Circle, CircleDashed, CircleDot, Cpu, X } from 'lucide-react';
import { standingWords, type Standing } from '../store/stateWords.ts';
import { cx } from './cx.ts';
import styles from './StateMark.module.css';

const icons = {
  pending: CircleDashed,
  working: CircleDot,
  up: Check,
  failed: X,
  design: Circle,
  kernel: Cpu,
} as const;

/** A state as mark and word; each has a shape of its own. */
export function StateMark({
  standing,
  wordless = false,
}: {
  standing: Standing;
  wordless?: boolean;
}) {
  const Icon = icons[standing];
  const word = standingWords[standing];
  return (
    <span className={cx(styles['mark'], styles[standing])} title={wordless ? word : undefined}>
      <Icon size={13} strokeWidth={2.5} aria-hidden />
      {wordless ? <span className={styles['hidden']}>{word}</span> : word}
    </span>
  );
}
