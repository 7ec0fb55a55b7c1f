import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCounters, applyFirewall, type Chain, type Rule, type Table } from './firewall.ts';
import { createNumbering, diffFirewall } from './firewallDiff.ts';

const rule = (id: number, text = `-A X -m ${id}`, packets = 0): Rule => ({
  id,
  text,
  packets,
  bytes: packets * 60,
});
const chain = (name: string, rules: Rule[], more: Partial<Chain> = {}): Chain => ({
  name,
  packets: 0,
  bytes: 0,
  rules,
  ...more,
});
const table = (name: string, chains: Chain[]): Table => ({
  backend: 'nf_tables',
  family: 'ip',
  name,
  syntax: 'iptables',
  chains,
});

const step = (before: Table[], after: Table[]): Table[] => {
  const { changes, counters } = diffFirewall(before, after);
  return applyCounters(applyFirewall(before, changes), counters);
};

describe('the difference of two readings', () => {
  it('is one rule when one was put between others', () => {
    const before = [table('nat', [chain('A', [rule(1), rule(2)])])];
    const after = [table('nat', [chain('A', [rule(1), rule(7), rule(2)])])];
    expect(diffFirewall(before, after)).toEqual({
      changes: [
        {
          change: 'rule.new',
          table: { backend: 'nf_tables', family: 'ip', name: 'nat' },
          chain: 'A',
          rule: rule(7),
          after: 1,
        },
      ],
      counters: [],
    });
  });

  it('is counters alone when packets came', () => {
    const before = [table('nat', [chain('A', [rule(1), rule(2)], { policy: 'ACCEPT' })])];
    const after = [
      table('nat', [
        chain('A', [rule(1), rule(2, undefined, 3)], { policy: 'ACCEPT', packets: 9 }),
      ]),
    ];
    const { changes, counters } = diffFirewall(before, after);
    expect(changes).toEqual([]);
    expect(counters).toMatchObject([
      { packets: 9, chain: 'A' },
      { rule: 2, packets: 3, bytes: 180 },
    ]);
  });

  it('leads from any tables to any others, and to nothing more when it is applied again', () => {
    const rules = fc.uniqueArray(
      fc.record({
        id: fc.nat(9),
        text: fc.constantFrom('a', 'b'),
        packets: fc.nat(3),
        bytes: fc.nat(3),
      }),
      { selector: ({ id }) => id, maxLength: 8 },
    );
    const chains = fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('A', 'B', 'C', 'D'),
        rules,
        fc.constantFrom('ACCEPT', 'DROP'),
        fc.nat(3),
      ),
      { selector: ([name]) => name, maxLength: 4 },
    );
    const tables = fc.uniqueArray(
      fc.tuple(fc.constantFrom('nat', 'filter', 'raw'), chains).map(([name, list]) =>
        table(
          name,
          list.map(([chainName, items, policy, packets]) =>
            chain(chainName, items, { policy, packets }),
          ),
        ),
      ),
      { selector: ({ name }) => name, maxLength: 3 },
    );
    const byName = (list: Table[]) => list.toSorted((a, b) => a.name.localeCompare(b.name));
    fc.assert(
      fc.property(tables, tables, (before, after) => {
        const { changes, counters } = diffFirewall(before, after);
        const there = applyCounters(applyFirewall(before, changes), counters);
        expect(byName(there)).toEqual(byName(after));
        expect(applyCounters(applyFirewall(there, changes), counters)).toEqual(there);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the objects that it does not speak of', () => {
    const before = [table('nat', [chain('A', [rule(1)]), chain('B', [])]), table('filter', [])];
    const after = [
      table('nat', [chain('A', [rule(1), rule(2)]), chain('B', [])]),
      table('filter', []),
    ];
    const next = step(before, after);
    expect(next[1]).toBe(before[1]);
    expect(next[0]?.chains[1]).toBe(before[0]?.chains[1]);
    expect(next[0]?.chains[0]?.rules[0]).toBe(before[0]?.chains[0]?.rules[0]);
  });

  it('passes over changes of what is not there', () => {
    const ref = { backend: 'legacy', family: 'ip', name: 'nat' } as const;
    const tables = [table('nat', [chain('A', [rule(1)])])];
    expect(applyFirewall(tables, [{ change: 'chain.del', table: ref, chain: 'A' }])).toBe(tables);
    const counter = {
      table: { ...ref, backend: 'nf_tables' as const },
      chain: 'A',
      rule: 9,
      packets: 1,
      bytes: 1,
    };
    expect(applyCounters(tables, [counter])).toBe(tables);
  });
});

describe('numbers for rules without handles', () => {
  const reading = (...texts: string[]) => [
    table('nat', [
      chain(
        'A',
        texts.map((text) => rule(0, text)),
      ),
    ]),
  ];
  const ids = (tables: Table[]) => tables[0]?.chains[0]?.rules.map(({ id }) => id);

  it('stay while others are put in or taken away around them', () => {
    const number = createNumbering();
    expect(ids(number(reading('a', 'b', 'c')))).toEqual([1, 2, 3]);
    expect(ids(number(reading('new', 'a', 'c')))).toEqual([4, 1, 3]);
    expect(ids(number(reading('a', 'b', 'c')))).toEqual([1, 5, 3]);
    expect(ids(number(reading('a', 'a', 'b', 'c')))).toEqual([1, 6, 5, 3]);
    expect(ids(number([]))).toBeUndefined();
    expect(ids(number(reading('a')))).toEqual([7]);
  });

  it('are unique in a chain, and kept for as many rules as the longest common part has', () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 6 }), (readings) => {
        const number = createNumbering();
        let before = new Map<number, string>();
        for (const list of readings) {
          const rules = number(reading(...list))[0]?.chains[0]?.rules ?? [];
          const now = new Map(rules.map(({ id, text }) => [id, text]));
          expect(now.size).toBe(rules.length);
          for (const [id, text] of now) expect(before.get(id) ?? text).toBe(text);
          before = now;
        }
      }),
    );
  });
});
