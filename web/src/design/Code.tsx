import { CopyButton } from './CopyButton.tsx';
import { Scroll } from './Scroll.tsx';
import styles from './Code.module.css';

/** Text of a machine, shown as it is, to be copied. */
export function Code({ text, what }: { text: string; what: string }) {
  return (
    <div className={styles['code']}>
      <Scroll label={`Text of ${what}`} className={styles['text']}>
        <pre>{text}</pre>
      </Scroll>
      <span className={styles['copy']}>
        <CopyButton text={text} what={what} />
      </span>
    </div>
  );
}
