import { type NetworkList, parseNetworkList } from '@cnilab/shared/cni/config';
import { libraryError } from '@cnilab/shared/cni/errors';
import { fromPlain } from '@cnilab/shared/cni/json';
import { createRuntime } from '../../../server/src/cni/runtime.ts';
import { runtimeConf } from '../../../server/src/cni/testBench.ts';
import type { Command, Exec, Runtime } from '../../../server/src/cni/types.ts';

/** What a plugin that is no process was told. */
export interface ToldPlugin {
  type: string;
  command: string;
  stdin: string;
}

/**
 * A runtime whose plugins are functions: for what is about texts and not about processes. Every
 * type is there, except `missing`.
 */
export function fakePlugins(
  cacheDir: string,
  answers: Readonly<Record<string, string>> = {},
): FakePlugins {
  const told: ToldPlugin[] = [];
  const exec: Exec = {
    findInPath(type) {
      if (type === 'missing') throw libraryError('failed to find plugin "missing" in path [/bin]');
      return type;
    },
    async execute({ path, stdin, env }) {
      const command = env['CNI_COMMAND'] ?? '';
      told.push({ type: path, command, stdin });
      const stdout = command === 'ADD' ? (answers[path] ?? '{}') : '';
      return { stdout, stderr: '', exit: 0, ms: 0 };
    },
  };
  const runtime = createRuntime({ exec, path: ['/bin'], cacheDir, environment: {} });
  return { told, runtime, rt: runtimeConf({}) };
}

export interface FakePlugins {
  /** Every call, in order. */
  told: ToldPlugin[];
  runtime: Runtime;
  rt: ReturnType<typeof runtimeConf>;
}

/** A list named `net`; version 1.0.0 unless its keys say otherwise. */
export function fakeList(
  plugins: readonly (string | Record<string, unknown>)[],
  keys: Record<string, unknown> = {},
): NetworkList {
  const members = plugins.map((plugin) => (typeof plugin === 'string' ? { type: plugin } : plugin));
  return parseNetworkList(
    fromPlain({ cniVersion: '1.0.0', name: 'net', ...keys, plugins: members }),
  );
}

/** Runs one command over a list. */
export async function runCommand(
  { runtime, rt }: Pick<FakePlugins, 'runtime' | 'rt'>,
  command: Exclude<Command, 'VERSION'>,
  list: NetworkList,
): Promise<void> {
  if (command === 'ADD') await runtime.addNetworkList(list, rt);
  else if (command === 'DEL') await runtime.delNetworkList(list, rt);
  else if (command === 'CHECK') await runtime.checkNetworkList(list, rt);
  else if (command === 'GC') await runtime.gcNetworkList(list);
  else await runtime.getStatusNetworkList(list);
}
