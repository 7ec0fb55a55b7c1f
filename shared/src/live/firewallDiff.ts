import {
  applyFirewall,
  isSameTable,
  tableKey,
  type Chain,
  type Counter,
  type FirewallChange,
  type Rule,
  type Table,
  type TableRef,
} from './firewall.ts';

/**
 * What leads from one reading of the tables to the next: `applyFirewall` with the changes, then
 * `applyCounters`, make `after` out of `before`.
 */
export function diffFirewall(
  before: readonly Table[],
  after: readonly Table[],
): { changes: FirewallChange[]; counters: Counter[] } {
  const changes: FirewallChange[] = [];
  const counters: Counter[] = [];
  for (const table of before) {
    if (!after.some((item) => isSameTable(item, table))) {
      changes.push({ change: 'table.del', table: refOf(table) });
    }
  }
  for (const table of after) {
    const known = before.find((item) => isSameTable(item, table));
    if (!known || known.syntax !== table.syntax || !isOrdered(known, table)) {
      changes.push({ change: 'table.set', table });
    } else {
      const made = diffChains(known, table);
      changes.push(...made);
      counters.push(...diffCounters(applyFirewall([known], made), table));
    }
  }
  return { changes, counters };
}

/** Whether the chains that both have stand in the same order; else the table is told anew. */
function isOrdered(before: Table, after: Table): boolean {
  const names = (table: Table, other: Table) =>
    table.chains.map(({ name }) => name).filter((name) => has(other.chains, name));
  return names(before, after).join('\n') === names(after, before).join('\n');
}

function diffChains(before: Table, after: Table): FirewallChange[] {
  const table = refOf(after);
  const changes: FirewallChange[] = [];
  for (const { name } of before.chains) {
    if (!has(after.chains, name)) changes.push({ change: 'chain.del', table, chain: name });
  }
  for (const [at, chain] of after.chains.entries()) {
    const known = before.chains.find(({ name }) => name === chain.name);
    if (!known || !hasSameHead(known, chain)) {
      const { rules: _rules, ...head } = chain;
      // A chain that is known keeps its counters here: they are told as counters.
      const counted = known ? { ...head, packets: known.packets, bytes: known.bytes } : head;
      const previous = after.chains[at - 1]?.name ?? null;
      changes.push({ change: 'chain.set', table, chain: counted, after: previous });
    }
    changes.push(...diffRules(known?.rules ?? [], chain, table));
  }
  return changes;
}

function diffRules(before: readonly Rule[], chain: Chain, table: TableRef): FirewallChange[] {
  const place = { table, chain: chain.name };
  const changes: FirewallChange[] = [];
  const wanted = new Map(chain.rules.map((rule) => [rule.id, rule]));
  const stays = (rule: Rule) => wanted.get(rule.id)?.text === rule.text;
  for (const rule of before) {
    if (!stays(rule)) changes.push({ change: 'rule.del', ...place, id: rule.id });
  }
  const rest = before.filter(stays);
  let next = 0;
  for (const [at, rule] of chain.rules.entries()) {
    if (rest[next]?.id === rule.id) {
      next += 1;
      continue;
    }
    const after = chain.rules[at - 1]?.id ?? null;
    const moved = rest.findIndex((other, i) => i > next && other.id === rule.id);
    if (moved >= 0) rest.splice(moved, 1);
    changes.push({ change: 'rule.new', ...place, rule, after });
  }
  return changes;
}

function diffCounters([before]: readonly Table[], after: Table): Counter[] {
  const table = refOf(after);
  const counters: Counter[] = [];
  for (const chain of after.chains) {
    const known = before?.chains.find(({ name }) => name === chain.name);
    if (!known) continue;
    const add = (old: Rule | Chain | undefined, now: Rule | Chain, rule?: number) => {
      if (!old || (old.packets === now.packets && old.bytes === now.bytes)) return;
      const { packets, bytes } = now;
      const where = { table, chain: chain.name, ...(rule === undefined ? {} : { rule }) };
      counters.push({ ...where, packets, bytes });
    };
    add(known, chain);
    const rules = new Map(known.rules.map((rule) => [rule.id, rule]));
    for (const rule of chain.rules) add(rules.get(rule.id), rule, rule.id);
  }
  return counters;
}

/** Those of the counters that are not what the tables say. */
export function changedCounters(tables: readonly Table[], counters: readonly Counter[]): Counter[] {
  const known = new Map<string, Chain | Rule>();
  const key = (table: string, chain: string, rule?: number) => `${table} ${chain} ${rule ?? ''}`;
  for (const table of tables) {
    const name = tableKey(table);
    for (const chain of table.chains) {
      known.set(key(name, chain.name), chain);
      for (const rule of chain.rules) known.set(key(name, chain.name, rule.id), rule);
    }
  }
  return counters.filter(({ table, chain, rule, packets, bytes }) => {
    const old = known.get(key(tableKey(table), chain, rule));
    return old !== undefined && (old.packets !== packets || old.bytes !== bytes);
  });
}

/** Gives out the ids of rules that the kernel does not number. */
export type NumberRules = (reading: Table[]) => Table[];

/**
 * Numbers the rules of legacy tables: a rule that was there before keeps its number while others
 * are put in around it. Rules of the same words in one chain are told apart by their order.
 */
export function createNumbering(): NumberRules {
  let known = new Map<string, Rule[]>();
  let last = 0;
  return (reading) => {
    const numbered = new Map<string, Rule[]>();
    const tables = reading.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => {
        const key = `${tableKey(table)} ${chain.name}`;
        const ids = keptIds(known.get(key) ?? [], chain.rules);
        const rules = chain.rules.map((rule, i) => ({ ...rule, id: ids[i] ?? ++last }));
        numbered.set(key, rules);
        return { ...chain, rules };
      }),
    }));
    known = numbered;
    return tables;
  };
}

/** For each rule the id of the one that it was before: a longest common subsequence of the texts. */
function keptIds(before: readonly Rule[], after: readonly Rule[]): (number | undefined)[] {
  let start = 0;
  while (start < after.length && before[start]?.text === after[start]?.text) start += 1;
  let end = 0;
  const isSameAtEnd = () =>
    before.length - end > start &&
    after.length - end > start &&
    before[before.length - 1 - end]?.text === after[after.length - 1 - end]?.text;
  while (isSameAtEnd()) end += 1;
  const olds = before.slice(start, before.length - end);
  const news = after.slice(start, after.length - end);
  const middle = longestCommon(olds, news);
  return [
    ...before.slice(0, start).map(({ id }) => id),
    ...middle,
    ...before.slice(before.length - end).map(({ id }) => id),
  ];
}

/** At most this many pairs are compared; beyond it the middle of a chain is taken for new. */
const maxPairs = 4_000_000;

function longestCommon(olds: readonly Rule[], news: readonly Rule[]): (number | undefined)[] {
  if (olds.length * news.length > maxPairs) return news.map(() => undefined);
  const width = news.length + 1;
  const lengths = new Uint32Array((olds.length + 1) * width);
  for (let i = olds.length - 1; i >= 0; i--) {
    for (let j = news.length - 1; j >= 0; j--) {
      const here = i * width + j;
      lengths[here] =
        olds[i]?.text === news[j]?.text
          ? (lengths[here + width + 1] ?? 0) + 1
          : Math.max(lengths[here + width] ?? 0, lengths[here + 1] ?? 0);
    }
  }
  const ids: (number | undefined)[] = news.map(() => undefined);
  for (let i = 0, j = 0; i < olds.length && j < news.length;) {
    const here = i * width + j;
    if (olds[i]?.text === news[j]?.text) {
      ids[j++] = olds[i++]?.id;
    } else if ((lengths[here + width] ?? 0) >= (lengths[here + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return ids;
}

const refOf = ({ backend, family, name }: TableRef): TableRef => ({ backend, family, name });
const has = (chains: readonly Chain[], name: string): boolean =>
  chains.some((chain) => chain.name === name);
const hasSameHead = (a: Chain, b: Chain): boolean =>
  a.policy === b.policy && a.hook === b.hook && a.priority === b.priority;
