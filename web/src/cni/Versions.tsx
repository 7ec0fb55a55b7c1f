import type { Operation } from '@cnilab/shared/live/operation';
import { Check } from 'lucide-react';
import { cx } from '../design/cx.ts';
import styles from './Cni.module.css';

/** The versions that each plugin of a network takes; the one that the network is in stands out. */
export function Versions({ operation }: { operation: Operation }) {
  const { network, versions = [], wantedVersion: wanted } = operation;
  if (versions.length === 0) return null;
  return (
    <table className={styles['table']}>
      <caption>{wanted ? `${network} wants version ${wanted}` : network}</caption>
      <thead>
        <tr>
          <th scope="col">Plugin</th>
          <th scope="col">Versions that it takes</th>
        </tr>
      </thead>
      <tbody>
        {versions.map(({ plugin, versions: taken }) => (
          <tr key={plugin}>
            <th scope="row">
              <code>{plugin}</code>
            </th>
            <td>
              <ul className={styles['versions']}>
                {taken.map((version) => (
                  <li key={version} className={cx(version === wanted && styles['wanted'])}>
                    {version === wanted && (
                      <Check size={12} strokeWidth={2.5} aria-label="wanted:" />
                    )}
                    {version}
                  </li>
                ))}
                {wanted !== undefined && !taken.includes(wanted) && (
                  <li className={styles['missing']}>not {wanted}</li>
                )}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
