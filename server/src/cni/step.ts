import type { NetworkList, PluginConfig } from '@cnilab/shared/cni/config';
import { toCniError } from '@cnilab/shared/cni/errors';
import type { JsonObject } from '@cnilab/shared/cni/json';
import { cniVariables, pluginEnvironment, traceVariables } from './environment.ts';
import { outcomeError } from './outcome.ts';
import { pluginStdin } from './stdin.ts';
import type {
  CallOptions,
  Command,
  ExecOutcome,
  RuntimeConf,
  RuntimeOptions,
  StepEnd,
  StepStart,
} from './types.ts';

/** One execution of one plugin. */
export interface StepRequest {
  command: Command;
  /** `type` of the plugin. */
  plugin: string;
  index: number;
  /** The six CNI_* variables. */
  env: Readonly<Record<string, string>>;
  stdin: string;
  call: CallOptions;
}

/** What a list says to one of its plugins. */
export interface ListStep {
  list: Pick<NetworkList, 'name' | 'cniVersion'>;
  plugin: PluginConfig;
  index: number;
  rt: RuntimeConf;
  call: CallOptions;
  /** JSON text. */
  prevResult?: string | undefined;
  /** Keys that the runtime adds to the configuration. */
  keys?: JsonObject;
}

export function stepRequest(
  command: Command,
  path: readonly string[],
  { list, plugin, index, rt, call, prevResult, keys }: ListStep,
): StepRequest {
  const stdin = pluginStdin(plugin, {
    name: list.name,
    cniVersion: list.cniVersion,
    capabilityArgs: rt.capabilityArgs,
    ...(prevResult === undefined ? {} : { prevResult }),
    ...(keys === undefined ? {} : { keys }),
  });
  return { command, plugin: plugin.type, index, env: cniVariables(command, rt, path), stdin, call };
}

/**
 * Runs one plugin and gives what `read` makes of its stdout. `refuse` may throw between the search
 * for the executable and its start, where libcni checks names (V4). Throws a CniError.
 */
export type RunStep = <T>(
  request: StepRequest,
  read?: (stdout: string) => T,
  refuse?: () => void,
) => Promise<T | undefined>;

const notStarted: ExecOutcome = { stdout: '', stderr: '', exit: null, ms: 0 };

export function createStepRunner(options: RuntimeOptions): RunStep {
  const { exec, path } = options;

  return async (request, read, refuse) => {
    const { command, plugin, index, env, stdin, call } = request;
    const observe = async (step: StepStart | StepEnd): Promise<void> => {
      const waits = [options.observer?.(step), call.observer?.(step)];
      for (const wait of waits) if (wait) await wait;
    };
    const about = { plugin, index, command, env: { ...env }, stdin };
    await observe({ phase: 'start', ...about });

    let outcome = notStarted;
    let started = false;
    let value;
    let error;
    try {
      const executable = exec.findInPath(plugin, path);
      refuse?.();
      outcome = await exec.execute({
        path: executable,
        stdin,
        env: pluginEnvironment(options.environment ?? process.env, {
          ...env,
          ...traceVariables(call.trace),
        }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      started = outcome.failure === undefined;
      error = outcomeError(outcome, plugin);
      if (!error) value = read?.(outcome.stdout);
    } catch (thrown) {
      error = toCniError(thrown);
    }
    // Before anything else runs, so that what the kernel says next belongs to the next step.
    const { stdout, stderr, exit, signal, ms } = outcome;
    await observe({
      phase: 'end',
      ...about,
      ...{ stdout, stderr, exit, ms, started },
      ...(signal === undefined ? {} : { signal }),
      ...(error === undefined ? {} : { error }),
    });
    if (error) throw error;
    return value;
  };
}
