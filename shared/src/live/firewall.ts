import { z } from 'zod';

/** The packet filter of a namespace: its objects, and the changes from one reading to the next. */

export const ruleSchema = z.object({
  /**
   * Names the rule within its table, whatever is inserted around it: the kernel's own handle in
   * nf_tables; in legacy tables, which have none, a number that the agent gives.
   */
  id: z.number().int(),
  /** As `iptables-save` writes it, without counters: `-A CHAIN …`; as `nft` does in other tables. */
  text: z.string(),
  packets: z.number(),
  bytes: z.number(),
});
export type Rule = z.infer<typeof ruleSchema>;

const chainHead = {
  name: z.string(),
  /** Built-in chains have one: ACCEPT, DROP; user chains have none. */
  policy: z.string().optional(),
  /** Where the kernel calls a base chain, and in which order: `prerouting`, -100. */
  hook: z.string().optional(),
  priority: z.number().int().optional(),
  packets: z.number(),
  bytes: z.number(),
};
export const chainSchema = z.object({ ...chainHead, rules: z.array(ruleSchema) });
export type Chain = z.infer<typeof chainSchema>;

export const tableRefSchema = z.object({
  /** Which of the kernel's packet filters has it: both may have a table of the same name. */
  backend: z.enum(['nf_tables', 'legacy']),
  family: z.enum(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']),
  name: z.string(),
});
export type TableRef = z.infer<typeof tableRefSchema>;
export const tableSchema = tableRefSchema.extend({
  /** How its rules are written: tables that `iptables` made in its own words. */
  syntax: z.enum(['iptables', 'nft']),
  chains: z.array(chainSchema),
});
export type Table = z.infer<typeof tableSchema>;

const inTable = { table: tableRefSchema };
const inChain = { ...inTable, chain: z.string() };
export const firewallChangeSchema = z.discriminatedUnion('change', [
  /** A whole table: a new one, or one that is told again. */
  z.object({ change: z.literal('table.set'), table: tableSchema }),
  z.object({ change: z.literal('table.del'), ...inTable }),
  /** A new chain, or one that got another policy; its rules come as changes of their own. */
  z.object({
    change: z.literal('chain.set'),
    ...inTable,
    chain: z.object(chainHead),
    /** The chain that it stands behind; null = it is the first. */
    after: z.string().nullable(),
  }),
  z.object({ change: z.literal('chain.del'), ...inChain }),
  z.object({
    change: z.literal('rule.new'),
    ...inChain,
    rule: ruleSchema,
    /** The rule that it stands behind; null = it is the first. */
    after: z.number().int().nullable(),
  }),
  z.object({ change: z.literal('rule.del'), ...inChain, id: z.number().int() }),
]);
export type FirewallChange = z.infer<typeof firewallChangeSchema>;

/** New values of counters: of a rule, or without `rule` of the policy of a chain. */
export const counterSchema = z.object({
  ...inChain,
  rule: z.number().int().optional(),
  packets: z.number(),
  bytes: z.number(),
});
export type Counter = z.infer<typeof counterSchema>;

export const isSameTable = (a: TableRef, b: TableRef): boolean =>
  a.name === b.name && a.family === b.family && a.backend === b.backend;
export const tableKey = ({ backend, family, name }: TableRef): string =>
  `${backend} ${family} ${name}`;

/**
 * The tables after some changes, in their order. Only what changed is a new object. Changes that
 * speak of something unknown do nothing, and the same changes twice are the same as once.
 */
export function applyFirewall(tables: Table[], changes: readonly FirewallChange[]): Table[] {
  let next = tables;
  for (const change of changes) next = applyOne(next, change);
  return next;
}

/** The tables with new counters. */
export function applyCounters(tables: Table[], counters: readonly Counter[]): Table[] {
  const byChain = new Map<string, Counter[]>();
  for (const counter of counters) {
    const key = `${tableKey(counter.table)} ${counter.chain}`;
    const known = byChain.get(key);
    if (known) known.push(counter);
    else byChain.set(key, [counter]);
  }
  return mapIfChanged(tables, (table) => {
    const chains = mapIfChanged(table.chains, (chain) =>
      count(chain, byChain.get(`${tableKey(table)} ${chain.name}`) ?? []),
    );
    return chains === table.chains ? table : { ...table, chains };
  });
}

function count(chain: Chain, counters: readonly Counter[]): Chain {
  let next = chain;
  const byRule = new Map(counters.map((counter) => [counter.rule, counter]));
  const own = byRule.get(undefined);
  if (own) next = { ...next, packets: own.packets, bytes: own.bytes };
  const rules = mapIfChanged(chain.rules, (rule) => {
    const counter = byRule.get(rule.id);
    return counter ? { ...rule, packets: counter.packets, bytes: counter.bytes } : rule;
  });
  return rules === chain.rules ? next : { ...next, rules };
}

function applyOne(tables: Table[], change: FirewallChange): Table[] {
  const at = tables.findIndex((item) => isSameTable(item, change.table));
  const known = tables[at];
  if (change.change === 'table.set') {
    return known ? tables.with(at, change.table) : [...tables, change.table];
  }
  if (!known) return tables;
  if (change.change === 'table.del') return tables.toSpliced(at, 1);
  const chains = applyToChains(known.chains, change);
  return chains === known.chains ? tables : tables.with(at, { ...known, chains });
}

type ChainChange = Exclude<FirewallChange, { change: `table.${string}` }>;

function applyToChains(chains: Chain[], change: ChainChange): Chain[] {
  const name = change.change === 'chain.set' ? change.chain.name : change.chain;
  const at = chains.findIndex((item) => item.name === name);
  const known = chains[at];
  if (change.change === 'chain.set') {
    const fresh = { ...change.chain, rules: known?.rules ?? [] };
    const others = known ? chains.toSpliced(at, 1) : chains;
    const before = others.findIndex((item) => item.name === change.after);
    // Behind one that is not there: at the end, where it does no harm.
    const place = change.after === null ? 0 : before < 0 ? others.length : before + 1;
    return others.toSpliced(place, 0, fresh);
  }
  if (!known) return chains;
  if (change.change === 'chain.del') return chains.toSpliced(at, 1);
  const id = change.change === 'rule.new' ? change.rule.id : change.id;
  const others = known.rules.filter((rule) => rule.id !== id);
  if (change.change === 'rule.del') {
    return others.length === known.rules.length
      ? chains
      : chains.with(at, { ...known, rules: others });
  }
  const before = others.findIndex((rule) => rule.id === change.after);
  const place = change.after === null ? 0 : before < 0 ? others.length : before + 1;
  return chains.with(at, { ...known, rules: others.toSpliced(place, 0, change.rule) });
}

/** The same array if every item stays the same object. */
function mapIfChanged<T>(items: T[], map: (item: T) => T): T[] {
  const mapped = items.map(map);
  return mapped.some((item, i) => item !== items[i]) ? mapped : items;
}
