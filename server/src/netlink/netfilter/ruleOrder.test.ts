import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NftChange } from './nftTypes.ts';
import { orderAfter } from './ruleOrder.ts';

const chain = { family: 'ip', table: 't', chain: 'c' } as const;

const set = (
  handle: number,
  place: { after?: number; appended?: boolean; replaces?: number },
): NftChange => ({
  kind: 'rule.set',
  rule: { ...chain, handle, expressions: [] },
  appended: false,
  ...place,
});
const del = (handle: number): NftChange => ({ kind: 'rule.del', ...chain, handle });

describe('the order of rules after a commit', () => {
  test('puts new rules first, last or behind another one', () => {
    expect(orderAfter([1, 2], chain, [set(3, {})])).toEqual([3, 1, 2]);
    expect(orderAfter([1, 2], chain, [set(3, { appended: true })])).toEqual([1, 2, 3]);
    expect(orderAfter([1, 2], chain, [set(3, { after: 1, appended: true })])).toEqual([1, 3, 2]);
  });

  test('keeps a replaced rule in its place, though it is told as the last one', () => {
    const replaced = [del(1), set(9, { appended: true, replaces: 1 })];
    expect(orderAfter([1, 2, 3], chain, replaced)).toEqual([9, 2, 3]);
    // As newer kernels do, with the same handle.
    expect(
      orderAfter([1, 2, 3], chain, [del(2), set(2, { after: 1, appended: true, replaces: 2 })]),
    ).toEqual([1, 2, 3]);
  });

  test('waits for a rule that is told later in the same commit', () => {
    expect(orderAfter([1], chain, [set(2, { after: 3 }), set(3, {})])).toEqual([3, 2, 1]);
  });

  test('shows rules behind an unknown one at the end', () => {
    expect(orderAfter([1], chain, [set(2, { after: 77 })])).toEqual([1, 2]);
  });

  test('leaves out other chains, and what is deleted', () => {
    const elsewhere = { ...chain, chain: 'd' };
    const changes: NftChange[] = [
      { kind: 'rule.del', ...elsewhere, handle: 1 },
      { kind: 'rule.set', rule: { ...elsewhere, handle: 5, expressions: [] }, appended: true },
      del(2),
    ];
    expect(orderAfter([1, 2], chain, changes)).toEqual([1]);
  });

  test('is that of a kernel, which changes everything and then tells one after the other', () => {
    const command = fc.record({
      what: fc.constantFrom('add', 'insert', 'replace', 'delete' as const),
      at: fc.option(fc.nat({ max: 20 })),
    });
    fc.assert(
      fc.property(
        fc.nat({ max: 6 }),
        fc.array(command, { minLength: 1, maxLength: 12 }),
        (count, commands) => {
          const before = Array.from({ length: count }, (_, i) => i + 1);
          const { changes, order } = commit(before, commands);
          expect(orderAfter(before, chain, changes)).toEqual(order);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

interface Command {
  what: 'add' | 'insert' | 'replace' | 'delete';
  at: number | null;
}

/**
 * What nf_tables does: new rules are put into the list at once, deleted ones stay in it until the
 * commit comes to them, and the place of a new rule is told as it is at that moment.
 */
function commit(before: readonly number[], commands: readonly Command[]) {
  const list = [...before];
  /** Marked as deleted, for the commands that follow. */
  const dead = new Set<number>();
  const steps: { what: 'new' | 'del'; handle: number; appended: boolean; replaces?: number }[] = [];
  let next = 1000;
  for (const { what, at } of commands) {
    const alive = list.filter((handle) => !dead.has(handle));
    const target = at === null ? undefined : alive[at % Math.max(alive.length, 1)];
    const handle = (next += 1);
    if (what === 'delete') {
      if (target === undefined) continue;
      dead.add(target);
      steps.push({ what: 'del', handle: target, appended: false });
    } else if (what === 'replace') {
      if (target === undefined) continue;
      list.splice(list.indexOf(target) + 1, 0, handle);
      dead.add(target);
      steps.push({ what: 'del', handle: target, appended: false });
      steps.push({ what: 'new', handle, appended: true, replaces: target });
    } else {
      const after = what === 'add' ? 1 : 0;
      const edge = what === 'add' ? list.length : 0;
      list.splice(target === undefined ? edge : list.indexOf(target) + after, 0, handle);
      steps.push({ what: 'new', handle, appended: what === 'add' });
    }
  }
  const changes = steps.map(({ what, handle, appended, replaces }): NftChange => {
    const index = list.indexOf(handle);
    if (what === 'del') {
      list.splice(index, 1);
      return del(handle);
    }
    const inside = index > 0 && index < list.length - 1;
    const after = inside ? list[index - 1] : undefined;
    return set(handle, {
      appended,
      ...(after !== undefined && { after }),
      ...(replaces !== undefined && { replaces }),
    });
  });
  return { changes, order: list };
}
