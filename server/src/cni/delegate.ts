import { parseResult } from '@cnilab/shared/cni/decodeResult';
import type { CniResult } from '@cnilab/shared/cni/result';
import { configVersion } from './configVersion.ts';
import { pluginEnvironment, splitPath } from './environment.ts';
import { encodeText } from './goText.ts';
import { outcomeError } from './outcome.ts';
import type { Command, Exec } from './types.ts';

/**
 * For plugins that have another plugin do a part of their work, as most do with IPAM. The other
 * plugin is found in this process's CNI_PATH and gets its environment, with only CNI_COMMAND
 * replaced (I1). `stdin` is what this plugin got itself: the complete configuration.
 */
export interface DelegateOptions {
  /** Default: `createExec()`, which needs the native package koffi. */
  exec?: Exec;
  /** Default: the environment of this process. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Aborting kills the other plugin. */
  signal?: AbortSignal;
  /** Where what a successful plugin writes to stderr goes; default: this process's stderr. */
  onStderr?: (text: string) => void;
}

/** Runs ADD of another plugin and gives its result (I3). Throws a CniError; undoes nothing (I4). */
export async function delegateAdd(
  type: string,
  stdin: string,
  options: DelegateOptions = {},
): Promise<CniResult> {
  const stdout = await delegate('ADD', type, stdin, options);
  return parseResult(stdout, configVersion(stdin));
}

/** Runs another verb of another plugin, whose stdout counts for nothing. Throws a CniError. */
const delegateVoid =
  (command: Exclude<Command, 'ADD' | 'VERSION'>) =>
  async (type: string, stdin: string, options: DelegateOptions = {}): Promise<void> => {
    await delegate(command, type, stdin, options);
  };
export const delegateCheck = delegateVoid('CHECK');
export const delegateDel = delegateVoid('DEL');
export const delegateGC = delegateVoid('GC');
export const delegateStatus = delegateVoid('STATUS');

async function delegate(
  command: Command,
  type: string,
  stdin: string,
  options: DelegateOptions,
): Promise<string> {
  const inherited = options.environment ?? process.env;
  // Only where it is needed: a plugin that brings its own can be one file without native code.
  const exec = options.exec ?? (await import('./execute.ts')).createExec();
  const path = exec.findInPath(type, splitPath(inherited['CNI_PATH']));
  const outcome = await exec.execute({
    path,
    stdin,
    env: pluginEnvironment(inherited, { CNI_COMMAND: command }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const error = outcomeError(outcome, type);
  if (error) throw error;
  const onStderr = options.onStderr ?? ((text: string) => process.stderr.write(encodeText(text)));
  if (outcome.stderr !== '') onStderr(outcome.stderr);
  return outcome.stdout;
}
