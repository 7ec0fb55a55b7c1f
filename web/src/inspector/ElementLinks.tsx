import { useLab } from '../store/labContext.tsx';
import styles from './Inspector.module.css';

/** Elements that belong to the selected one, to go to. */
export function ElementLinks(props: {
  title: string;
  items: { id: string; label: string; detail?: string }[];
  none: string;
}) {
  const select = useLab((s) => s.select);
  return (
    <section>
      <h3 className={styles['group']}>{props.title}</h3>
      {props.items.length === 0 ? (
        <p className={styles['quiet']}>{props.none}</p>
      ) : (
        <ul className={styles['links']}>
          {props.items.map(({ id, label, detail }) => (
            <li key={id}>
              <button onClick={() => select([id])}>{label}</button>
              {detail && <span> {detail}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
