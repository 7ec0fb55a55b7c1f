/** The one replacement that turns a text into another: what lies between what both share. */
export function textChange(
  before: string,
  after: string,
): { from: number; to: number; insert: string } | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end++;
  }
  return {
    from: start,
    to: before.length - end,
    insert: after.slice(start, after.length - end),
  };
}

/** The innermost of the elements that begins at or before an offset. */
export function elementAt(
  offset: number,
  starts: readonly { element: string; offset: number }[],
): string | undefined {
  return starts
    .filter((start) => start.offset <= offset)
    .reduce<{ element: string; offset: number } | undefined>(
      (best, start) => (best && best.offset > start.offset ? best : start),
      undefined,
    )?.element;
}
