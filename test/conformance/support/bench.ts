import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NetworkList, parseNetworkList } from '@cnilab/shared/cni/config';
import { afterEach, beforeEach } from 'vitest';
import { createExec } from '../../../server/src/cni/execute.ts';
import { createRuntime } from '../../../server/src/cni/runtime.ts';
import { runtimeConf } from '../../../server/src/cni/testBench.ts';
import type {
  Command,
  Runtime,
  RuntimeConf,
  RuntimeOptions,
} from '../../../server/src/cni/types.ts';

/** What a plugin of the bench was given in one call. */
export interface Call {
  type: string;
  /** `NAME=VALUE` as the kernel has them, in their order. */
  environ: string[];
  stdin: string;
  argv: string[];
  cwd: string;
}

/** What a plugin of the bench does: prints these texts and then ends in this way. */
export interface Answer {
  stdout?: string;
  stderr?: string;
  /** Exit code. */
  exit?: number;
  /** Name of the signal that it sends itself, such as KILL. */
  signal?: string;
  /** Shell commands before all that. */
  run?: string;
}

const plugin = fileURLToPath(new URL('plugin', import.meta.url));

/** A folder with the recording plugins a, b and c, and a runtime on it, for each test. */
export function useBench() {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  const put = (name: string, content: string, mode = 0o644): string => {
    const path = at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cni-conformance-'));
    mkdirSync(at('bin'));
    for (const name of ['a', 'b', 'c']) symlinkSync(plugin, at('bin', name));
  });
  const running = new Set<ChildProcess>();
  const exec = createExec({
    spawn(path, options) {
      const child = spawn(path, [], options);
      running.add(child.once('exit', () => running.delete(child)));
      return child;
    },
  });
  afterEach(() => {
    // A test that failed may have left a plugin waiting; each leads a process group.
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const calls = (): Call[] => {
    if (!existsSync(at('calls'))) return [];
    const lines = readFileSync(at('calls'), 'utf8').trimEnd().split('\n');
    return lines.map((line) => {
      const [id, type = '', ...cwd] = line.split(' ');
      const list = (name: string) => readFileSync(at(`${id}.${name}`), 'utf8').split('\0');
      const stdin = readFileSync(at(`${id}.stdin`), 'utf8');
      const [environ, argv] = [list('environ').slice(0, -1), list('argv').slice(0, -1)];
      return { type, environ, stdin, argv, cwd: cwd.join(' ') };
    });
  };
  const runtimeWith = (options: Partial<RuntimeOptions> = {}): Runtime =>
    createRuntime({
      exec,
      path: [at('bin')],
      cacheDir: at('cache'),
      environment: { PATH: process.env['PATH'] },
      ...options,
    });

  const run = (
    command: Command,
    list: NetworkList,
    rt: RuntimeConf = runtimeConf({}),
    runtime: Runtime = runtimeWith(),
  ): Promise<unknown> =>
    ({
      ADD: () => runtime.addNetworkList(list, rt),
      CHECK: () => runtime.checkNetworkList(list, rt),
      DEL: () => runtime.delNetworkList(list, rt),
      GC: () => runtime.gcNetworkList(list),
      STATUS: () => runtime.getStatusNetworkList(list),
      VERSION: () => runtime.validateNetworkList(list),
    })[command]();

  return {
    /** A path in the folder. */
    at,
    /** Writes a file with the folders that it needs, and gives its path. */
    put,
    /** Tells a plugin what to do on a command. */
    answer(type: string, command: string, answer: Answer) {
      const script = [answer.run ?? ''];
      for (const [stream, redirect] of [
        ['stdout', ''],
        ['stderr', ' >&2'],
      ] as const) {
        const text = answer[stream];
        if (text === undefined) continue;
        script.push(`cat '${put(`${type}.${command}.${stream}`, text)}'${redirect}`);
      }
      if (answer.signal !== undefined) script.push(`kill -${answer.signal} $$`);
      script.push(`exit ${answer.exit ?? 0}`);
      put(`${type}.${command}.sh`, script.join('\n'));
    },
    /** A plugin that is no link to the recording one. */
    script: (name: string, text: string, mode = 0o755) => put(`bin/${name}`, text, mode),

    /** What the plugins were given so far, in the order of their runs. */
    calls,
    /** The same in short: `ADD a`. */
    ran: () => calls().map((call) => `${variable(call, 'CNI_COMMAND')} ${call.type}`),

    /** A list named `net` of version 1.0.0; a plugin may be told by its type alone. */
    list(
      plugins: readonly (string | Record<string, unknown>)[],
      keys: Record<string, unknown> = {},
    ): NetworkList {
      const entries = plugins.map((one) => (typeof one === 'string' ? { type: one } : one));
      const list = { cniVersion: '1.0.0', name: 'net', ...keys, plugins: entries };
      return parseNetworkList(JSON.stringify(list));
    },
    /** A runtime on this folder. */
    runtime: runtimeWith,
    /** Runs a command by its name, by default for the attachment `pod1`, `eth0`. */
    run,
    /** The attachment `pod1`, `eth0`. */
    rt: runtimeConf,

    /** The file that the cache has for an attachment, by default that of `rt()` in `net`. */
    cacheFile: (name = 'net-pod1-eth0') => at('cache', 'results', name),
    putCache: (text: string, name = 'net-pod1-eth0') => put(`cache/results/${name}`, text),
    /** The text of a cache file; undefined if there is none. */
    cached(name = 'net-pod1-eth0'): string | undefined {
      const path = at('cache', 'results', name);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    },
  };
}
export type Bench = ReturnType<typeof useBench>;

/** A variable that a call was given; undefined if it was not. */
export function variable({ environ }: Pick<Call, 'environ'>, name: string): string | undefined {
  return environ.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The variables of CNI that a call was given. */
export function cniVariablesOf({ environ }: Pick<Call, 'environ'>): Record<string, string> {
  const ours = environ.filter((entry) => entry.startsWith('CNI_'));
  return Object.fromEntries(ours.map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
}
