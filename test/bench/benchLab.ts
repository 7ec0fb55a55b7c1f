import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import type { Snapshot } from '@cnilab/shared/live/events';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';
import { startServer } from '../../server/src/http/serve.ts';

/** The text of a lab called `bench` with pods on one network of one host. */
export function labOf(pods: number): string {
  const pod = (i: number) => `      - {name: pod${i}, attachments: [{network: net}]}`;
  return `cnilab: 1
name: bench
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/16}}
    pods:
${Array.from({ length: pods }, (_, i) => pod(i)).join('\n')}
`;
}

export type Client = Socket<ServerToClient, ClientToServer>;

/** A server on which the lab `bench` runs, for as long as `use` takes. */
export async function withLab(
  text: string,
  use: (server: { url: string; connect: () => Client }) => Promise<void>,
): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'cnilab-bench-'));
  const server = await startServer({ port: 0, host: '127.0.0.1', data });
  const clients: Client[] = [];
  try {
    await post(server.url, '/api/labs', { text });
    await post(server.url, '/api/labs/bench/deploy', {});
    await use({
      url: server.url,
      connect() {
        const client: Client = io(server.url, { transports: ['websocket'], forceNew: true });
        clients.push(client);
        return client;
      },
    });
  } finally {
    for (const client of clients) client.close();
    await server.close();
    await rm(data, { recursive: true, force: true });
  }
}

async function post(url: string, path: string, body: object): Promise<void> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** What a client gets that begins to watch the lab. */
export async function firstSnapshot(client: Client): Promise<Snapshot> {
  const answer = await client.emitWithAck('watch', { lab: 'bench' });
  if (!answer.ok || answer.value.kind !== 'snapshot') throw new Error('the lab does not run');
  return answer.value.snapshot;
}

/** Runs a command on the host to its end, which must be a good one; `input` is for its stdin. */
export async function runOnHost(
  client: Client,
  argv: string[],
  input = Buffer.alloc(0),
): Promise<string> {
  let process: string | undefined;
  const early: (() => void)[] = [];
  let said = '';
  const ended = new Promise<number | null>((resolve) => {
    /** What is said before the answer comes that names the process is nobody else's. */
    const mine = (which: string, act: () => void) => {
      const take = () => which === process && act();
      if (process === undefined) early.push(take);
      else take();
    };
    client.on('processOutput', (which, _stream, data) =>
      mine(which, () => (said += Buffer.from(data, 'base64').toString())),
    );
    client.on('processExit', (which, code) => mine(which, () => resolve(code)));
  });
  const answer = await client.emitWithAck('openProcess', { lab: 'bench', target: 'node1', argv });
  if (!answer.ok) throw new Error(answer.problem.message);
  ({ process } = answer.value);
  for (const take of early) take();
  client.emit('processInput', { process, data: input.toString('base64') });
  client.emit('processCloseInput', { process });
  const code = await ended;
  client.off('processOutput').off('processExit');
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${said}`);
  return said;
}

/**
 * Writes the time into the alias of a bridge of the host, so often and at such a rate a second.
 * The program that does it is put where the agent's packages are found from.
 */
export async function sendOnHost(client: Client, times: number, rate: number): Promise<void> {
  const script = await readFile(new URL('./sender.js', import.meta.url));
  const command = [
    'mkdir -p /tmp/bench',
    'ln -sfn /agent/node_modules /tmp/bench/node_modules',
    'cat > /tmp/bench/sender.mjs',
    'ip link add clock type bridge',
    'ip link set clock up',
    'exec "$(readlink -f /proc/$(pgrep -o node)/exe)" /tmp/bench/sender.mjs "$@"',
  ].join(' && ');
  const argv = [
    'sh',
    '-c',
    command,
    'sh',
    String(rate),
    String(times),
    'clock',
    '/proc/self/ns/net',
  ];
  await runOnHost(client, argv, script);
}
