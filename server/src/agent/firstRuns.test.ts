import { describe, expect, it } from 'vitest';
import { createFirstRuns } from './firstRuns.ts';

/** Lets everything that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the first ADD of a plugin that makes shared things', () => {
  it('runs alone on its host until one went well', async () => {
    const runs = createFirstRuns();
    const log: string[] = [];
    const enter = async (name: string, ...place: [number, string, string]) => {
      const end = await runs.enter(...place);
      log.push(name);
      return end;
    };
    const first = await enter('first', 1, 'portmap', 'net');
    const second = enter('second', 1, 'portmap', 'net');
    const third = enter('third', 1, 'portmap', 'net');
    await settle();
    expect(log).toEqual(['first']);
    first(false);
    const endSecond = await second;
    await settle();
    expect(log).toEqual(['first', 'second']);
    endSecond(true);
    await third;
    await enter('fourth', 1, 'portmap', 'net');
    expect(log).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('waits for those of other networks, not for other hosts or plugins', async () => {
    const runs = createFirstRuns();
    const end = await runs.enter(1, 'bridge', 'a');
    await runs.enter(2, 'bridge', 'a');
    await runs.enter(1, 'portmap', 'a');
    for (let i = 0; i < 2; i++) await runs.enter(1, 'ptp', 'a');
    let isIn = false;
    const other = runs.enter(1, 'bridge', 'b').then(() => (isIn = true));
    await settle();
    expect(isIn).toBe(false);
    end(true);
    await other;
    expect(isIn).toBe(true);
  });
});
