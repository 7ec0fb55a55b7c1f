import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { insideNet, type Space } from '../../server/src/agent/space.ts';
import { openRoute } from '../../server/src/netlink/route/socket.ts';
import { median, milliseconds, percentile } from './figures.ts';
import { monotonic, sentAt } from './clock.ts';
import { host, makePods, send, startObserving, untilQuiet, type Observing } from './observing.ts';

/**
 * The parts of the benchmark of the observer that need namespaces of their own: run in a place that
 * is root of its network (see inside.ts). Arguments: the parts.
 */

/** From the send to the model's event, against a program that reads what `ip monitor` prints. */
async function benchLatency(): Promise<void> {
  const perRound = 150;
  const rounds = 8;
  const ours: number[] = [];
  const theirs: number[] = [];
  const { observer, hear, close } = startObserving();
  makeClock();
  for (let round = -1; round < rounds; round++) {
    const count = round < 0 ? [] : ours;
    observer.watch(host);
    // An agent at work has compiled what it needs all the time.
    if (round < 0) await send([host], 'clock', { rate: 5000, times: 20_000 });
    const stop = hear((change) => {
      if (change.event !== 'link.change' || change.link.alias === undefined) return;
      count.push(monotonic() - sentAt(change.link.alias));
    });
    await send([host], 'clock', { rate: 200, times: perRound });
    await sleep(50);
    stop();
    observer.unwatch(host);
    const heard = await monitorLatencies(perRound);
    if (round >= 0) theirs.push(...heard);
  }
  close();
  const told = (values: number[]) =>
    `p50 ${milliseconds(percentile(values, 0.5))}, p99 ${milliseconds(percentile(values, 0.99))}`;
  const ratio = (share: number) => (percentile(ours, share) / percentile(theirs, share)).toFixed(2);
  console.log(
    `send to model event    ${told(ours)}; ip monitor in a child ${told(theirs)}; ratio p50 ${ratio(0.5)}, ` +
      `p99 ${ratio(0.99)} (${ours.length} and ${theirs.length} of ${perRound * rounds} events)`,
  );
}

function makeClock(): void {
  const route = openRoute();
  route.linkAdd({ kind: 'veth', name: 'clock', index: 1000, peer: { name: 'far' } });
  // The kernel tells nobody about the alias of a link that is down.
  route.linkSet(1000, { up: true });
  route.close();
}

async function monitorLatencies(times: number): Promise<number[]> {
  const latencies: number[] = [];
  // Without -d it says nothing of an alias.
  const child = spawn('ip', ['-d', 'monitor', 'link'], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const alias = /^\s+alias (\S+)/.exec(line)?.[1];
    if (alias !== undefined) latencies.push(monotonic() - sentAt(alias));
  });
  await sleep(100);
  await send([host], 'clock', { rate: 200, times });
  await sleep(50);
  child.kill();
  await new Promise((resolve) => child.once('close', resolve));
  return latencies;
}

interface Flood {
  /** What was asked for and, as far as the sender managed it, done. */
  rate: number;
  lost: number;
  resyncs: number;
  /** Until the last one was heard, after the last one was sent. */
  behindMs: number;
  /** Of this process for each event. */
  cpuMicros: number;
}

/** How many changes a second the model follows without a loss. */
async function benchRate(): Promise<void> {
  for (const count of [1, 50, 200]) {
    const { pods, drop } = makePods(count);
    const observing = startObserving();
    observing.observer.watch(host);
    for (const pod of pods) observing.observer.watch(pod);
    await sleep(1500);
    await flood(observing, pods, 1000);
    let best: Flood | undefined;
    let limit = 'the sender sends no more';
    for (let rate = 1000; rate <= 256_000; rate *= 2) {
      const result = await flood(observing, pods, rate);
      if (result.lost > 0 || result.resyncs > 0 || result.behindMs > 200) {
        limit = `at ${result.rate.toFixed(0)}/s it was ${milliseconds(result.behindMs)} behind, ${result.resyncs} resyncs`;
        break;
      }
      if (best && result.rate < best.rate * 1.2) break;
      best = result;
    }
    for (const pod of pods) observing.observer.unwatch(pod);
    observing.observer.unwatch(host);
    observing.close();
    drop();
    console.log(
      `events, ${String(count).padStart(3)} namespaces ` +
        (best
          ? `${best.rate.toFixed(0)}/s without loss, ${best.cpuMicros.toFixed(0)} µs of CPU each; ${limit}`
          : `none without loss; ${limit}`),
    );
  }
}

async function flood({ hear }: Observing, pods: readonly Space[], rate: number): Promise<Flood> {
  const times = Math.max(1000, rate * 1.5);
  let [heard, resyncs, lastHeard, lastSent] = [0, 0, monotonic(), 0];
  const stop = hear((change) => {
    if (change.event === 'namespace.sync') resyncs++;
    if (change.event !== 'link.change' || change.link.alias === undefined) return;
    heard++;
    lastHeard = monotonic();
    lastSent = Math.max(lastSent, sentAt(change.link.alias));
  });
  const cpu = process.cpuUsage();
  const took = await send(pods, 'eth0', { rate, times });
  await untilQuiet(() => lastHeard);
  const { user, system } = process.cpuUsage(cpu);
  stop();
  return {
    rate: (times / took) * 1000,
    lost: times - heard,
    resyncs,
    behindMs: lastHeard - lastSent,
    cpuMicros: (user + system) / heard,
  };
}

/** What the observer reads of a namespace at first, as commands. */
const allCommands = [
  'ip -j -d link',
  'ip -j address',
  'ip -j -4 route show table all',
  'ip -j -6 route show table all',
  'ip -j neigh',
  'ip -j -4 rule',
  'ip -j -6 rule',
  'bridge -j fdb',
  'tc -j qdisc',
];

/**
 * What is in 200 pods, for the first time: the observer's dumps against `ip -j` in each of them,
 * and (in some of them) against the commands that say as much.
 */
async function benchSnapshot(): Promise<void> {
  const { pods, drop } = makePods(200);
  const some = pods.slice(0, 20);
  const ask = (among: readonly Space[], commands: readonly string[]): number => {
    const started = performance.now();
    for (const pod of among) {
      for (const command of commands) {
        const [tool = '', ...args] = command.split(' ');
        const { stdout, status } = insideNet(pod, () => spawnSync(tool, args));
        if (status !== 0) throw new Error(`${command} ended with ${status}`);
        JSON.parse(String(stdout) || '[]');
      }
    }
    return performance.now() - started;
  };
  const ours: number[] = [];
  const once: number[] = [];
  const all: number[] = [];
  for (let round = -1; round < 5; round++) {
    const { observer, close } = startObserving();
    observer.watch(host);
    const started = performance.now();
    for (const pod of pods) observer.watch(pod);
    const dumped = performance.now();
    for (const { id } of pods) {
      if (observer.namespace(id)?.links.length !== 2) throw new Error(`${id} was not read`);
    }
    for (const pod of pods) observer.unwatch(pod);
    observer.unwatch(host);
    close();
    const asked = ask(pods, ['ip -j address']);
    const askedAll = (ask(some, allCommands) * pods.length) / some.length;
    if (round < 0) continue;
    ours.push(dumped - started);
    once.push(asked);
    all.push(askedAll);
  }
  drop();
  const faster = (theirs: number[]) => `${(median(theirs) / median(ours)).toFixed(1)} times faster`;
  console.log(
    `snapshot of ${pods.length} pods   ${milliseconds(median(ours))}; ip -j address in each ${milliseconds(median(once))}, ` +
      `${faster(once)}; the ${allCommands.length} commands that say as much ${milliseconds(median(all))}, ${faster(all)}`,
  );
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  latency: benchLatency,
  rate: benchRate,
  snapshot: benchSnapshot,
};
for (const name of process.argv.slice(2)) await parts[name]?.();
process.exit(0);
