import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Change } from '@cnilab/shared/live/events';
import { createAttribution } from '../../server/src/agent/attribution.ts';
import { createChangeStream } from '../../server/src/agent/changes.ts';
import { createObserver, type Observer } from '../../server/src/agent/observer.ts';
import { home, type Space } from '../../server/src/agent/space.ts';
import { CLONE_NEWNET, O_CLOEXEC } from '../../server/src/netlink/constants.ts';
import { close, open, setns, unshare } from '../../server/src/netlink/libc.ts';
import { createReactor } from '../../server/src/netlink/reactor.ts';
import { openRoute } from '../../server/src/netlink/route/socket.ts';
import { monotonic } from './clock.ts';

/** The agent's reader of the kernel with all that stands behind it, as the benchmarks use it. */
export interface Observing {
  observer: Observer;
  /** Hears every change that the model tells. */
  hear(listener: (change: Change) => void): () => void;
  close(): void;
}

/** Changes are made into notices as the agent does it, and these go nowhere. */
export function startObserving(): Observing {
  const nowhere = openSync('/dev/null', 'w');
  const reactor = createReactor();
  const listeners = new Set<(change: Change) => void>();
  const outgoing = {
    send: (notice: object) => void writeSync(nowhere, `${JSON.stringify(notice)}\n`),
    isFull: () => false,
    whenFree: () => {},
  };
  const stream = createChangeStream(outgoing, (id) => observer.namespace(id));
  stream.open();
  const observer = createObserver(reactor, createAttribution(), (told) => {
    for (const listener of listeners) listener(told.change);
    stream.tell(told);
  });
  return {
    observer,
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => reactor.close(),
  };
}

/** The host that the process is in. */
export const host: Space = {
  ...home,
  id: 'node1',
  kind: 'host',
  host: 'node1',
  nsid: 1000,
  environment: {},
};

/**
 * Makes pods with a veth pair each to one bridge of the host, an address and a default route.
 * @returns the undo, which waits until the kernel has taken the pairs away
 */
export function makePods(count: number): { pods: Space[]; drop: () => void } {
  const here = (): number => open('/proc/thread-self/ns/net', O_CLOEXEC);
  const route = openRoute();
  const [bridge, group] = [20_000, 77];
  const pods = Array.from({ length: count }, (_, i): Space => {
    unshare(CLONE_NEWNET);
    const id = `node1/pod${i}`;
    return {
      ...home,
      net: here(),
      id,
      kind: 'pod',
      host: 'node1',
      nsid: 1001 + i,
      environment: {},
    };
  });
  setns(home.net, CLONE_NEWNET);
  const refuse = (outcomes: ReturnType<typeof route.batch>) => {
    for (const { error } of outcomes) if (error) throw error;
  };
  refuse(
    route.batch((changes) => {
      changes.linkAdd({ kind: 'bridge', name: 'pods0', index: bridge, up: true });
      for (const [i, { net }] of pods.entries()) {
        const peer = { name: 'eth0', index: 2, netnsFd: net };
        changes.linkAdd({ kind: 'veth', name: `v${i}`, master: bridge, up: true, group, peer });
      }
    }),
  );
  for (const [i, { net }] of pods.entries()) {
    setns(net, CLONE_NEWNET);
    const inPod = openRoute();
    refuse(
      inPod.batch((changes) => {
        changes.linkSet(1, { up: true });
        changes.linkSet(2, { up: true });
        changes.addressAdd(2, { address: `10.1.${i >> 7}.${(i & 127) + 1}/16` });
        changes.routeAdd({ to: 'default', via: '10.1.255.254' });
      }),
    );
    inPod.close();
  }
  setns(home.net, CLONE_NEWNET);
  return {
    pods,
    drop() {
      route.linkGroupDel(group);
      route.linkDel(bridge);
      for (const { net } of pods) close(net);
      route.close();
    },
  };
}

/** A program that sends `times` changes at a rate; resolves to how long it took, in milliseconds. */
export async function send(
  spaces: readonly Space[],
  link: string,
  { rate, times }: { rate: number; times: number },
): Promise<number> {
  const script = fileURLToPath(new URL('./sender.js', import.meta.url));
  const paths = spaces.map(({ net }) => `/proc/${process.pid}/fd/${net}`);
  const child = spawn(process.execPath, [script, String(rate), String(times), link, ...paths], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Number(await outputOf(child));
}

export async function outputOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
  return said;
}

/** Lets everything come that was sent: until nothing has come for some time. */
export async function untilQuiet(lastHeard: () => number): Promise<void> {
  while (monotonic() - lastHeard() < 150) await sleep(20);
}
