import { basename } from 'node:path';
import type { NetworkList } from '@cnilab/shared/cni/config';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { CniError, toCniError } from '@cnilab/shared/cni/errors';
import { attachmentView, type CniResult } from '@cnilab/shared/cni/result';
import type { Change } from '@cnilab/shared/live/events';
import type { CniErrorObject, Operation, Step } from '@cnilab/shared/live/operation';
import { createExec } from '../cni/execute.ts';
import { createRuntime } from '../cni/runtime.ts';
import type {
  CallOptions,
  ExecOutcome,
  ExecRequest,
  Observer as StepObserver,
  Runtime,
  RuntimeConf,
} from '../cni/types.ts';
import type { Attribution, RunningStep } from './attribution.ts';
import { createFirstRuns } from './firstRuns.ts';
import { hostFolder } from './hostFiles.ts';
import type { Observer } from './observer.ts';
import { spawnInside } from './run.ts';
import type { Space } from './space.ts';

/** Longest text of a step that is kept, in UTF-16 units. */
const maxText = 1024 * 1024;

/** One attachment as the runtime is asked for it. */
export interface Call {
  host: Space;
  pod: Space;
  podName: string;
  network: string;
  list: NetworkList;
  conf: RuntimeConf;
}

export interface Operations {
  add(call: Call): Promise<{ operation: Operation; result?: CniResult }>;
  del(call: Call): Promise<Operation>;
  /** The lab's own clean-up: DEL past every failure, for the plugins whose ADD was started. */
  cleanUp(call: Call, startedCount: number): Promise<Operation>;
}

/**
 * Runs the CNI runtime in hosts and keeps the record of each operation with its steps. An operation
 * that takes longer than `timeoutMs` is ended with all that its plugin started.
 */
export function createOperations(
  observer: Observer,
  attribution: Attribution,
  emit: (change: Change) => void,
  timeoutMs: number,
): Operations {
  const firstRuns = createFirstRuns();
  let lastId = 0;

  /** A runtime for one operation; `begin` is called right before a plugin is started. */
  const runtimeFor = ({ host, list }: Call, op: Operation['op'], begin: () => void): Runtime => {
    const exec = createExec({ spawn: (path, options) => spawnInside(host, path, [], options) });
    const execute = async (request: ExecRequest): Promise<ExecOutcome> => {
      const plugin = basename(request.path);
      const end = op === 'ADD' ? await firstRuns.enter(host.nsid, plugin, list.bytes) : undefined;
      let ok = false;
      try {
        begin();
        const outcome = await exec.execute(request);
        ok = outcome.exit === 0;
        return outcome;
      } finally {
        end?.(ok);
      }
    };
    return createRuntime({
      exec: { ...exec, execute },
      path: (process.env.CNI_PATH ?? '').split(':').filter(Boolean),
      cacheDir: `${hostFolder(host.host)}/var/lib/cni`,
      environment: host.environment,
    });
  };

  /** Starts the record, runs the action with a watcher of its steps, ends the record. */
  const record = async <T>(
    op: Operation['op'],
    call: Call,
    cleanup: boolean,
    action: (runtime: Runtime, options: CallOptions) => Promise<T>,
  ): Promise<{ operation: Operation; value?: T }> => {
    const begun = performance.now();
    const steps: Step[] = [];
    const operation = (end: Partial<Operation> = {}): Operation => ({
      id,
      op,
      host: call.host.host,
      pod: call.podName,
      network: call.network,
      interface: call.conf.ifName,
      started,
      done: false,
      ok: false,
      ms: performance.now() - begun,
      ...(cleanup ? { cleanup } : {}),
      steps: [...steps],
      error: null,
      ...end,
    });
    const id = ++lastId;
    const started = Date.now();
    const tell = (state: Operation) => (emit({ event: 'operation', operation: state }), state);
    let running: RunningStep | undefined;
    const begin = () => {
      // What was queued before is nobody's.
      observer.drain(call.host, call.pod);
      running = attribution.begin(call.host.host, call.podName);
    };
    const watch: StepObserver = (step) => {
      if (step.phase === 'start') return; // it may still have to wait: see `begin`
      // The kernel queues what a system call causes before the call returns: it is all here.
      observer.drain(call.host, call.pod);
      const kernel = running?.end(interfacesIn(step.stdout)) ?? [];
      running = undefined;
      steps.push({
        plugin: step.plugin,
        env: step.env,
        stdin: clip(step.stdin),
        stdout: clip(step.stdout),
        stderr: clip(step.stderr),
        exit: step.exit,
        ...(step.signal === undefined ? {} : { signal: step.signal }),
        ms: step.ms,
        ...(step.error === undefined ? {} : { error: errorObject(step.error, step.plugin) }),
        kernel,
      });
      tell(operation());
    };
    tell(operation());
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const runtime = runtimeFor(call, op, begin);
      const value = await action(runtime, { observer: watch, signal });
      return { operation: operation({ done: true, ok: true }), value };
    } catch (cause) {
      const error = errorObject(toCniError(cause), steps.at(-1)?.plugin);
      // libcni says no more than "signal: killed".
      const details = `it did not end within ${timeoutMs / 1000} s, so it was ended with all that it had started`;
      return {
        operation: operation({
          done: true,
          ok: false,
          error: signal.aborted ? { ...error, details } : error,
        }),
      };
    }
  };

  const finish = (operation: Operation): Operation => {
    emit({ event: 'operation', operation });
    return operation;
  };

  return {
    async add(call) {
      const { operation, value } = await record('ADD', call, false, (runtime, options) =>
        runtime.addNetworkList(call.list, call.conf, options),
      );
      if (!value) return { operation: finish(operation) };
      return { operation: finish({ ...operation, result: resultText(value) }), result: value };
    },
    async del(call) {
      const { operation } = await record('DEL', call, false, (runtime, options) =>
        runtime.delNetworkList(call.list, call.conf, options),
      );
      return finish(operation);
    },
    async cleanUp(call, startedCount) {
      const { operation, value } = await record('DEL', call, true, (runtime, options) =>
        runtime.cleanUpNetworkList(call.list, call.conf, startedCount, options),
      );
      const failed = value?.find((step) => step.error);
      if (!failed?.error) return finish(operation);
      const error = errorObject(failed.error, failed.plugin);
      return finish({ ...operation, ok: false, error });
    },
  };
}

/** The interfaces that a plugin's result names; none if it printed no result. */
function interfacesIn(stdout: string): string[] {
  try {
    return attachmentView(parseResult(stdout, '')).interfaces.map((item) => item.name);
  } catch {
    return [];
  }
}

/** The CNI error object with the plugin that raised it. */
function errorObject(error: CniError, plugin: string | undefined): CniErrorObject {
  const { code, msg, details } = error.toObject();
  return {
    code,
    msg,
    ...(details === undefined ? {} : { details }),
    ...(plugin === undefined ? {} : { plugin }),
  };
}

const clip = (text: string): string =>
  text.length <= maxText ? text : `${text.slice(0, maxText)}… (cut, ${text.length} characters)`;
