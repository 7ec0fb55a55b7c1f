import { randomUUID } from 'node:crypto';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import type { Change, LiveEvent, Snapshot } from '@cnilab/shared/live/events';
import { emptySnapshot, reduceAll } from '@cnilab/shared/live/reducer';
import type {
  AgentMethod,
  AgentMethods,
  AgentNotice,
  ApplyResult,
  TimedChange,
} from '@cnilab/shared/protocol/agent';
import { BoxError, type Box } from '../box/box.ts';
import { createHistory } from './history.ts';
import { createLooks, type Looks } from './looks.ts';
import { ProblemError } from './problem.ts';

/** Limits of what one run keeps in memory, in events and UTF-16 units of their JSON text. */
const maxEvents = 10_000;
const maxEventText = 32 * 1024 * 1024;
const maxStateText = 128 * 1024 * 1024;
/** The state is measured again after this much was added to it. */
const measureEvery = 32 * 1024 * 1024;

export interface RunListener {
  /** There are new events. */
  events?(): void;
  /** The box is gone; with a reason when nobody asked for that. */
  ended?(reason?: string): void;
}

export interface ProcessListener {
  output(stream: 'stdout' | 'stderr', data: string): void;
  exit(code: number | null, signal?: string): void;
}

/** One run of a lab: from the start of its box to its end. */
export interface Run {
  /** Names the run; sequence numbers count within it. */
  id: string;
  snapshot(): Snapshot;
  /** The events after `seq`, at most `limit`; undefined when they are no longer all known. */
  since(seq: number, limit?: number): LiveEvent[] | undefined;
  /** Makes the box what the lab says, after those before it have ended. */
  apply(lab: CompiledLab): Promise<ApplyResult>;
  request<M extends AgentMethod>(
    method: M,
    params: AgentMethods[M]['params'],
  ): Promise<AgentMethods[M]['result']>;
  /** Hears the output and end of a process, by the id that it is spawned with. */
  onProcess(process: string, listener: ProcessListener): () => void;
  listen(listener: RunListener): () => void;
  /** See `Looks`. */
  look: Looks['add'];
  hasEnded(): boolean;
  /** Ends the box and everything in it within 2 s. Can be repeated. */
  stop(): Promise<void>;
}

/** Starts a box and follows it to its end. Never throws: a box that cannot start is a failed run. */
export function startRun(start: () => Promise<Box>): Run {
  const id = randomUUID();
  const history = createHistory(maxEvents, maxEventText);
  const listeners = new Set<RunListener>();
  const processes = new Map<string, ProcessListener>();
  let snapshot = emptySnapshot(id);
  let unmeasured = 0;
  let end: { stopped: boolean; reason: string } | undefined;
  let ready = false;
  let applying = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const record = (changes: TimedChange[]) => {
    const events = changes.map(({ change, time, cause }, i): LiveEvent => ({
      ...change,
      seq: snapshot.seq + i + 1,
      time,
      ...(cause && { cause }),
    }));
    snapshot = reduceAll(snapshot, events);
    for (const event of events) {
      const size = JSON.stringify(event).length;
      history.push(event, size);
      unmeasured += size;
    }
    for (const listener of listeners) listener.events?.();
  };
  const setState = (state: Snapshot['state'], error?: string) => {
    const change: Change = {
      event: 'lab.state',
      state,
      ...(error === undefined ? {} : { error }),
    };
    record([{ change, time: Date.now() }]);
  };

  const hasEnded = () => end !== undefined;
  const updateState = () => {
    const state = !ready ? 'starting' : applying > 0 ? 'deploying' : 'running';
    if (!hasEnded() && snapshot.state !== state) setState(state);
  };

  /** Idempotent; the first reason counts. */
  const finish = (stopped: boolean, reason: string) => {
    if (end !== undefined) return;
    end = { stopped, reason };
    setState(stopped ? 'stopped' : 'failed', stopped ? undefined : reason);
    for (const listener of processes.values()) listener.exit(null, 'SIGKILL');
    processes.clear();
    for (const listener of listeners) listener.ended?.(stopped ? undefined : reason);
  };

  const onNotice = (notice: AgentNotice) => {
    if (end !== undefined) return;
    if (notice.notice === 'output') {
      processes.get(notice.process)?.output(notice.stream, notice.data);
    } else if (notice.notice === 'exit') {
      processes.get(notice.process)?.exit(notice.code, notice.signal);
      processes.delete(notice.process);
    } else if (notice.notice === 'seen') {
      looks.receive(notice.look, notice.seen);
    } else if (notice.notice === 'changes') {
      // How the run as a whole fares is known here, not in the box.
      record(notice.changes.filter(({ change }) => change.event !== 'lab.state'));
      if (unmeasured < measureEvery) return;
      unmeasured = 0;
      if (JSON.stringify(snapshot).length < maxStateText) return;
      finish(false, 'The box was ended because the state of the lab grew beyond 128 MiB.');
      void box.then((started) => started.stop()).catch(() => undefined);
    }
  };

  const box = start().then(async (started) => {
    if (hasEnded()) {
      await started.stop();
      throw gone();
    }
    ready = true;
    started.onNotice(onNotice);
    void started.ended.then(({ reason }) => finish(false, sentence(reason)));
    updateState();
    return started;
  });
  box.catch((error: unknown) => finish(false, startFailure(error)));

  const gone = () =>
    new ProblemError(
      'not-running',
      end === undefined || end.stopped ? 'The lab was stopped.' : end.reason,
    );

  const request: Run['request'] = async (method, params) => {
    const started = await box.catch((error: unknown) => {
      throw end?.stopped ? gone() : startProblem(error);
    });
    if (hasEnded()) throw gone();
    try {
      return await started.request(method, params);
    } catch (error) {
      // The answer to a request may fail before the end of the box is known.
      await new Promise((resolve) => setImmediate(resolve));
      if (hasEnded()) throw gone();
      throw new ProblemError('bad-request', error instanceof Error ? error.message : String(error));
    }
  };

  const looks = createLooks((look, isOn) => request('look', { look, isOn }));

  return {
    id,
    snapshot: () => snapshot,
    look: looks.add,
    since: (seq, limit) => history.since(seq, limit),
    apply: (lab) => {
      applying++;
      updateState();
      const turn = queue
        .then(() => request('apply', { lab }))
        .finally(() => {
          applying--;
          updateState();
        });
      queue = turn.catch(() => undefined);
      return turn;
    },
    request,
    onProcess: (process, listener) => {
      if (hasEnded()) throw gone();
      processes.set(process, listener);
      return () => void processes.delete(process);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hasEnded,
    stop: async () => {
      finish(true, '');
      const started = await box.catch(() => undefined);
      await started?.stop();
    },
  };
}

/** `the box ended (SIGKILL)` as a sentence. */
const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, '.');

function startFailure(error: unknown): string {
  if (error instanceof BoxError) return [error.message, error.remedy].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}

function startProblem(error: unknown): unknown {
  return error instanceof BoxError
    ? new ProblemError('no-box', startFailure(error), { cause: error })
    : error;
}
