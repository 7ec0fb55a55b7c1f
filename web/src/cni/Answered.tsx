import type { Operation } from '@cnilab/shared/live/operation';
import type { ReactNode } from 'react';
import type { Outcome } from '../store/outcomes.ts';
import styles from './Cni.module.css';
import { OutcomeMark } from './OutcomeMark.tsx';

/** One line: what was asked, how it went, and when. */
export function Answered(props: {
  operation: Operation;
  outcome: Outcome;
  /** What was asked. */
  children?: ReactNode;
}) {
  const { started, ms } = props.operation;
  return (
    <p className={styles['answer']}>
      {props.children} <OutcomeMark {...props.outcome} />{' '}
      <time className={styles['time']} dateTime={new Date(started + ms).toISOString()}>
        {new Date(started + ms).toLocaleTimeString()}
      </time>
    </p>
  );
}
