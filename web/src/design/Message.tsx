import type { ReactNode } from 'react';
import styles from './Message.module.css';

/** A whole screen or panel that has only something to say. */
export function Message(props: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className={styles['message']}>
      <p className={styles['title']}>{props.title}</p>
      {props.text && <p className={styles['text']}>{props.text}</p>}
      {props.children && <div className={styles['actions']}>{props.children}</div>}
    </div>
  );
}
