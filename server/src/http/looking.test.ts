import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { foldSeen, type Look, type Seen } from '@cnilab/shared/live/look';
import { openDocuments } from '../labs/documents.ts';
import { createFakeBox, type FakeBox } from '../labs/fakeBox.ts';
import { createLabs, type Labs } from '../labs/labs.ts';
import { createChannel, slowAfter, type Channel } from './channel.ts';
import { lookAt } from './looking.ts';

const look: Look = { at: 'flows', namespace: 'node1' };
const tuple = { source: '10.0.0.1', destination: '10.0.0.2' };
const told = (whole: boolean, ...ids: string[]): Seen => ({
  at: 'flows',
  whole,
  time: 1,
  flows: ids.map((id) => ({
    id,
    family: 4,
    protocol: 'udp',
    original: tuple,
    reply: tuple,
    status: [],
  })),
  gone: [],
  more: 0,
});

describe('a client that looks at connections', () => {
  let data: string;
  let labs: Labs;
  let boxes: FakeBox[];
  let channel: Channel;
  let writable: boolean;
  const open: { close(): void }[] = [];

  const begin = () => {
    const messages: Seen[] = [];
    let known: Seen | undefined;
    const send = (seen: Seen) => {
      messages.push(seen);
      known = foldSeen(known, seen);
    };
    const looking = lookAt({ labs, lab: 'web', look, channel, send });
    open.push(looking);
    return { messages, known: () => known, close: looking.close };
  };
  const see = (seen: Seen) => boxes.at(-1)?.notify({ notice: 'seen', look, seen });
  const asked = () =>
    boxes.map(({ requests }) =>
      requests.flatMap(({ method, params }) => (method === 'look' ? [params] : [])),
    );
  const [on, off] = [true, false].map((isOn) => ({ look, isOn }));

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cnilab-looking-'));
    boxes = [];
    labs = createLabs(await openDocuments(data), async () => {
      const box = createFakeBox();
      boxes.push(box);
      return box;
    });
    await labs.create('cnilab: 1\nname: web\n');
    writable = true;
    channel = createChannel(() => writable);
  });
  afterEach(async () => {
    for (const looking of open.splice(0)) looking.close();
    channel.close();
    await labs.close();
    await rm(data, { recursive: true, force: true });
  });

  it('is told as soon as the lab runs, and again when it runs anew', async () => {
    const client = begin();
    await labs.deploy('web');
    see(told(true, 'a'));
    await labs.reset('web');
    see(told(true, 'b'));
    expect(client.messages).toEqual([told(true, 'a'), told(true, 'b')]);
    expect(asked()[1]).toEqual([on]);
  });

  it('shares what others look at, and goes without ending theirs', async () => {
    await labs.deploy('web');
    const first = begin();
    see(told(true, 'a'));
    const second = begin();
    expect(second.messages).toEqual([told(true, 'a')]);
    first.close();
    see(told(false, 'b'));
    expect(first.messages).toHaveLength(1);
    expect(second.known()).toEqual(told(true, 'a', 'b'));
    second.close();
    await vi.waitFor(() => expect(asked()[0]).toEqual([on, off]));
  });

  it('gets the whole after it was slow, however much there was meanwhile', async () => {
    await labs.deploy('web');
    const client = begin();
    see(told(true, 'a'));
    writable = false;
    channel.sent(slowAfter + 1);
    for (let i = 0; i < 50; i += 1) see(told(false, `b${i % 3}`));
    expect(client.messages).toHaveLength(1);
    writable = true;
    await vi.waitFor(() => expect(client.messages).toHaveLength(2));
    expect(client.messages[1]).toEqual(told(true, 'a', 'b0', 'b1', 'b2'));
    see(told(false, 'c'));
    expect(client.known()).toEqual(told(true, 'a', 'b0', 'b1', 'b2', 'c'));
  });

  it('is told nothing after it stopped looking while it was slow', async () => {
    await labs.deploy('web');
    const client = begin();
    see(told(true, 'a'));
    writable = false;
    channel.sent(slowAfter + 1);
    see(told(false, 'b'));
    client.close();
    writable = true;
    let isFree = false;
    channel.whenFree(() => (isFree = true));
    await vi.waitFor(() => expect(isFree).toBe(true));
    expect(client.messages).toHaveLength(1);
  });
});
