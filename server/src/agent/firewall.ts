import { parseTables } from '@cnilab/shared/live/iptables';
import type { Table } from '@cnilab/shared/live/namespace';
import { run } from './run.ts';
import type { Space } from './space.ts';

/** How the agent starts a program in a space; tests pass their own. */
export type Runner = typeof run;

const programs = { ip: 'iptables-save', ip6: 'ip6tables-save' } as const;
const limits = { timeoutMs: 5000, maxBytes: 8 * 1024 * 1024 };

export interface FamilyReading {
  tables: Table[];
  /** Why there is no reading: the program is missing, failed or did not end. */
  failure?: string;
}

/** The tables of one family of a space with their counters. */
export async function readFamily(
  space: Space,
  family: Table['family'],
  runIn: Runner = run,
): Promise<FamilyReading> {
  const program = programs[family];
  const { exit, stdout, stderr, failure } = await runIn(space, [program, '-c'], limits);
  if (exit === 0) return { tables: parseTables(family, stdout) };
  return {
    tables: [],
    failure: `${program} failed: ${failure ?? (stderr.trim() || `exit code ${exit}`)}`,
  };
}

/**
 * The firewall of a space with its counters: IPv4 tables, then IPv6 tables. A family whose program
 * is missing or that the kernel does not offer has no tables.
 */
export async function readTables(space: Space, runIn: Runner = run): Promise<Table[]> {
  const [ip, ip6] = await Promise.all([
    readFamily(space, 'ip', runIn),
    readFamily(space, 'ip6', runIn),
  ]);
  return [...ip.tables, ...ip6.tables];
}

/** Whether two readings have the same chains, policies and rules, whatever their counters say. */
export const sameRules = (a: Table[], b: Table[]): boolean =>
  JSON.stringify(a, withoutCounters) === JSON.stringify(b, withoutCounters);

const withoutCounters = (key: string, value: unknown): unknown =>
  key === 'packets' || key === 'bytes' ? undefined : value;

/** Whether two readings are alike in every respect, counters included. */
export const sameTables = (a: Table[], b: Table[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
