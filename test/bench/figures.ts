/** What the benchmarks print. */

export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/** The value that a share (0 to 1) of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** One way to do something. */
export interface Way {
  run: () => Promise<unknown>;
  /** Milliseconds of each round. */
  times: number[];
}

export const way = (run: () => Promise<unknown>): Way => ({ run, times: [] });

/**
 * Times several ways to do the same, one after the other in every round, so that whatever else the
 * machine does meets all of them. The first rounds, in which things are still compiled, do not
 * count.
 */
export async function interleave(rounds: number, ways: readonly Way[]): Promise<void> {
  const warmUp = Math.ceil(rounds / 10);
  for (let round = -warmUp; round < rounds; round++) {
    for (const { run, times } of ways) {
      const started = performance.now();
      await run();
      if (round >= 0) times.push(performance.now() - started);
    }
  }
}
