import type { Attempt } from './attempt.ts';

/** Time in milliseconds; tests bring their own. */
export interface Clock {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export interface RetryOptions {
  withinMs: number;
  /**
   * The check holds when something is not there, which can also be because it is not there yet. So
   * two attempts must agree, `confirmMs` apart and each no longer than that.
   */
  negative: boolean;
  /**
   * An attempt may take all the time that is left, as a command may. The last one has a second
   * even so: one that is ended in its middle says nothing, and leaves half of its work done.
   */
  patient: boolean;
  clock: Clock;
}

const confirmMs = 1000;
const leastPatientMs = 1000;
const pauses = [50, 100, 200, 400] as const;
const longestPause = 500;
/** The last attempt starts this long before the time has passed. */
const lastAttemptMs = 50;
const limits = [1000, 1000, 2000] as const;

/** Repeats an attempt until it holds or the time has passed. At least one is made. */
export async function retry(
  attempt: (timeoutMs: number) => Promise<Attempt>,
  options: RetryOptions,
): Promise<{ attempts: number; last: Attempt }> {
  const { withinMs, negative, clock } = options;
  const deadline = clock.now() + withinMs;
  let agreed = false;
  for (let attempts = 1; ; attempts++) {
    const start = clock.now();
    const last = await attempt(attemptMs(options, attempts, deadline - start));
    if (last.ok && (!negative || agreed)) return { attempts, last };
    agreed = last.ok;
    // An attempt that held is confirmed even when the time runs out meanwhile.
    if (last.ok) {
      await clock.sleep(Math.max(0, start + confirmMs - clock.now()));
      continue;
    }
    // What comes true at the very end is in time, too.
    const untilLast = deadline - lastAttemptMs - clock.now();
    if (untilLast <= 0) return { attempts, last };
    await clock.sleep(Math.min(pauses[attempts - 1] ?? longestPause, untilLast));
  }
}

/**
 * The first attempts are short, because a packet that was lost while something came up is not sent
 * again; later ones are long, so that a slow way passes, too.
 */
function attemptMs({ negative, patient }: RetryOptions, attempts: number, left: number): number {
  if (negative) return confirmMs;
  if (patient) return Math.max(left, leastPatientMs);
  return Math.max(1, Math.min(left, limits[attempts - 1] ?? left));
}
