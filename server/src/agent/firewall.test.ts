import type { Table } from '@cnilab/shared/live/namespace';
import { explainRule, parseTables, ruleComment } from '@cnilab/shared/live/iptables';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readFamily, readTables, sameRules, sameTables, type Runner } from './firewall.ts';
import type { Space } from './space.ts';

/** What the bridge, portmap and firewall plugins of Debian 12 left on a machine. */
const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/iptables/${name}`, import.meta.url), 'utf8');
const saved4 = fixture('bridge-portmap-firewall.ip.txt');
const saved6 = fixture('bridge-portmap-firewall.ip6.txt');

const space: Space = {
  id: 'node1',
  kind: 'host',
  host: 'node1',
  net: -1,
  mnt: -1,
  uts: -1,
  nsid: -1,
  environment: {},
};

/** A runner that answers with the output recorded for a program; one without output is missing. */
const recorded =
  (outputs: Record<string, string>): Runner =>
  (_space, argv) => {
    const stdout = outputs[argv[0] ?? ''];
    const base = { stderr: '', timedOut: false };
    return Promise.resolve(
      stdout === undefined
        ? { ...base, exit: null, stdout: '', failure: 'spawn ENOENT' }
        : { ...base, exit: 0, stdout },
    );
  };

const withCounter = (tables: Table[], packets: number): Table[] => {
  const copy = structuredClone(tables);
  const rule = copy[0]?.chains.flatMap((chain) => chain.rules)[0];
  if (!rule) throw new Error('the fixture has no rule in its first table');
  rule.packets = packets;
  return copy;
};

describe('rules that plugins write', () => {
  const tables = [...parseTables('ip', saved4), ...parseTables('ip6', saved6)];
  const rules = tables.flatMap((table) => table.chains.flatMap((chain) => chain.rules));

  test('are all read, as iptables-save printed them', () => {
    const printed = `${saved4}${saved6}`
      .split('\n')
      .filter((line) => line.startsWith('['))
      .map((line) => line.replace(/^\S+ /, ''));
    expect(printed.length).toBeGreaterThan(30);
    expect(rules.map((rule) => rule.text)).toEqual(printed);
  });

  test('stand in the chains that they name', () => {
    for (const chain of tables.flatMap((table) => table.chains)) {
      for (const rule of chain.rules) expect(rule.text.split(' ')[1]).toBe(chain.name);
    }
  });

  test('are all explained without falling back to their own words', () => {
    for (const rule of rules) expect(explainRule(rule.text)).not.toMatch(/matching|handed/);
  });

  test('name the attachment that they were made for', () => {
    const owners = rules
      .map((rule) => ruleComment(rule.text))
      .filter((comment) => comment.network !== undefined);
    expect(owners.length).toBe(10);
    for (const owner of owners) expect(owner).toEqual({ network: 'mynet', containerId: 'web' });
  });

  test('keep policy, counters and warnings apart', () => {
    const [filter, nat] = parseTables('ip', fixture('legacy-beside-nft.ip.txt'));
    expect(filter?.chains.find((chain) => chain.name === 'FORWARD')?.policy).toBe('DROP');
    expect(ruleComment(nat?.chains[3]?.rules[0]?.text ?? '')).toEqual({});
    expect(nat?.chains.map((chain) => chain.rules.length)).toEqual([0, 0, 0, 1]);
  });
});

describe('readTables', () => {
  test('reads both families', async () => {
    const tables = await readTables(
      space,
      recorded({ 'iptables-save': saved4, 'ip6tables-save': saved6 }),
    );
    expect(tables.map(({ family, name }) => `${family} ${name}`)).toEqual([
      'ip filter',
      'ip nat',
      'ip6 filter',
      'ip6 nat',
    ]);
  });

  test('gives no tables for a family whose program is missing', async () => {
    const tables = await readTables(space, recorded({ 'ip6tables-save': saved6 }));
    expect(tables.map((table) => table.family)).toEqual(['ip6', 'ip6']);
    expect(await readTables(space, recorded({}))).toEqual([]);
    expect(await readFamily(space, 'ip', recorded({}))).toEqual({
      tables: [],
      failure: 'iptables-save failed: spawn ENOENT',
    });
  });
});

describe('comparison of readings', () => {
  const tables = parseTables('ip', saved4);

  test('tells counters from rules', () => {
    const later = withCounter(tables, 7_000);
    expect(sameRules(tables, later)).toBe(true);
    expect(sameTables(tables, later)).toBe(false);
    expect(sameTables(tables, structuredClone(tables))).toBe(true);
  });

  test('sees a new chain, a new rule and a new policy', () => {
    const other = (change: (copy: Table[]) => void): Table[] => {
      const copy = structuredClone(tables);
      change(copy);
      return copy;
    };
    const chain = { name: 'X', packets: 0, bytes: 0, rules: [] };
    const rule = { text: '-A INPUT -j ACCEPT', packets: 0, bytes: 0 };
    expect(
      sameRules(
        tables,
        other((copy) => copy[0]?.chains.push(chain)),
      ),
    ).toBe(false);
    expect(
      sameRules(
        tables,
        other((copy) => copy[0]?.chains[0]?.rules.push(rule)),
      ),
    ).toBe(false);
    expect(
      sameRules(
        tables,
        other((copy) => Object.assign(copy[0]?.chains[0] ?? {}, { policy: 'DROP' })),
      ),
    ).toBe(false);
  });
});
