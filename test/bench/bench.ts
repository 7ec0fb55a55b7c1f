import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { kernelNeeds } from '@cnilab/shared/lab/needs';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';
import { startBox } from '../../server/src/box/startBox.ts';
import { startServer } from '../../server/src/http/serve.ts';
import { benchCni } from './cni.ts';
import { milliseconds, percentile } from './figures.ts';
import { benchSoak } from './soak.ts';

/** The figures of docs/performance.md, as ratios to what the same work costs without cnilab. */

function labOf(pods: number): string {
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

async function benchStart(): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const box = await startBox();
    times.push(box.startMs);
    await box.stop();
  }
  const [p50, worst] = [percentile(times, 0.5), percentile(times, 1)];
  console.log(`box start              p50 ${milliseconds(p50)}, worst ${milliseconds(worst)}`);
}

async function deployOnce(pods: number): Promise<ApplyResult> {
  const { compiled } = parseLab(labOf(pods));
  if (!compiled) throw new Error('the bench lab is wrong');
  const box = await startBox({ needs: kernelNeeds(compiled) });
  try {
    return await box.request('apply', { lab: compiled });
  } finally {
    await box.stop();
  }
}

const pluginTime = (result: ApplyResult): number =>
  result.operations.flatMap((item) => item.steps).reduce((sum, step) => sum + step.ms, 0);

async function benchDeploy(pods: number, repeats: number): Promise<void> {
  const totals: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const result = await deployOnce(pods);
    if (!result.ok) throw new Error(`deploying ${pods} pods failed`);
    totals.push(result.ms);
    ratios.push(result.ms / pluginTime(result));
  }
  console.log(
    `deploy ${String(pods).padStart(3)} pods        ${milliseconds(percentile(totals, 0.5))}; ratio to the summed time of the plugins ${percentile(ratios, 0.5).toFixed(2)}`,
  );
}

/** Adds pods one at a time, so that no other operation is waited for. */
async function benchRuntime(pods: number): Promise<void> {
  const box = await startBox();
  const shares: number[] = [];
  try {
    for (let i = 1; i <= pods; i++) {
      const { compiled } = parseLab(labOf(i));
      if (!compiled) throw new Error('the bench lab is wrong');
      const result = await box.request('apply', { lab: compiled });
      const operations = result.operations.reduce((sum, item) => sum + item.ms, 0);
      shares.push(operations / pluginTime(result) - 1);
    }
  } finally {
    await box.stop();
  }
  console.log(
    `runtime around ADD     adds ${(percentile(shares, 0.5) * 100).toFixed(1)} % to the plugin's own time (median of ${pods})`,
  );
}

async function benchEvents(times: number): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'cnilab-bench-'));
  const server = await startServer({ port: 0, host: '127.0.0.1', data });
  const socket: Socket<ServerToClient, ClientToServer> = io(server.url, {
    transports: ['websocket'],
  });
  try {
    const call = (path: string, body: object) =>
      fetch(new URL(path, server.url), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    await call('/api/labs', { text: labOf(1) });
    await call('/api/labs/bench/deploy', {});
    const latencies: number[] = [];
    socket.on('events', (_lab, _run, events) => {
      const now = process.hrtime.bigint();
      for (const event of events) {
        const sent = event.event === 'link.change' ? event.link.alias : undefined;
        if (sent) latencies.push(Number(now - BigInt(sent)) / 1e6);
      }
    });
    await socket.emitWithAck('watch', { lab: 'bench' });
    await runSender(socket, times);
    console.log(
      `event latency          p50 ${milliseconds(percentile(latencies, 0.5))}, p99 ${milliseconds(percentile(latencies, 0.99))} from the netlink send to the socket.io client (${latencies.length} of ${times} events)`,
    );
  } finally {
    socket.close();
    await server.close();
    await rm(data, { recursive: true, force: true });
  }
}

/** Puts the sender into a host of the lab, where koffi is the agent's, and waits for its end. */
async function runSender(
  socket: Socket<ServerToClient, ClientToServer>,
  times: number,
): Promise<void> {
  const script = await readFile(new URL('./aliasSender.js', import.meta.url));
  const command =
    'mkdir -p /tmp/bench && ln -s /agent/node_modules /tmp/bench/node_modules && cat > /tmp/bench/sender.mjs && exec "$(readlink -f /proc/$(pgrep -o node)/exe)" /tmp/bench/sender.mjs "$0" "$1"';
  const answer = await socket.emitWithAck('openProcess', {
    lab: 'bench',
    target: 'node1',
    argv: ['sh', '-c', command, String(times), '25'],
  });
  if (!answer.ok) throw new Error(answer.problem.message);
  const { process: id } = answer.value;
  let said = '';
  const ended = new Promise<number | null>((resolve) => {
    socket.on('processOutput', (which, _stream, data) => {
      if (which === id) said += Buffer.from(data, 'base64').toString();
    });
    socket.on('processExit', (which, code) => which === id && resolve(code));
  });
  socket.emit('processInput', { process: id, data: script.toString('base64') });
  socket.emit('processCloseInput', { process: id });
  const code = await ended;
  if (code !== 0) throw new Error(`the sender ended with ${code}: ${said}`);
}

const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  deploy: async () => {
    await benchDeploy(1, 9);
    await benchDeploy(10, 5);
    await benchDeploy(100, 3);
  },
  runtime: () => benchRuntime(40),
  events: () => benchEvents(400),
  cni: benchCni,
};
/** So long that they run only when they are named. */
const long: typeof benches = { soak: benchSoak };
const all = { ...benches, ...long };

const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(all, name));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(named.length === 0 ? benches : all)) {
  if (named.length === 0 || named.includes(name)) await bench();
}
process.exit(0);
