import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  liveEventSchema,
  snapshotSchema,
  type Change,
  type Snapshot,
} from '@cnilab/shared/live/events';
import { reduceAll } from '@cnilab/shared/live/reducer';
import { openDocuments } from '../labs/documents.ts';
import { createFakeBox, type FakeBox } from '../labs/fakeBox.ts';
import { createLabs, type Labs } from '../labs/labs.ts';
import { createChannel, slowAfter, type Channel } from './channel.ts';
import { watchLab, type Watcher } from './watching.ts';

/** A client that does with the messages what the page does. */
function createClient() {
  const messages: string[] = [];
  let snapshot: Snapshot | undefined;
  return {
    messages,
    snapshot: () => snapshot,
    take: (taken: Snapshot) => (snapshot = taken),
    emit: (event: string, ...values: unknown[]) => {
      messages.push(event);
      if (event === 'snapshot') snapshot = snapshotSchema.parse(values[1]);
      if (event === 'events' && snapshot) {
        snapshot = reduceAll(snapshot, liveEventSchema.array().parse(values[2]));
      }
      if (event === 'stopped') snapshot = undefined;
    },
  };
}

const pending = (i: number): Change => ({
  event: 'element.state',
  element: `pod:node1/p${i}`,
  state: { state: 'pending' },
});
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => pending(from + i));

describe('a client that watches a lab', () => {
  let data: string;
  let labs: Labs;
  let box: FakeBox;
  let channel: Channel;
  let writable: boolean;
  let client: ReturnType<typeof createClient>;
  let watcher: Watcher | undefined;

  const watch = (since?: { run: string; seq: number }) => {
    watcher = watchLab({ labs, lab: 'web', since, channel, emit: client.emit });
    return watcher.watched;
  };
  const joined = () => {
    const watched = watch();
    if (watched.kind === 'snapshot') client.take(watched.snapshot);
  };

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cnilab-watching-'));
    labs = createLabs(await openDocuments(data), async () => (box = createFakeBox()));
    await labs.create('cnilab: 1\nname: web\n');
    await labs.deploy('web');
    writable = true;
    channel = createChannel(() => writable);
    client = createClient();
  });
  afterEach(async () => {
    watcher?.close();
    channel.close();
    await labs.close();
    await rm(data, { recursive: true, force: true });
  });

  it('gets the snapshot and then each batch of events', () => {
    joined();
    box.changes(...many(3));
    box.changes(...many(2, 3));
    expect(client.messages).toEqual(['events', 'events']);
    expect(client.snapshot()).toEqual(labs.state('web'));
  });

  it('gets only what it missed when it comes back', () => {
    joined();
    const { run, seq } = labs.state('web');
    watcher?.close();
    box.changes(...many(3));
    expect(client.messages).toEqual([]);
    const watched = watch({ run, seq });
    expect(watched).toMatchObject({ kind: 'events', run, events: [{}, {}, {}] });
    expect(watch({ run, seq: seq + 3 })).toMatchObject({ kind: 'events', events: [] });
  });

  it('gets a snapshot when it comes back to another run, or too late', () => {
    const { run, seq } = labs.state('web');
    box.changes(...many(6000));
    expect(watch({ run, seq }).kind).toBe('snapshot');
    expect(watch({ run: 'another', seq }).kind).toBe('snapshot');
    expect(watch({ run, seq: seq + 100_000 }).kind).toBe('snapshot');
  });

  it('is sent nothing while it is slow, and what it missed afterwards', async () => {
    joined();
    writable = false;
    channel.sent(slowAfter + 1);
    for (let i = 0; i < 20; i++) box.changes(...many(10, i * 10));
    expect(client.messages).toEqual([]);
    writable = true;
    await vi.waitFor(() => expect(client.messages).toEqual(['events']));
    expect(client.snapshot()).toEqual(labs.state('web'));
  });

  it('is sent a snapshot after it was slow for too long', async () => {
    joined();
    writable = false;
    channel.sent(slowAfter + 1);
    for (let i = 0; i < 30; i++) box.changes(...many(1000));
    writable = true;
    await vi.waitFor(() => expect(client.messages).toEqual(['snapshot']));
    expect(client.snapshot()).toEqual(labs.state('web'));
  });

  it('becomes slow by large events alone', () => {
    joined();
    writable = false;
    const text = 'x'.repeat(600_000);
    const operation = (id: number): Change => ({
      event: 'operation',
      operation: {
        id,
        op: 'ADD',
        host: 'node1',
        pod: 'web',
        network: 'mynet',
        interface: 'eth0',
        started: 1,
        done: true,
        ok: true,
        ms: 1,
        steps: [],
        result: text,
        error: null,
      },
    });
    for (let id = 1; id <= 10; id++) box.changes(operation(id));
    expect(client.messages).toEqual(['events', 'events']);
  });

  it('is told that the box is gone, and gets the next run from its start', async () => {
    joined();
    await labs.stop('web');
    expect(client.messages.at(-1)).toBe('stopped');
    expect(client.snapshot()).toBeUndefined();
    expect(watch()).toEqual({ kind: 'stopped' });
    await labs.deploy('web');
    expect(client.messages).toContain('snapshot');
    expect(client.snapshot()).toEqual(labs.state('web'));
  });

  it('learns why the last run failed when it comes later', async () => {
    box.crash('killed');
    await vi.waitFor(() => expect(labs.state('web').state).toBe('failed'));
    expect(watch()).toMatchObject({ kind: 'snapshot', snapshot: { state: 'failed' } });
  });

  it('hears nothing after it closed', () => {
    joined();
    watcher?.close();
    box.changes(...many(3));
    expect(client.messages).toEqual([]);
  });
});
