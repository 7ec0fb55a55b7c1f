import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** This machine as it is outside of every box. */

export const checkout = fileURLToPath(new URL('../../..', import.meta.url));
export const isRoot = process.getuid?.() === 0;

/** Links, namespaces, mounts and rules of this machine; a box must never change them. */
export function machineState(): Record<string, string> {
  const commands = ['ip -br link', 'ip netns', 'cat /proc/self/mounts', 'iptables-save'];
  return Object.fromEntries(
    commands.map((command) => {
      const { stdout } = spawnSync('sh', ['-c', command], {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
      });
      // The time of the reading and the counters of traffic that is not ours.
      return [command, stdout.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '')];
    }),
  );
}

export interface OuterProcess {
  pid: number;
  /** Tells a process from a later one with the same id. */
  started: string;
  command: string;
  uids: string[];
}

/** A process that lives, not one that only waits to be collected by its parent. */
function readProcess(pid: number): (OuterProcess & { parent: number }) | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const uids = /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    return {
      pid,
      parent: Number(fields[1]),
      started: fields[19] ?? '',
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      uids: uids.split('\t'),
    };
  } catch {
    return undefined; // ended while we looked
  }
}

/** All that a process started, and what that started in turn. */
export function descendants(root: number): OuterProcess[] {
  const all = readdirSync('/proc').flatMap((name) => readProcess(Number(name)) ?? []);
  const family = (pid: number): OuterProcess[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...family(child.pid)]);
  return family(root);
}

export const isAlive = ({ pid, started }: OuterProcess): boolean =>
  readProcess(pid)?.started === started;

/** The letter for a process's state, as ps(1) has it: T for stopped. */
export function stateOf({ pid }: OuterProcess): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
}

/** A folder that everybody can read, or (0o700) nobody else; it goes with the test. */
export function makeFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'cnilab-test-'));
  chmodSync(folder, mode);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Copies the built program and the packages that a box needs; the path of the command line. */
export function copyProgram(folder: string): string {
  for (const path of [
    'server/package.json',
    'server/dist',
    'node_modules/koffi',
    'node_modules/@koromix',
    'node_modules/@lydell',
  ]) {
    cpSync(join(checkout, path), join(folder, path), { recursive: true, dereference: true });
  }
  return join(folder, 'server/dist/cli.js');
}

export interface Program {
  child: ChildProcess;
  pid: number;
  ended: Promise<{ code: number | null; output: string }>;
}

/** Starts the command line; it is killed at the end of the test. */
export function startProgram(
  args: string[],
  options: { cli?: string; uid?: number } = {},
): Program {
  const { cli = join(checkout, 'server/dist/cli.js'), uid } = options;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid, env: { PATH: process.env.PATH } }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, pid: child.pid ?? -1, ended };
}

/** Writes a lab file that everybody can read. */
export function writeLab(text: string): string {
  const file = join(makeFolder(), 'test.lab.yaml');
  writeFileSync(file, text);
  return file;
}
