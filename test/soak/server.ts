import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installed } from '../../server/src/root.ts';

/** What a server holds while no lab runs. */
export interface Held {
  /** Those that it started and has not ended or collected. */
  processes: number;
  descriptors: number;
  /** Other than its own, held by it or by a process that it started. */
  namespaces: number;
  /** Bytes after collection. */
  heap: number;
  /** Objects that are still reachable, by their class. */
  objects: Record<string, number>;
}

export interface SoakServer {
  url: string;
  /** What it holds now. */
  measure(): Promise<Held>;
  stop(): Promise<void>;
}

/** Starts the built `cnilab serve` with an empty folder, and with a way to look into it. */
export async function startSoakServer(): Promise<SoakServer> {
  const data = await mkdtemp(join(tmpdir(), 'cnilab-soak-'));
  const child = fork(installed('server/dist/cli.js'), ['serve', '--port', '0', '--data', data], {
    execArgv: ['--expose-gc', '--import', installed('test/soak/probe.mjs')],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await rm(data, { recursive: true, force: true });
  };
  try {
    return { url: await addressOf(child), measure: () => measure(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address of the line that says that it is ready. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /cnilab is ready: (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    child.once('error', reject);
  });
}

async function measure(child: ChildProcess): Promise<Held> {
  const answer = once(child, 'message');
  child.send('measure');
  const [inside]: Pick<Held, 'heap' | 'descriptors' | 'objects'>[] = await answer;
  if (!inside) throw new Error('the server did not say what it holds');
  const { pid = 0 } = child;
  const started = descendants(pid);
  const own = new Set(namespacesOf(process.pid));
  const held = new Set([pid, ...started].flatMap(namespacesOf).filter((name) => !own.has(name)));
  return { ...inside, processes: started.length, namespaces: held.size };
}

/** Also those that wait to be collected by their parent. */
function descendants(root: number): number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = textOf(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return [{ pid: Number(name), parent }];
  });
  const below = (pid: number): number[] =>
    parents
      .filter(({ parent }) => parent === pid)
      .flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(root);
}

/** Those that a process lives in, and those that it has open. */
function namespacesOf(pid: number): string[] {
  return ['ns', 'fd']
    .flatMap((folder) => linksIn(`/proc/${pid}/${folder}`))
    .filter((target) => /^(net|mnt|uts|ipc|pid|user):\[/.test(target));
}

function linksIn(folder: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // It ended meanwhile.
  }
  return names.flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return [];
    }
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * What it holds once connections that are just ending are gone; what it holds after two seconds if
 * that is still more than `before` in what can be counted outside of the heap.
 */
export async function measureAtRest(server: SoakServer, before?: Held): Promise<Held> {
  for (let tries = 0; ; tries++) {
    const held = await server.measure();
    const isMore = (key: 'processes' | 'descriptors' | 'namespaces') =>
      before !== undefined && held[key] > before[key];
    const busy = isMore('processes') || isMore('descriptors') || isMore('namespaces');
    if (!busy || tries === 20) return held;
    await sleep(100);
  }
}
