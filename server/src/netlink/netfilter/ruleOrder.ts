import type { NftChange, NftFamily } from './nftTypes.ts';

/** Which chain the handles belong to. */
export interface ChainName {
  family: NftFamily;
  table: string;
  chain: string;
}

/**
 * The handles of a chain's rules in their order after a commit. An event names the rule before the
 * new one only when it is neither the first nor the last, and that one may be told later in the
 * same commit: new rules are in their places before the first of them is told.
 */
export function orderAfter(
  order: readonly number[],
  { family, table, chain }: ChainName,
  changes: readonly NftChange[],
): number[] {
  const next = [...order];
  /** Rules that stand behind one that is not told yet; the later directly behind it. */
  const waiting = new Map<number, number[]>();
  let replacedAt: { handle: number; index: number } | undefined;

  const remove = (handle: number): number => {
    const index = next.indexOf(handle);
    if (index >= 0) next.splice(index, 1);
    else forget(waiting, handle);
    return index;
  };
  const insert = (handle: number, index: number) => {
    const together: number[] = [];
    const open = [handle];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      together.push(one);
      open.push(...(waiting.get(one) ?? []));
      waiting.delete(one);
    }
    next.splice(index, 0, ...together);
  };

  for (const change of changes) {
    if (change.kind === 'rule.del') {
      if (change.family !== family || change.table !== table || change.chain !== chain) continue;
      replacedAt = { handle: change.handle, index: remove(change.handle) };
    } else if (change.kind === 'rule.set') {
      const { rule, after, appended, replaces } = change;
      if (rule.family !== family || rule.table !== table || rule.chain !== chain) continue;
      remove(rule.handle);
      const place = after === undefined ? -1 : next.indexOf(after);
      if (place >= 0) insert(rule.handle, place + 1);
      else if (after !== undefined) {
        waiting.set(after, [...(waiting.get(after) ?? []), rule.handle]);
      } else if (
        replaces !== undefined &&
        replacedAt?.handle === replaces &&
        replacedAt.index >= 0
      ) {
        // Told as if it were appended, even when it is the first.
        insert(rule.handle, replacedAt.index);
      } else insert(rule.handle, appended ? next.length : 0);
    }
  }
  // Behind rules that nobody told: at the end, where they are at least seen.
  for (const followers of waiting.values()) next.push(...followers);
  return next;
}

/** What waits for a rule that itself waits, and is deleted, then waits in its place. */
function forget(waiting: Map<number, number[]>, handle: number): void {
  for (const [before, followers] of waiting) {
    const at = followers.indexOf(handle);
    if (at < 0) continue;
    waiting.set(before, followers.toSpliced(at, 1, ...(waiting.get(handle) ?? [])));
    waiting.delete(handle);
    return;
  }
}
