import type { FirewallChange, TableRef } from '@cnilab/shared/live/firewall';
import type { Namespace } from '@cnilab/shared/live/namespace';
import type { NftChange } from '../netlink/netfilter/nftTypes.ts';

/** The words of the rules that came, by their keys. */
export function newRules(
  namespace: string,
  changes: readonly FirewallChange[],
): [string, string][] {
  return changes.flatMap((change): [string, string][] => {
    if (change.change === 'rule.new') {
      return [[ruleKey(namespace, change.table, change.rule.id), change.rule.text]];
    }
    if (change.change !== 'table.set') return [];
    return change.table.chains
      .flatMap((chain) => chain.rules)
      .map(({ id, text }) => [ruleKey(namespace, change.table, id), text]);
  });
}

/** What a person would call what was committed, and the key that `keyOfChange` gives it later. */
export function ruleObject(
  change: NftChange,
  { id, tables }: Namespace,
): { event: string; name: string; key: string } | undefined {
  switch (change.kind) {
    case 'table.set': {
      const { family, name } = change.table;
      const key = tableKey(id, { family, name });
      return { event: 'table.new', name: `${family} ${name}`, key };
    }
    case 'table.del': {
      const { family, name } = change;
      const key = tableKey(id, { family, name });
      return { event: 'table.del', name: `${family} ${name}`, key };
    }
    case 'chain.set': {
      const { family, table, name } = change.chain;
      const key = chainKey(id, { family, name: table }, name);
      return { event: 'chain.new', name: `${family} ${table} ${name}`, key };
    }
    case 'chain.del': {
      const { family, table, name } = change;
      const key = chainKey(id, { family, name: table }, name);
      return { event: 'chain.del', name: `${family} ${table} ${name}`, key };
    }
    case 'rule.set': {
      const { family, table, chain, handle } = change.rule;
      const key = ruleKey(id, { family, name: table }, handle);
      return { event: 'rule.new', name: `${family} ${table} ${chain} rule ${handle}`, key };
    }
    case 'rule.del': {
      const { family, table, chain, handle } = change;
      const key = ruleKey(id, { family, name: table }, handle);
      const known = tables
        .find((item) => item.family === family && item.name === table)
        ?.chains.find((item) => item.name === chain)
        ?.rules.find((rule) => rule.id === handle);
      const name = known?.text ?? `${family} ${table} ${chain} rule ${handle}`;
      return { event: 'rule.del', name, key };
    }
    default:
      return undefined;
  }
}

/** What names the object of a change that was read, as `ruleObject` named it at its commit. */
export function keyOfChange(namespace: string, change: FirewallChange): string {
  const { table } = change;
  if (change.change === 'rule.new') return ruleKey(namespace, table, change.rule.id);
  if (change.change === 'rule.del') return ruleKey(namespace, table, change.id);
  if (change.change === 'chain.set') return chainKey(namespace, table, change.chain.name);
  if (change.change === 'chain.del') return chainKey(namespace, table, change.chain);
  return tableKey(namespace, table);
}

type Named = Omit<TableRef, 'backend'>;
const tableKey = (namespace: string, { family, name }: Named): string =>
  `${namespace} ${family} ${name}`;
const chainKey = (namespace: string, table: Named, chain: string): string =>
  `${tableKey(namespace, table)} chain ${chain}`;
/** Handles are unique within a table. */
const ruleKey = (namespace: string, table: Named, id: number): string =>
  `${tableKey(namespace, table)} ${id}`;
