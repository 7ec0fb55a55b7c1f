import { CopyButton } from './CopyButton.tsx';
import styles from './Code.module.css';

/** Text of a machine, shown as it is, to be copied. */
export function Code({ text, what }: { text: string; what: string }) {
  return (
    <div className={styles['code']}>
      <pre tabIndex={0}>{text}</pre>
      <span className={styles['copy']}>
        <CopyButton text={text} what={what} />
      </span>
    </div>
  );
}
