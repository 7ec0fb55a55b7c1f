import type { Operation } from '@cnilab/shared/live/operation';
import styles from './Cni.module.css';

/** What GC took away; nothing when that is nothing. */
export function Removed({ operation }: { operation: Operation }) {
  const { network, removed = [] } = operation;
  if (removed.length === 0) return null;
  return (
    <table className={styles['table']}>
      <caption>Removed from {network}</caption>
      <thead>
        <tr>
          <th scope="col">Container</th>
          <th scope="col">Interface</th>
        </tr>
      </thead>
      <tbody>
        {removed.map(({ containerId, interface: name }) => (
          <tr key={`${containerId} ${name}`}>
            <td>
              <code>{containerId}</code>
            </td>
            <td>
              <code>{name}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
