import {
  tableKey,
  type Chain,
  type Rule,
  type Table,
  type TableRef,
} from '@cnilab/shared/live/firewall';
import type { Namespace } from '@cnilab/shared/live/namespace';

/** What happened to a rule between two readings. */
export type RuleChange = 'new' | 'counted';

/** Names a rule across readings, whatever is put in around it. */
export const ruleKey = (table: TableRef, rule: Rule): string => `${tableKey(table)} ${rule.id}`;

/** Rules that are new or whose counter grew. Nothing on the first reading: all would be new. */
export function firewallChanges(
  before: readonly Table[] | undefined,
  after: readonly Table[],
): Map<string, RuleChange> {
  const changes = new Map<string, RuleChange>();
  if (!before || before === after) return changes;
  const packets = countersOf(before);
  for (const [key, count] of countersOf(after)) {
    const known = packets.get(key);
    if (known === undefined) changes.set(key, 'new');
    else if (count > known) changes.set(key, 'counted');
  }
  return changes;
}

function countersOf(tables: readonly Table[]): Map<string, number> {
  const counters = new Map<string, number>();
  for (const table of tables) {
    for (const chain of table.chains) {
      for (const rule of chain.rules) counters.set(ruleKey(table, rule), rule.packets);
    }
  }
  return counters;
}

const tableOrder = ['raw', 'mangle', 'nat', 'filter', 'security'];
const hookOrder = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

const place = (order: readonly string[], name: string) => {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
};

/** Tables in the order in which a packet meets them. */
export const orderedTables = (tables: readonly Table[]): Table[] =>
  tables.toSorted(
    (a, b) =>
      a.family.localeCompare(b.family) || place(tableOrder, a.name) - place(tableOrder, b.name),
  );

/** Built-in chains in the order of the hooks, then the others as they are first jumped to. */
export function orderedChains({ chains }: Table): Chain[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const ordered = new Set<Chain>();
  const visit = (chain: Chain) => {
    if (ordered.has(chain)) return;
    ordered.add(chain);
    for (const { text } of chain.rules) {
      const target = byName.get(jumpTarget(text) ?? '');
      if (target) visit(target);
    }
  };
  const builtIn = chains.filter(({ policy }) => policy !== undefined);
  for (const chain of builtIn.toSorted(
    (a, b) => place(hookOrder, a.name) - place(hookOrder, b.name),
  ))
    visit(chain);
  for (const chain of chains) visit(chain);
  return [...ordered];
}

/** The chain or verdict that a rule goes to. */
export const jumpTarget = (rule: string): string | undefined =>
  /(?: -[jg]| --jump| --goto|\bjump|\bgoto) (\S+)/.exec(rule)?.[1];

/** 1234567 as `1.2 M`: the width of a column. */
export function shortCount(count: number): string {
  if (count < 10_000) return String(count);
  const units = ['k', 'M', 'G', 'T'];
  let value = count;
  let unit = '';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** For each chain that rules lead to, the chains of these rules. */
export function callersByChain({ chains }: Table): Map<string, string[]> {
  const callers = new Map<string, string[]>();
  for (const { name, rules } of chains) {
    for (const target of new Set(rules.map(({ text }) => jumpTarget(text) ?? ''))) {
      const known = callers.get(target);
      if (known) known.push(name);
      else callers.set(target, [name]);
    }
  }
  return callers;
}

/** The pods of a host by their addresses, as plugins name them: by their container ids. */
export function podsByAddress(
  namespaces: Record<string, Namespace>,
  host: string,
): Map<string, string> {
  const pods = Object.values(namespaces).filter(
    ({ kind, host: of }) => kind === 'pod' && of === host,
  );
  return new Map(
    pods.flatMap(({ id, addresses }) =>
      addresses
        .filter(({ scope }) => scope === 'global')
        .map(({ address }) => [address, id.slice(host.length + 1)] as const),
    ),
  );
}
