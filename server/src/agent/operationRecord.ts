import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { type CniError, toCniError } from '@cnilab/shared/cni/errors';
import { attachmentView } from '@cnilab/shared/cni/result';
import type { Change } from '@cnilab/shared/live/events';
import type { CniErrorObject, Operation, Step } from '@cnilab/shared/live/operation';
import type { CallOptions, Observer as StepObserver, StepEnd, StepStart } from '../cni/types.ts';
import type { Attribution, RunningStep } from './attribution.ts';
import type { FirstRuns } from './firstRuns.ts';
import type { Observer } from './observer.ts';
import type { Space } from './space.ts';

/** Longest text of a step that is kept, in UTF-16 units, and of all steps of an operation. */
const maxText = 1024 * 1024;
const maxOperationText = 8 * maxText;
/** An operation of so few steps is told after each of them. */
const fewSteps = 20;
const pausePerStepMs = 10;

/** What an operation is about: one attachment of a pod, or a network of a host as a whole. */
export interface Subject {
  host: Space;
  network: string;
  attachment?: { pod: Space; podName: string; ifName: string };
  /** The text of the network, by which the first runs of its plugins are told apart. */
  text: string;
  /** True for the lab's own clean-up. */
  cleanup?: boolean;
  /** Less time than operations have anyway. */
  timeoutMs?: number;
}

export type RecordOperation = <T>(
  op: Operation['op'],
  subject: Subject,
  action: (options: CallOptions) => Promise<T>,
  /** What is known at the end besides whether it went well. */
  outcome?: (value: T) => Partial<Operation>,
) => Promise<{ operation: Operation; value?: T }>;

/**
 * Keeps the record of operations: each is told when it starts, after each step, and when it has
 * ended. A step shows what the kernel changed while its plugin ran. An operation whose plugins
 * take longer than `timeoutMs` is ended with all that they started.
 */
export function createRecorder(
  observer: Pick<Observer, 'drain' | 'drainAll'>,
  attribution: Attribution,
  firstRuns: FirstRuns,
  emit: (change: Change) => void,
  timeoutMs: number,
): RecordOperation {
  let lastId = 0;

  return async (op, subject, action, outcome = () => ({})) => {
    const { host, network, attachment, text, cleanup = false } = subject;
    const limitMs = Math.min(timeoutMs, subject.timeoutMs ?? timeoutMs);
    const id = ++lastId;
    const begun = performance.now();
    const started = Date.now();
    const steps: Step[] = [];
    const removed: NonNullable<Operation['removed']> = [];
    let last: Operation | undefined;
    let lastTold = 0;
    let again: NodeJS.Timeout | undefined;
    let textLeft = maxOperationText;
    const tell = (end: Partial<Operation> = {}): Operation => {
      const operation: Operation = {
        id,
        op,
        host: host.host,
        pod: attachment?.podName ?? '',
        network,
        interface: attachment?.ifName ?? '',
        started,
        done: false,
        ok: false,
        ms: performance.now() - begun,
        ...(cleanup ? { cleanup } : {}),
        steps: [...steps],
        error: null,
        ...(op === 'GC' ? { removed: [...removed] } : {}),
        ...end,
      };
      last = operation;
      lastTold = performance.now();
      emit({ event: 'operation', operation });
      return operation;
    };
    /**
     * The whole operation is told, so an operation of thousands of steps (GC) must not be told
     * after each of them.
     */
    const pauseMs = () => (steps.length <= fewSteps ? 0 : steps.length * pausePerStepMs);
    /** Steps have learned more about what the kernel changed. */
    const tellAgain = () => {
      again ??= setTimeout(() => {
        again = undefined;
        if (last?.done) emit({ event: 'operation', operation: last });
      }, pauseMs());
    };

    const timeout = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let release: ((ok: boolean) => void) | undefined;
    let running: RunningStep | undefined;
    const drain = () => {
      if (attachment) observer.drain(host, attachment.pod);
      else observer.drainAll();
    };
    const begin = async ({ plugin, command }: StepStart) => {
      if (command === 'ADD') release = await firstRuns.enter(host.nsid, plugin, text);
      // From here, and not from the request: another operation may have been in front of it.
      timer ??= setTimeout(() => timeout.abort(), limitMs);
      drain(); // what was queued before is nobody's
      running = attribution.begin(host.host, attachment?.podName, {
        operation: id,
        step: steps.length,
        plugin,
        command,
      });
    };
    const end = (step: StepEnd) => {
      // The kernel queues what a system call causes before the call returns: it is all here.
      drain();
      const kernel = running?.end(interfacesIn(step.stdout), () => tellAgain()) ?? [];
      release?.(step.exit === 0);
      release = undefined;
      const next = toStep(step, kernel, Math.min(maxText, textLeft));
      textLeft -= next.stdin.length + next.stdout.length + next.stderr.length;
      steps.push(next);
      if (op === 'GC' && isLastOfDel(step)) {
        const { CNI_CONTAINERID: containerId = '', CNI_IFNAME: name = '' } = step.env;
        removed.push({ containerId, interface: name });
      }
      if (performance.now() - lastTold >= pauseMs()) tell();
    };
    const watch: StepObserver = (step) => (step.phase === 'start' ? begin(step) : end(step));

    tell();
    try {
      const value = await action({ observer: watch, signal: timeout.signal });
      return { operation: tell({ done: true, ok: true, ...outcome(value) }), value };
    } catch (cause) {
      const error = errorObject(toCniError(cause), steps.at(-1)?.plugin);
      if (!timeout.signal.aborted) return { operation: tell({ done: true, error }) };
      // libcni says no more than "signal: killed".
      const seconds = Math.round(limitMs / 100) / 10;
      const details = `it did not end within ${seconds} s, so it was ended with all that it had started`;
      return { operation: tell({ done: true, error: { ...error, details }, timedOut: true }) };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The CNI error object with the plugin that raised it. */
export function errorObject(error: CniError, plugin: string | undefined): CniErrorObject {
  const { code, msg, details } = error.toObject();
  return {
    code,
    // libcni puts all that the plugin printed into it.
    msg: clip(msg),
    ...(details === undefined ? {} : { details: clip(details) }),
    ...(plugin === undefined ? {} : { plugin }),
  };
}

/** DEL goes from the last plugin to the first; after that one the attachment is gone. */
const isLastOfDel = ({ command, index, error }: StepEnd): boolean =>
  command === 'DEL' && index === 0 && error === undefined;

function toStep(step: StepEnd, kernel: Step['kernel'], most: number): Step {
  const { plugin, env, exit, signal, ms, error } = step;
  return {
    plugin,
    env,
    stdin: clip(step.stdin, most),
    stdout: clip(step.stdout, most),
    stderr: clip(step.stderr, most),
    exit,
    ...(signal === undefined ? {} : { signal }),
    ms,
    ...(error === undefined ? {} : { error: errorObject(error, plugin) }),
    kernel,
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

/** @param most in UTF-16 units; none are left once an operation has used up its own */
const clip = (text: string, most = maxText): string =>
  text.length <= Math.max(most, 0)
    ? text
    : `${text.slice(0, Math.max(most, 0))}… (cut, ${text.length} characters)`;
