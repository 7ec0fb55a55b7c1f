import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import { BoxError } from '../box/box.ts';
import { openDocuments } from './documents.ts';
import { createFakeBox, type FakeBox } from './fakeBox.ts';
import { createLabs, type Labs, type StartBox } from './labs.ts';

const lab = (name: string, rest = '') => `cnilab: 1\nname: ${name}\n${rest}`;
const applied: ApplyResult = { ok: true, ms: 1, operations: [], failures: [] };

describe('labs', () => {
  let data: string;
  let labs: Labs;
  let boxes: FakeBox[];
  let nextBox: () => FakeBox;
  const startBox: StartBox = async () => {
    const box = nextBox();
    boxes.push(box);
    return box;
  };

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cnilab-labs-'));
    boxes = [];
    nextBox = () => createFakeBox();
    labs = createLabs(await openDocuments(data), startBox);
  });
  afterEach(async () => {
    await labs.close();
    await rm(data, { recursive: true, force: true });
  });

  it('refuse to deploy a text with errors, with its diagnostics, and start no box', async () => {
    await labs.create(lab('web', 'colour: red\n'));
    await expect(labs.deploy('web')).rejects.toMatchObject({
      code: 'invalid',
      diagnostics: [{ severity: 'error', line: 3 }],
    });
    expect(boxes).toHaveLength(0);
  });

  it('start one box for a lab and apply what is saved to it again and again', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    const before = await labs.get('web');
    await labs.save('web', before.revision, lab('web', 'segments: [{name: lan}]\n'));
    await labs.deploy('web');
    expect(boxes).toHaveLength(1);
    expect(boxes[0]?.requests.map(({ params }) => params)).toMatchObject([
      { lab: { segments: [] } },
      { lab: { segments: ['lan'] } },
    ]);
    expect(labs.state('web').state).toBe('running');
  });

  it('apply one deploy after the other, never two at once', async () => {
    const release: (() => void)[] = [];
    nextBox = () =>
      createFakeBox({ apply: () => new Promise((done) => release.push(() => done(applied))) });
    await labs.create(lab('web'));
    const both = [labs.deploy('web'), labs.deploy('web')];
    await vi.waitFor(() => expect(release).toHaveLength(1));
    expect(labs.state('web').state).toBe('deploying');
    release[0]?.();
    await Promise.race(both);
    await vi.waitFor(() => expect(release).toHaveLength(2));
    expect(labs.state('web').state).toBe('deploying');
    release[1]?.();
    await Promise.all(both);
    expect(labs.state('web').state).toBe('running');
  });

  it('stop at once, also in the middle of a deploy, which then says why it did not end', async () => {
    nextBox = () => createFakeBox({ apply: () => new Promise(() => undefined) });
    await labs.create(lab('web'));
    const deploy = labs.deploy('web');
    const queued = labs.deploy('web');
    await vi.waitFor(() => expect(boxes[0]?.requests).toHaveLength(1));
    await labs.stop('web');
    await expect(deploy).rejects.toMatchObject({ code: 'not-running' });
    await expect(queued).rejects.toMatchObject({ code: 'not-running' });
    expect(boxes[0]?.hasStopped()).toBe(true);
    expect(() => labs.state('web')).toThrow(/deploy it first/);
    expect(await labs.list()).toMatchObject([{ name: 'web', state: 'stopped' }]);
  });

  it('end a box whose start was overtaken by a stop', async () => {
    let started: (box: FakeBox) => void = () => undefined;
    const late = createLabs(
      await openDocuments(data),
      () => new Promise((resolve) => (started = resolve)),
    );
    await late.create(lab('web'));
    const deploy = late.deploy('web');
    await vi.waitFor(() => expect(late.run('web')).toBeDefined());
    const stop = late.stop('web');
    await vi.waitFor(() => expect(late.run('web')).toBeUndefined());
    const box = createFakeBox();
    started(box);
    await stop;
    await expect(deploy).rejects.toMatchObject({ code: 'not-running' });
    expect(box.hasStopped()).toBe(true);
  });

  it('tell that a box ended by itself, and why, and deploy in a new one', async () => {
    const told: (string | undefined)[] = [];
    await labs.create(lab('web'));
    await labs.deploy('web');
    labs.watch('web', { started: () => told.push('started'), stopped: (why) => told.push(why) });
    boxes[0]?.crash('the agent was killed');
    await vi.waitFor(() => expect(told).toEqual(['The agent was killed.']));
    expect(labs.state('web')).toMatchObject({
      state: 'failed',
      error: 'The agent was killed.',
    });
    await expect(labs.request('web', 'operate', { op: 'GC', host: 'node1' })).rejects.toThrow(
      /The agent was killed\./,
    );
    const failed = labs.state('web').run;
    await labs.deploy('web');
    expect(boxes).toHaveLength(2);
    expect(told.at(-1)).toBe('started');
    expect(labs.state('web').run).not.toBe(failed);
  });

  it('say what is missing and what helps when no box can start', async () => {
    const failing = createLabs(await openDocuments(data), async () => {
      throw new BoxError('This kernel forbids it.', 'Allow it.');
    });
    await failing.create(lab('web'));
    await expect(failing.deploy('web')).rejects.toMatchObject({
      code: 'no-box',
      message: 'This kernel forbids it. Allow it.',
    });
    expect(await failing.list()).toMatchObject([{ state: 'failed' }]);
  });

  it('begin with a new box on reset, but not when the text has errors', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    await labs.reset('web');
    expect(boxes.map((box) => box.hasStopped())).toEqual([true, false]);
    const { revision } = await labs.get('web');
    await labs.save('web', revision, lab('web', 'colour: red\n'));
    await expect(labs.reset('web')).rejects.toMatchObject({ code: 'invalid' });
    expect(boxes.map((box) => box.hasStopped())).toEqual([true, false]);
  });

  it('go on running under a new name, and end when they are deleted', async () => {
    const { revision } = await labs.create(lab('old'));
    await labs.deploy('old');
    const { run } = labs.state('old');
    await labs.save('old', revision, lab('new'));
    expect(labs.state('new').run).toBe(run);
    expect(() => labs.state('old')).toThrow(/deploy it first/);
    await labs.remove('new');
    expect(boxes[0]?.hasStopped()).toBe(true);
    expect(await labs.list()).toEqual([]);
  });

  it('can be stopped when somebody took their file away, and are unknown when never there', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    await rm(join(data, 'labs', 'web.lab.yaml'));
    await labs.stop('web');
    expect(boxes[0]?.hasStopped()).toBe(true);
    await expect(labs.stop('web')).rejects.toMatchObject({ code: 'not-found' });
    await expect(labs.liveRun('web')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('take the place of one that runs without its file, and end that one', async () => {
    for (const name of ['one', 'two']) {
      await labs.create(lab(name));
      await labs.deploy(name);
    }
    await rm(join(data, 'labs', 'one.lab.yaml'));
    const { run } = labs.state('two');
    await labs.save('two', (await labs.get('two')).revision, lab('one'));
    expect(labs.state('one').run).toBe(run);
    expect(boxes.map((box) => box.hasStopped())).toEqual([true, false]);
  });

  it('number what the box tells and keep the last 10,000 events', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    const run = await labs.liveRun('web');
    const before = run.snapshot().seq;
    boxes[0]?.changes({ event: 'namespace.new', info: { id: 'node1', kind: 'host' } });
    expect(run.since(before)).toMatchObject([{ seq: before + 1, event: 'namespace.new' }]);
    boxes[0]?.changes(
      ...Array.from({ length: 12_000 }, (_, i) => ({
        event: 'element.state' as const,
        element: `host:n${i % 3}`,
        state: { state: i % 2 ? ('up' as const) : ('pending' as const) },
      })),
    );
    const { seq } = run.snapshot();
    expect(run.since(before)).toBeUndefined();
    expect(run.since(seq - 10_000)).toHaveLength(10_000);
    expect(run.since(seq - 10_001)).toBeUndefined();
    expect(run.since(seq)).toEqual([]);
    expect(run.since(seq + 1)).toBeUndefined();
  });

  it('do not believe a box that says how the run fares', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    boxes[0]?.changes({ event: 'lab.state', state: 'failed', error: 'nonsense' });
    expect(labs.state('web').state).toBe('running');
  });

  it('end a box that fills the memory', { timeout: 60_000 }, async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    const text = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 200 && boxes[0]?.hasStopped() === false; i++) {
      boxes[0].changes({
        event: 'element.state',
        element: `host:n${i}`,
        state: { state: 'failed', error: text + i },
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(boxes[0]?.hasStopped()).toBe(true);
    expect(labs.state('web')).toMatchObject({ state: 'failed', elements: {} });
    expect(labs.state('web').error).toMatch(/128 MiB/);
  });

  it('pass output and end of a process to who started it, and end it with its box', async () => {
    await labs.create(lab('web'));
    await labs.deploy('web');
    const heard: unknown[] = [];
    (await labs.liveRun('web')).onProcess('p1', {
      output: (...args) => heard.push(args),
      exit: (...args) => heard.push(args),
    });
    boxes[0]?.notify({ notice: 'output', process: 'p1', stream: 'stdout', data: 'aGk=' });
    boxes[0]?.notify({ notice: 'output', process: 'unknown', stream: 'stdout', data: 'aGk=' });
    await labs.stop('web');
    expect(heard).toEqual([
      ['stdout', 'aGk='],
      [null, 'SIGKILL'],
    ]);
  });
});
