import type { Chain, Table } from '@cnilab/shared/live/firewall';
import { tableKey } from '@cnilab/shared/live/firewall';
import { explainRule } from '@cnilab/shared/live/iptables';
import { ruleOwners, type RuleOwner } from '@cnilab/shared/live/ruleOwners';
import { useMemo, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { cx } from '../design/cx.ts';
import { CheckField, SearchField, SelectField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { Scroll } from '../design/Scroll.tsx';
import {
  callersByChain,
  firewallChanges,
  orderedChains,
  orderedTables,
  podsByAddress,
  ruleKey,
  shortCount,
  type RuleChange,
} from '../store/firewall.ts';
import { useLab } from '../store/labContext.tsx';
import { useSeen } from '../store/useSeen.ts';
import styles from './FirewallPanel.module.css';
import panel from './Panels.module.css';
import { useNamespaceChoice } from './useNamespaceChoice.ts';

/** The rules of one host or pod, in the order in which packets meet them, with live counters. */
export function FirewallPanel() {
  const isLive = useLab((s) => s.live !== undefined);
  const { namespace, options, choose } = useNamespaceChoice();
  const [filter, setFilter] = useState('');
  const [showAll, setShowAll] = useState(false);

  if (!isLive) {
    return (
      <Message
        title="Rules are shown when the lab runs."
        text="They are those of the kernel, with their counters."
      />
    );
  }
  if (namespace === undefined) return <Message title="No host runs yet." />;
  return (
    <>
      <div className={panel['toolbar']}>
        <SelectField
          inline
          label="Rules of"
          value={namespace}
          options={options}
          onChange={choose}
        />
        <SearchField label="Filter rules" value={filter} onChange={setFilter} />
        <CheckField label="Empty chains" isOn={showAll} onChange={setShowAll} />
      </div>
      <Rules key={namespace} namespace={namespace} filter={filter} showAll={showAll} />
    </>
  );
}

function Rules(props: { namespace: string; filter: string; showAll: boolean }) {
  const { namespace, filter, showAll } = props;
  // Counters come with the events, as long as somebody looks.
  const seen = useSeen('rules', namespace);
  const tables = useLab((s) => s.live?.namespaces[namespace]?.tables);
  const changes = useChanges(tables);
  const host = namespace.split('/')[0] ?? '';
  const pods = useLab(useShallow((s) => podsByAddress(s.live?.namespaces ?? {}, host)));

  const shown = orderedTables(tables ?? []).flatMap((table) => {
    const chains = orderedChains(table).filter(
      (chain) => showAll || chain.rules.length > 0 || (chain.policy ?? 'ACCEPT') !== 'ACCEPT',
    );
    return chains.length > 0 ? [{ table, chains }] : [];
  });
  return (
    <Scroll className={panel['scroll']} label="Firewall rules">
      {seen?.at === 'nothing' && (
        <p className={cx(panel['bad'], styles['problem'])}>{seen.problem}</p>
      )}
      {shown.length === 0 && (
        <Message
          title={`${namespace} has no firewall rules.`}
          text="Every packet passes. Port maps and masquerading would add some."
        />
      )}
      {shown.map(({ table, chains }, tableAt) => (
        <TableView
          key={tableKey(table)}
          isFirst={tableAt === 0}
          table={table}
          chains={chains}
          pods={pods}
          filter={filter}
          changes={changes}
        />
      ))}
    </Scroll>
  );
}

function TableView(props: {
  table: Table;
  /** Those to show, in their order. */
  chains: Chain[];
  /** Names of the host's pods by their addresses. */
  pods: ReadonlyMap<string, string>;
  filter: string;
  changes: Changes;
  isFirst: boolean;
}) {
  const { table, chains, pods, filter, changes, isFirst } = props;
  // Each looks at all rules of the table.
  const owners = useMemo(() => ruleOwners(table, pods), [table, pods]);
  const callers = useMemo(() => callersByChain(table), [table]);
  return (
    <section className={styles['table']}>
      <h3>
        {table.name} <span>{tableNote(table)}</span>
      </h3>
      {chains.map((chain, at) => (
        <ChainView
          key={chain.name}
          isFirst={isFirst && at === 0}
          table={table}
          chain={chain}
          owners={owners}
          callers={callers.get(chain.name) ?? []}
          filter={filter}
          changes={changes}
        />
      ))}
    </section>
  );
}

const families = { ip: 'IPv4', ip6: 'IPv6', inet: 'IPv4 and IPv6', arp: 'ARP', bridge: 'bridge' };

/** Whose packets the table is about, and which of the kernel's packet filters has it. */
function tableNote({ family, backend, syntax }: Table): string {
  const packets = family === 'netdev' ? 'one interface' : families[family];
  if (backend === 'legacy') return `${packets}, legacy iptables`;
  return syntax === 'nft' ? `${packets}, nft` : packets;
}

interface Changes {
  /** Grows with each reading that changed something: restarts the flash. */
  reading: number;
  changes: Map<string, RuleChange>;
}

function useChanges(tables: Table[] | undefined): Changes {
  const [state, setState] = useState<Changes & { tables: Table[] | undefined }>({
    reading: 0,
    changes: new Map(),
    tables,
  });
  if (state.tables !== tables && tables) {
    const next = {
      reading: state.reading + 1,
      changes: firewallChanges(state.tables, tables),
      tables,
    };
    setState(next);
    return next;
  }
  return state;
}

function ChainView(props: {
  table: Table;
  chain: Chain;
  filter: string;
  changes: Changes;
  owners: ReadonlyMap<number, RuleOwner>;
  /** The chains that lead to this one. */
  callers: readonly string[];
  isFirst: boolean;
}) {
  const { table, chain, changes, owners, callers, isFirst } = props;
  const filter = props.filter.toLowerCase();
  const rules = chain.rules
    .map((rule, i) => ({
      ...rule,
      key: ruleKey(table, rule),
      number: i + 1,
      words: table.syntax === 'iptables' ? explainRule(rule.text) : '',
      owner: ownerText(owners.get(rule.id)),
    }))
    .filter(({ text, words, owner }) => `${text} ${words} ${owner}`.toLowerCase().includes(filter));
  if (filter && rules.length === 0) return null;
  return (
    <div className={cx(styles['chain'], isFirst && styles['first'])}>
      <div className={styles['chainHead']}>
        <h4>{chain.name}</h4>
        {chain.policy && (
          <span className={cx(chain.policy !== 'ACCEPT' && panel['bad'])}>
            policy {chain.policy}, {shortCount(chain.packets)} packets
          </span>
        )}
        {chain.hook && (
          <span>
            at {chain.hook}, priority {chain.priority}
          </span>
        )}
        {callers.length > 0 && <span>from {callers.join(', ')}</span>}
      </div>
      {rules.length > 0 && (
        <table>
          <colgroup>
            <col className={styles['narrow']} />
            <col className={styles['count']} />
            <col className={styles['count']} />
            <col />
          </colgroup>
          <thead className={styles['head']}>
            <tr>
              <th scope="col">#</th>
              <th scope="col">packets</th>
              <th scope="col">bytes</th>
              <th scope="col">rule</th>
            </tr>
          </thead>
          <tbody>
            {rules.map(({ key, number, packets, bytes, text, words, owner }) => {
              const change = changes.changes.get(key);
              return (
                <tr
                  // Another key restarts the flash of a rule that counts again and again.
                  key={change ? `${key} ${changes.reading}` : key}
                  data-change={change}
                >
                  <td>{number}</td>
                  <td title={String(packets)}>{shortCount(packets)}</td>
                  <td title={String(bytes)}>{shortCount(bytes)}</td>
                  <td>
                    {words && (
                      <p>
                        {words}
                        {owner && <span className={styles['owner']}>{owner}</span>}
                      </p>
                    )}
                    <code>{text}</code>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** `portmap, web` */
const ownerText = (owner: RuleOwner | undefined): string =>
  [owner?.plugin, owner?.containerId].filter(Boolean).join(', ');
