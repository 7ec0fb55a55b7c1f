import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';
import { createFakeBox, type FakeBox } from '../labs/fakeBox.ts';
import { slowAfter } from './channel.ts';
import { startServer, type RunningServer } from './serve.ts';

type Client = Socket<ServerToClient, ClientToServer>;

const microtasks = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('sockets', () => {
  let data: string;
  let server: RunningServer;
  let box: FakeBox;
  const clients: Client[] = [];

  const post = async (path: string, body = {}) => {
    const response = await fetch(new URL(path, server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  };
  const connect = (options: Parameters<typeof io>[1] = {}): Promise<Client> => {
    const client: Client = io(server.url, { reconnection: false, forceNew: true, ...options });
    clients.push(client);
    return new Promise((resolve, reject) => {
      client.once('connect', () => resolve(client));
      client.once('connect_error', reject);
    });
  };
  const methods = () => box.requests.map(({ method }) => method);

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cnilab-sockets-'));
    server = await startServer({
      port: 0,
      host: '127.0.0.1',
      data,
      startBox: async () => (box = createFakeBox()),
    });
    await post('/api/labs', { text: 'cnilab: 1\nname: web\n' });
    await post('/api/labs/web/deploy');
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  it.each([['websocket'], ['polling']])('carry the live state by %s', async (transport) => {
    const client = await connect({ transports: [transport] });
    const seen: string[] = [];
    client.on('events', (lab, _run, events) => {
      seen.push(...events.map((event) => `${lab} ${event.event}`));
    });
    const watched = await client.emitWithAck('watch', { lab: 'web' });
    expect(watched).toMatchObject({ ok: true, value: { kind: 'snapshot' } });
    box.changes({ event: 'namespace.new', info: { id: 'node1', kind: 'host' } });
    await vi.waitFor(() => expect(seen).toEqual(['web namespace.new']));
  });

  it('let nobody in from a page of another address', async () => {
    const elsewhere = { extraHeaders: { origin: 'https://evil.example' } };
    await expect(connect({ ...elsewhere, transports: ['websocket'] })).rejects.toThrow(
      /websocket error/,
    );
    await expect(connect({ ...elsewhere, transports: ['polling'] })).rejects.toThrow(/poll error/);
  });

  it('answer a wrong message with a problem and go on', async () => {
    // Without the types that keep our own clients from such messages.
    const client: Socket = io(server.url, { reconnection: false, forceNew: true });
    try {
      for (const input of [undefined, null, 3, {}, { lab: '../x' }, { lab: ['web'] }]) {
        expect(await client.emitWithAck('watch', input)).toMatchObject({
          ok: false,
          problem: { code: 'bad-request' },
        });
      }
      client.emit('watch', { lab: 'web' });
      client.emit('watch');
      client.emit('watch', { lab: 'web' }, 'no function');
      client.emit('processInput', { process: 'none', data: '%%%' });
      client.emit('processClose', 7);
      client.emit('nonsense');
      expect(await client.emitWithAck('watch', { lab: 'web' })).toMatchObject({ ok: true });
    } finally {
      client.disconnect();
    }
  });

  it('carry a process: its input, output, size and end', async () => {
    const client = await connect();
    const heard: unknown[] = [];
    client.on('processOutput', (...args) => heard.push(args));
    client.on('processExit', (...args) => heard.push(args));
    const opened = await client.emitWithAck('openProcess', { lab: 'web', target: 'node1' });
    if (!opened.ok) throw new Error(opened.problem.message);
    const { process } = opened.value;
    client.emit('processInput', { process, data: 'bHMK' });
    client.emit('processResize', { process, columns: 100, rows: 30 });
    await vi.waitFor(() => expect(methods()).toContain('resize'));
    expect(box.requests.slice(1)).toEqual([
      {
        method: 'spawn',
        params: {
          process,
          target: 'node1',
          argv: ['bash', '-l'],
          terminal: { columns: 80, rows: 24 },
        },
      },
      { method: 'input', params: { process, data: 'bHMK' } },
      { method: 'resize', params: { process, columns: 100, rows: 30 } },
    ]);
    box.notify({ notice: 'output', process, stream: 'stdout', data: 'aGk=' });
    box.notify({ notice: 'exit', process, code: 3 });
    await vi.waitFor(() =>
      expect(heard).toEqual([
        [process, 'stdout', 'aGk='],
        [process, 3],
      ]),
    );
  });

  it('carry what a client looks at, and end it when the client is gone', async () => {
    const [leaving, staying] = [await connect(), await connect()];
    const looks = () =>
      box.requests.flatMap(({ method, params }) => (method === 'look' ? [params] : []));
    const look = { at: 'rates', namespace: 'node1' } as const;
    const heard: unknown[] = [];
    staying.on('seen', (...values) => void heard.push(values));
    for (const client of [leaving, staying]) {
      expect(await client.emitWithAck('look', { lab: 'web', look })).toEqual({
        ok: true,
        value: {},
      });
    }
    const seen = { at: 'rates' as const, links: [] };
    box.notify({ notice: 'seen', look, seen });
    await vi.waitFor(() => expect(heard).toEqual([['web', look, seen]]));
    expect(looks()).toEqual([{ look, isOn: true }]);
    staying.emit('unlook', { lab: 'web', look });
    // Answered after it was heard.
    await staying.emitWithAck('watch', { lab: 'web' });
    expect(looks()).toHaveLength(1);
    leaving.disconnect();
    await vi.waitFor(() => expect(looks().slice(1)).toEqual([{ look, isOn: false }]));
  });

  it('let no client look at more than it can show', async () => {
    const client = await connect();
    const answers = await Promise.all(
      Array.from({ length: 101 }, (_, i) =>
        client.emitWithAck('look', { lab: 'web', look: { at: 'flows', namespace: `n${i}` } }),
      ),
    );
    expect(answers.filter(({ ok }) => !ok)).toHaveLength(1);
    expect(answers.at(-1)).toMatchObject({ problem: { code: 'conflict' } });
  });

  it('say why a process cannot start', async () => {
    const client = await connect();
    const elsewhere = await client.emitWithAck('openProcess', { lab: 'none', target: 'node1' });
    expect(elsewhere).toMatchObject({ ok: false, problem: { code: 'not-found' } });
  });

  it('end the processes of a client that is gone, and only those', async () => {
    const [leaving, staying] = [await connect(), await connect()];
    const argv = ['sleep', '100'];
    const one = await leaving.emitWithAck('openProcess', { lab: 'web', target: 'a' });
    const two = await leaving.emitWithAck('openProcess', { lab: 'web', target: 'a', argv });
    await staying.emitWithAck('openProcess', { lab: 'web', target: 'a' });
    leaving.disconnect();
    await vi.waitFor(() => expect(methods().filter((m) => m === 'kill')).toHaveLength(2));
    expect(box.requests.filter(({ method }) => method === 'kill')).toMatchObject([
      { params: { process: one.ok && one.value.process, signal: 'SIGHUP' } },
      { params: { process: two.ok && two.value.process, signal: 'SIGTERM' } },
    ]);
  });

  it('pause a process that writes faster than the client reads, and lose nothing', async () => {
    const client = await connect({ transports: ['websocket'] });
    let received = 0;
    client.on('processOutput', (_process, _stream, text) => (received += text.length));
    const opened = await client.emitWithAck('openProcess', { lab: 'web', target: 'node1' });
    const process = opened.ok ? opened.value.process : '';
    const block = 'A'.repeat(64 * 1024);
    let sent = 0;
    // Without a turn of the event loop, so that nothing can leave in between.
    while (!methods().includes('pause') && sent < 8 * slowAfter) {
      box.notify({ notice: 'output', process, stream: 'stdout', data: block });
      sent += block.length;
      await microtasks();
    }
    expect(sent).toBeGreaterThan(slowAfter);
    expect(sent).toBeLessThan(2 * slowAfter);
    const pauses = () =>
      box.requests.filter(({ method }) => method === 'pause').map(({ params }) => params);
    await vi.waitFor(() =>
      expect(pauses()).toEqual([
        { process, paused: true },
        { process, paused: false },
      ]),
    );
    await vi.waitFor(() => expect(received).toBe(sent));
  });

  it('end a process that cannot be stopped from filling the memory', async () => {
    const client = await connect({ transports: ['websocket'] });
    const opened = await client.emitWithAck('openProcess', { lab: 'web', target: 'node1' });
    const process = opened.ok ? opened.value.process : '';
    const block = 'A'.repeat(1024 * 1024);
    for (let i = 0; i < 20; i++) {
      box.notify({ notice: 'output', process, stream: 'stdout', data: block });
      await microtasks();
    }
    expect(box.requests.at(-1)).toEqual({ method: 'kill', params: { process, signal: 'SIGKILL' } });
  });

  it('tell everybody when the list or a document changes', async () => {
    const client = await connect();
    const states: string[] = [];
    const saved: string[] = [];
    client.on('labs', (list) => void states.push(list[0]?.state ?? 'none'));
    client.on('saved', (lab) => void saved.push(lab));
    await post('/api/labs/web/stop');
    await vi.waitFor(() => expect(states.at(-1)).toBe('stopped'));
    await post('/api/labs', { text: 'cnilab: 1\nname: another\n' });
    await vi.waitFor(() => expect(saved).toEqual(['another']));
  });

  it('close with the server, whose boxes end', async () => {
    const client = await connect();
    const disconnected = new Promise((resolve) => client.once('disconnect', resolve));
    await server.close();
    await disconnected;
    expect(box.hasStopped()).toBe(true);
  });
});
