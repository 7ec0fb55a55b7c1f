import { describe, expect, test } from 'vitest';
import type { Attempt } from './attempt.ts';
import { retry, type Clock } from './retry.ts';

/** A clock that goes on only when somebody sleeps. */
function fakeClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: (ms: number) => {
      clock.time += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

interface Scripted {
  /** Whether an attempt that starts at this time holds. */
  holds: (time: number) => boolean;
  /** How long an attempt takes, if it may. */
  takes?: number;
}

async function play(
  { holds, takes = 0 }: Scripted,
  options: { withinMs?: number; negative?: boolean; patient?: boolean } = {},
) {
  const clock = fakeClock();
  const started: number[] = [];
  const limits: number[] = [];
  const attempt = async (timeoutMs: number): Promise<Attempt> => {
    started.push(clock.time);
    limits.push(timeoutMs);
    const ok = holds(clock.time);
    await clock.sleep(Math.min(takes, timeoutMs));
    return { ok, got: {}, message: 'expected more' };
  };
  const { withinMs = 5000, negative = false, patient = false } = options;
  const result = await retry(attempt, { withinMs, negative, patient, clock });
  return { ok: result.last.ok, attempts: result.attempts, started, limits, ended: clock.time };
}

describe('a check of something that is there', () => {
  test('ends with the first attempt that holds', async () => {
    const { ok, attempts, ended } = await play({ holds: () => true, takes: 3 });
    expect({ ok, attempts, ended }).toEqual({ ok: true, attempts: 1, ended: 3 });
  });

  test('is tried again, soon at first, until it holds', async () => {
    const { ok, started } = await play({ holds: (time) => time >= 1000 });
    expect(ok).toBe(true);
    expect(started).toEqual([0, 50, 150, 350, 750, 1250]);
  });

  test('fails once the time has passed, with no attempt after it', async () => {
    const { ok, started, ended } = await play({ holds: () => false }, { withinMs: 2000 });
    expect(ok).toBe(false);
    expect(started.slice(-2)).toEqual([1750, 1950]);
    expect(ended).toBeLessThanOrEqual(2000);
  });

  test('holds when it comes true just before the time has passed', async () => {
    const { ok } = await play({ holds: (time) => time >= 1900 }, { withinMs: 2000 });
    expect(ok).toBe(true);
  });

  test('gives attempts more time one after the other, and never more than is left', async () => {
    const { limits, ended } = await play({ holds: () => false, takes: 60_000 });
    expect(limits).toEqual([1000, 1000, 2000, 650]);
    expect(ended).toBe(5000);
  });

  test('is attempted once even when there is no time', async () => {
    const { ok, attempts } = await play({ holds: () => true }, { withinMs: 0 });
    expect({ ok, attempts }).toEqual({ ok: true, attempts: 1 });
  });

  test('lets a patient attempt take all the time', async () => {
    const { limits } = await play({ holds: () => false, takes: 60_000 }, { patient: true });
    expect(limits).toEqual([5000]);
  });

  test('does not end a patient attempt in its middle because it started late', async () => {
    const { limits } = await play(
      { holds: () => false, takes: 300 },
      { patient: true, withinMs: 1000 },
    );
    expect(limits).toEqual([1000, 1000, 1000]);
  });
});

describe('a check of something that is not there', () => {
  const negative = true;

  test('holds when two attempts agree that start a second apart', async () => {
    const quick = await play({ holds: () => true, takes: 10 }, { negative });
    expect(quick.ok).toBe(true);
    expect(quick.started).toEqual([0, 1000]);
    const slow = await play({ holds: () => true, takes: 60_000 }, { negative });
    expect(slow.started).toEqual([0, 1000]);
    expect(slow.limits).toEqual([1000, 1000]);
  });

  test('does not take one attempt that held and one that did not for two', async () => {
    const { ok, started } = await play({ holds: (time) => time !== 1000 }, { negative });
    expect(ok).toBe(true);
    expect(started).toEqual([0, 1000, 1100, 2100]);
  });

  test('does not hold when it held before the thing came up', async () => {
    const { ok } = await play({ holds: (time) => time < 1000 }, { negative, withinMs: 3000 });
    expect(ok).toBe(false);
  });

  test('is confirmed even when the time runs out meanwhile', async () => {
    const { ok, started } = await play({ holds: () => true }, { negative, withinMs: 500 });
    expect(ok).toBe(true);
    expect(started).toEqual([0, 1000]);
  });
});
