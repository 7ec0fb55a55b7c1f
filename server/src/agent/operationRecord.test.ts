import type { Change } from '@cnilab/shared/live/events';
import { expect, it } from 'vitest';
import type { StepEnd, StepStart } from '../cni/types.ts';
import { createAttribution } from './attribution.ts';
import { createFirstRuns } from './firstRuns.ts';
import { createRecorder } from './operationRecord.ts';
import type { Space } from './space.ts';

const host: Space = {
  ...{ id: 'node1', kind: 'host', host: 'node1' },
  ...{ net: -1, mnt: -1, uts: -1, nsid: -1, environment: {} },
};
const start: StepStart = {
  ...{ phase: 'start', plugin: 'mine', index: 0, command: 'DEL' },
  ...{ env: { CNI_CONTAINERID: 'old', CNI_IFNAME: 'eth0' }, stdin: 'x'.repeat(10_000) },
};
const end: StepEnd = {
  ...{ ...start, phase: 'end', stdout: '', stderr: '', exit: 0, ms: 0, started: true },
};

/** Records a GC of as many steps; gives what was told of it. */
async function collect(steps: number): Promise<Change[]> {
  const told: Change[] = [];
  const record = createRecorder(
    { drain: () => {}, drainAll: () => {} },
    createAttribution(),
    createFirstRuns(),
    (change) => void told.push(structuredClone(change)),
    60_000,
  );
  await record('GC', { host, network: 'net', text: '' }, async ({ observer }) => {
    for (let i = 0; i < steps; i++) {
      await observer?.(start);
      await observer?.(end);
    }
  });
  return told;
}

it('tells an operation of a few steps after each of them', async () => {
  expect(await collect(3)).toHaveLength(1 + 3 + 1);
});

it('tells one of thousands of steps seldom, and keeps what is too much of their texts out', async () => {
  const told = await collect(2000);
  expect(told.length).toBeLessThan(60);
  const last = told.at(-1);
  expect(last).toMatchObject({ operation: { done: true, ok: true, removed: { length: 2000 } } });
  expect(JSON.stringify(last).length).toBeLessThan(16 * 1024 * 1024);
});
