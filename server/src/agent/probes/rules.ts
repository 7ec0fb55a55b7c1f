import type { Table } from '@cnilab/shared/live/firewall';
import { hasLegacyTables, savedTables } from '../firewallTexts.ts';
import type { Space } from '../space.ts';
import { textMatcher, type Attempt } from './attempt.ts';

export interface RulesQuery {
  table: string;
  chain: string;
  family?: 'ip' | 'ip6' | undefined;
  match?: string | undefined;
}

/** How many of the lines are told. */
const keptLines = 50;

/** The rules of one chain that match. Throws when the firewall cannot be read. */
export async function probeRules(space: Space, query: RulesQuery): Promise<string[]> {
  const { family = 'ip' } = query;
  const tables = await savedTables(space, family, 'nf_tables');
  const legacy = hasLegacyTables(space, family)
    ? await savedTables(space, family, 'legacy')
    : undefined;
  if (tables === undefined && legacy === undefined) {
    const program = family === 'ip' ? 'iptables-save' : 'ip6tables-save';
    throw new Error(`${program} is missing or fails; install iptables`);
  }
  return matchingRules([...(tables ?? []), ...(legacy ?? [])], query);
}

/** The lines of a chain that match, as iptables-save writes them; none when there is no chain. */
export function matchingRules(tables: Table[], { table, chain, match }: RulesQuery): string[] {
  const matches = match === undefined ? () => true : textMatcher(match);
  return tables
    .filter(({ name }) => name === table)
    .flatMap(({ chains }) => chains.filter(({ name }) => name === chain))
    .flatMap(({ rules }) => rules.map((rule) => rule.text))
    .filter(matches);
}

export type RulesExpectation = { count: number } | { atLeast: number };

/** Whether as many rules match as the check expects. */
export function judgeRules(
  query: RulesQuery,
  expected: RulesExpectation,
  lines: string[],
): Attempt {
  const count = lines.length;
  const ok = 'count' in expected ? count === expected.count : count >= expected.atLeast;
  const wanted = 'count' in expected ? `${expected.count}` : `at least ${expected.atLeast}`;
  const which = query.match === undefined ? '' : ` with ${query.match}`;
  return {
    ok,
    got: { count, lines: lines.slice(0, keptLines) },
    message: `expected ${wanted} rules${which} in chain ${query.chain} of table ${query.table}, but there ${count === 1 ? 'is' : 'are'} ${count}`,
  };
}
