import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, refusal } from './testBench.ts';
import type { StepEnd } from './types.ts';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

const ran = () => bench.ran();
const prevResults = () =>
  bench.calls().map(({ stdin }) => (JSON.parse(stdin) as { prevResult?: unknown }).prevResult);
const ends = () => bench.steps.filter((step): step is StepEnd => step.phase === 'end');
const failing = { exit: 1, stdout: '{"code":7,"msg":"no","details":"really"}' };

describe('the clean-up after a failed ADD', () => {
  it('runs DEL of the started plugins in reverse, past failing and missing ones', async () => {
    const list = bench.list([
      { type: 'a' },
      { type: 'none' },
      { type: 'b', script: { DEL: failing } },
      { type: 'c' },
    ]);
    const steps = await bench.runtime.cleanUpNetworkList(list, bench.rt, 3);
    expect(ran()).toEqual(['DEL b', 'DEL a']);
    expect(steps.map(({ plugin, index, error }) => [plugin, index, error?.message])).toEqual([
      ['b', 2, 'plugin type="b" failed (delete): no; really'],
      [
        'none',
        1,
        `plugin type="none" failed (delete): failed to find plugin "none" in path [${bench.bin}]`,
      ],
      ['a', 0, undefined],
    ]);
    expect(ends().map(({ index }) => index)).toEqual([2, 1, 0]);
  });

  it('hands over a cached result and forgets it once all is well', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b', script: { ADD: failing } }]);
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}');
    await refusal(bench.runtime.addNetworkList(list, bench.rt));
    const started = ends().filter((step) => step.started).length;
    const steps = await bench.runtime.cleanUpNetworkList(list, bench.rt, started);
    expect(steps.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(prevResults().slice(2)).toEqual([{ cniVersion: '1.0.0' }, { cniVersion: '1.0.0' }]);
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it('keeps the cached result for a later DEL if a step failed', async () => {
    const list = bench.list([{ type: 'a', script: { DEL: failing } }]);
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}');
    await bench.runtime.cleanUpNetworkList(list, bench.rt, 1);
    expect(existsSync(bench.cacheFile)).toBe(true);
  });

  it('never throws, also for a version that nobody can read', async () => {
    const list = bench.list([{ type: 'a' }], { cniVersion: '1.x' });
    expect(await bench.runtime.cleanUpNetworkList(list, bench.rt, 1)).toEqual([
      { plugin: 'a', index: 0 },
    ]);
  });
});

describe('the observer', () => {
  it('sees each step: what went in, what came out, how long it took', async () => {
    const list = bench.list([
      { type: 'a', script: { ADD: { stderr: 'note\n' } } },
      { type: 'b', script: { ADD: { ...failing, stderr: 'lost' } } },
    ]);
    await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(bench.steps.map(({ phase, plugin, index }) => [phase, plugin, index])).toEqual([
      ['start', 'a', 0],
      ['end', 'a', 0],
      ['start', 'b', 1],
      ['end', 'b', 1],
    ]);
    const [first, second] = ends();
    expect(first).toMatchObject({
      command: 'ADD',
      stdin: bench.calls()[0]?.stdin,
      stdout: '{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}]}',
      stderr: 'note\n',
      exit: 0,
      started: true,
    });
    expect(first?.error).toBeUndefined();
    expect(Object.keys(first?.env ?? {}).sort()).toEqual(
      Object.keys(bench.calls()[0]?.env ?? {})
        .filter((name) => name.startsWith('CNI_'))
        .sort(),
    );
    expect(first?.ms).toBeGreaterThan(0);
    expect(second).toMatchObject({ exit: 1, stderr: 'lost', error: { code: 7, msg: 'no' } });
  });

  it('is waited for before and after each plugin', async () => {
    const events: string[] = [];
    await bench.runtime.addNetworkList(bench.list([{ type: 'a' }, { type: 'b' }]), bench.rt, {
      observer: async ({ phase, plugin }) => {
        events.push(`${phase} ${plugin}, ${ran().length} ran`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${phase} ${plugin} seen, ${ran().length} ran`);
      },
    });
    expect(events).toEqual([
      ...['start a, 0 ran', 'start a seen, 0 ran', 'end a, 1 ran', 'end a seen, 1 ran'],
      ...['start b, 1 ran', 'start b seen, 1 ran', 'end b, 2 ran', 'end b seen, 2 ran'],
    ]);
  });
});
