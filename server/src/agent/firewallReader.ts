import type { Chain, Counter, Rule, Table, TableRef } from '@cnilab/shared/live/firewall';
import { createNumbering } from '@cnilab/shared/live/firewallDiff';
import type { NftChain, NftRule, NftTable } from '../netlink/netfilter/nftTypes.ts';
import {
  openNetfilter,
  type NetfilterSocket,
  type NftRuleset,
} from '../netlink/netfilter/netfilterSocket.ts';
import { hasLegacyTables, nftTexts, savedTables, type Runner } from './firewallTexts.ts';
import { run } from './run.ts';
import { insideNet, type Space } from './space.ts';

/** Reads the packet filter of one namespace. */
export interface FirewallReader {
  /**
   * All tables with their counters. The rules of nf_tables come from the kernel with their handles;
   * what they say is asked of iptables or nft, since only these know their own words.
   */
  read(): Promise<Table[]>;
  /** The counters of nf_tables as they are now, without a process: a matter of microseconds. */
  counters(): Counter[];
  /** Whether there are legacy tables, whose changes and counters only another reading tells. */
  hasLegacy(): boolean;
  close(): void;
}

/** The agent's own table, which traces packets: no rule of a person's. */
export const traceTable = 'cnilab';

const families = ['ip', 'ip6'] as const;

/** When rules change all the time, they are taken as they come: a later reading follows anyway. */
const maxTries = 3;

export function createFirewallReader(space: Space, runIn: Runner = run): FirewallReader {
  const nft = insideNet(space, openNetfilter);
  const number = createNumbering();

  const readLegacy = async (): Promise<Table[]> => {
    const tables: Table[] = [];
    for (const family of families) {
      if (!hasLegacyTables(space, family)) continue;
      tables.push(...((await savedTables(space, family, 'legacy', runIn)) ?? []));
    }
    return number(tables);
  };

  return {
    async read() {
      const [modern, legacy] = await Promise.all([readModern(space, nft, runIn), readLegacy()]);
      return [...modern, ...legacy];
    },
    counters: () =>
      nft.counts().flatMap(({ of, family, table, chain, handle, packets, bytes }): Counter[] => {
        if (table === traceTable) return [];
        const ref: TableRef = { backend: 'nf_tables', family, name: table };
        return [{ table: ref, chain, ...(of === 'rule' ? { rule: handle } : {}), packets, bytes }];
      }),
    hasLegacy: () => families.some((family) => hasLegacyTables(space, family)),
    close: () => nft.close(),
  };
}

async function readModern(space: Space, nft: NetfilterSocket, runIn: Runner): Promise<Table[]> {
  for (let tries = 1; ; tries += 1) {
    const ruleset = nft.ruleset();
    const tables = contentsOf(ruleset).filter(({ table }) => table.name !== traceTable);
    if (tables.length === 0) return [];
    const saved: Table[] = [];
    for (const family of families) {
      if (!tables.some(({ table }) => table.family === family)) continue;
      saved.push(...((await savedTables(space, family, 'nf_tables', runIn)) ?? []));
    }
    const written: Table[] = [];
    for (const contents of tables) {
      const { family, name } = contents.table;
      const own = saved.find((item) => item.family === family && item.name === name);
      written.push(
        (own && inIptablesWords(contents, own)) ??
          inNftWords(contents, await nftTexts(space, contents.table, runIn)),
      );
    }
    const isSettled = nft.generation().generation === ruleset.generation;
    if (isSettled || tries === maxTries) return written;
  }
}

/** A table with its chains, and these with their rules. */
interface NftContents {
  table: NftTable;
  chains: { chain: NftChain; rules: NftRule[] }[];
}

/** Each list is gone through once: port maps make thousands of rules in hundreds of chains. */
function contentsOf({ tables, chains, rules }: NftRuleset): NftContents[] {
  const contents = tables.map((table): NftContents => ({ table, chains: [] }));
  const byTable = new Map(
    contents.map((item) => [`${item.table.family} ${item.table.name}`, item]),
  );
  const byChain = new Map<string, NftRule[]>();
  for (const chain of chains) {
    const table = `${chain.family} ${chain.table}`;
    const own: NftRule[] = [];
    byTable.get(table)?.chains.push({ chain, rules: own });
    byChain.set(`${table} ${chain.name}`, own);
  }
  for (const rule of rules) byChain.get(`${rule.family} ${rule.table} ${rule.chain}`)?.push(rule);
  return contents;
}

/** Undefined if iptables does not show the table as it is: it has rules that only nft knows. */
function inIptablesWords({ table, chains }: NftContents, saved: Table): Table | undefined {
  const texts = new Map(saved.chains.map(({ name, rules }) => [name, rules]));
  const written: Chain[] = [];
  for (const { chain, rules } of chains) {
    const own = texts.get(chain.name) ?? [];
    if (own.length !== rules.length) return undefined;
    const policy = chain.base?.policy.toUpperCase();
    written.push(chainOf(chain, rules, policy, (_rule, at) => own[at]?.text));
  }
  return { ...refOf(table), syntax: 'iptables', chains: written };
}

function inNftWords({ table, chains }: NftContents, texts: Map<number, string>): Table {
  const written = chains.map(({ chain, rules }) =>
    chainOf(chain, rules, chain.base?.policy, ({ handle }) => texts.get(handle)),
  );
  return { ...refOf(table), syntax: 'nft', chains: written };
}

function chainOf(
  { name, base }: NftChain,
  rules: readonly NftRule[],
  policy: string | undefined,
  textOf: (rule: NftRule, at: number) => string | undefined,
): Chain {
  const { packets, bytes } = base?.counter ?? { packets: 0, bytes: 0 };
  return {
    name,
    ...(policy === undefined ? {} : { policy }),
    ...(base === undefined ? {} : { hook: base.hook, priority: base.priority }),
    packets,
    bytes,
    rules: rules.map((rule, at) => ruleOf(rule, textOf(rule, at))),
  };
}

function ruleOf({ handle, expressions }: NftRule, text: string | undefined): Rule {
  const counter = expressions.find((item) => item.type === 'counter');
  return {
    id: handle,
    // Nobody can put it in words: at least what it is made of.
    text: text ?? expressions.map((item) => item.type).join(', '),
    packets: counter?.packets ?? 0,
    bytes: counter?.bytes ?? 0,
  };
}

const refOf = ({ family, name }: NftTable): TableRef => ({ backend: 'nf_tables', family, name });
