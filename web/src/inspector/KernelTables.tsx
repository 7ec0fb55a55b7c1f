import { cx } from '../design/cx.ts';
import { routeText } from '../store/eventText.ts';
import { queueText } from '../store/queueText.ts';
import styles from './Inspector.module.css';
import type { KernelScope } from './kernelScope.ts';

export function Routes({ scope: { namespace, links, isWhole } }: { scope: KernelScope }) {
  const indexes = new Set(links.map(({ index }) => index));
  const routes = namespace.routes.filter(
    ({ dev }) => isWhole || (dev !== undefined && indexes.has(dev)),
  );
  if (routes.length === 0) return isWhole ? <p className={styles['quiet']}>No routes.</p> : null;
  return (
    <section>
      <h3 className={styles['group']}>Routes</h3>
      <table className={styles['table']}>
        <tbody>
          {routes.map((route, i) => (
            <tr key={i}>
              <td>
                <code>{routeText(route)}</code>
              </td>
              <td>
                <code>{namespace.links.find(({ index }) => index === route.dev)?.name}</code>
              </td>
              <td>{route.protocol}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Neighbours({ scope: { namespace, links } }: { scope: KernelScope }) {
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const neighbours = namespace.neighbours.filter(
    ({ index, state }) => names.has(index) && state !== 'NOARP',
  );
  if (neighbours.length === 0) return null;
  return (
    <section>
      <h3 className={styles['group']}>Neighbours</h3>
      <table className={styles['table']}>
        <tbody>
          {neighbours.map(({ index, family, address, mac, state }) => (
            <tr key={`${index} ${address}`}>
              <td className={cx(family === 4 && styles['whole'])}>
                <code>{address}</code>
              </td>
              <td className={styles['whole']}>
                <code>{mac ?? 'no answer'}</code>
              </td>
              <td>
                {names.get(index)}, {state.toLowerCase()}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Policy routing: which table is looked up for which packets, besides the kernel's own three. */
export function Policies({ scope: { namespace, isWhole } }: { scope: KernelScope }) {
  const { policies } = namespace;
  if (!isWhole || policies.length === 0) return null;
  return (
    <section>
      <h3 className={styles['group']}>Routing policies</h3>
      <table className={styles['table']}>
        <tbody>
          {policies
            .toSorted((a, b) => a.family - b.family || a.priority - b.priority)
            .map(({ family, priority, match, action, table }) => (
              <tr key={`${family} ${priority} ${match} ${table}`}>
                <td>
                  <code>{priority}</code>
                </td>
                <td>
                  <code>{match}</code>
                </td>
                <td>
                  {action} {table}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

/** Behind which port a bridge has seen which machine. */
export function Fdb({ scope: { namespace, links } }: { scope: KernelScope }) {
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const fdb = namespace.fdb.filter(({ index }) => names.has(index));
  if (fdb.length === 0) return null;
  return (
    <section>
      <h3 className={styles['group']}>Learnt addresses</h3>
      <table className={styles['table']}>
        <tbody>
          {fdb.map(({ index, mac, vlan, dst, state }) => (
            <tr key={`${index} ${mac} ${vlan} ${dst}`}>
              <td>
                <code>{mac}</code>
              </td>
              <td>{names.get(index)}</td>
              <td>{[vlan && `VLAN ${vlan}`, dst, state].filter(Boolean).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How packets wait for a link, where somebody has set it. */
export function Queues({ scope: { namespace, links } }: { scope: KernelScope }) {
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const qdiscs = namespace.qdiscs.filter(({ index }) => names.has(index));
  if (qdiscs.length === 0) return null;
  return (
    <section>
      <h3 className={styles['group']}>Queues</h3>
      <table className={styles['table']}>
        <tbody>
          {qdiscs.map((qdisc) => (
            <tr key={`${qdisc.index} ${qdisc.parent}`}>
              <td className={styles['whole']}>
                <code>{qdisc.kind}</code>
              </td>
              <td className={styles['whole']}>{names.get(qdisc.index)}</td>
              <td>{queueText(qdisc)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
