import { describe, expect, it } from 'vitest';
import { items } from '../items.ts';
import { countCoverage, coverageReport, uncoveredItems } from './coverage.ts';

const count = (...names: string[]) =>
  countCoverage(names.map((name) => ({ name, hasPassed: !name.endsWith('fails') })));

describe('the coverage of items', () => {
  it('counts every item that the name of a passed case begins with', () => {
    const { counts, passed, problems } = count('C6: x', 'D3b, C6: y', 'C7: fails');
    expect(['C6', 'D3b', 'C7'].map((id) => counts.get(id))).toEqual([2, 1, 0]);
    expect(passed).toBe(2);
    expect(problems).toEqual([]);
  });

  it.each([
    ['a name without an item', '«a name without an item» does not begin with the items it proves'],
    ['C6 without a colon', '«C6 without a colon» does not begin with the items it proves'],
    ['C6, Z9: x', '«C6, Z9: x» cites Z9, which is no item'],
    ['R2: x', '«R2: x» cites R2, which is no item'],
  ])('has a problem with «%s»', (name, problem) => {
    expect(count(name).problems).toEqual([problem]);
  });

  it('tells what has no passed case', () => {
    expect(uncoveredItems(count('C6: x', 'C7: fails'))).toEqual(
      [...items.keys()].filter((id) => id !== 'C6'),
    );
    const all = count(...[...items.keys()].map((id) => `${id}: x`));
    expect(uncoveredItems(all)).toEqual([]);
  });

  it('is shown section by section, without those that did not run', () => {
    expect(coverageReport(count('P1: x', 'P1, P4: y'))).toEqual([
      'Conformance to libcni: items and their passed cases',
      ' P  printing, 2 of 4: P1×2 P2×0 P3×0 P4×1',
      ` 2 of ${items.size} items, passed cases: 2`,
    ]);
  });
});
