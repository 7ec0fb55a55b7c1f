import type { Change } from '@cnilab/shared/live/events';
import type { AgentMethod, AgentMethods, AgentNotice } from '@cnilab/shared/protocol/agent';
import type { Box } from '../box/box.ts';

/** For unit tests only: a box without anything in it, whose agent says what the test says. */
export interface FakeBox extends Box {
  requests: { method: AgentMethod; params: unknown }[];
  notify(notice: AgentNotice): void;
  changes(...changes: Change[]): void;
  /** Ends it as a crash would. */
  crash(reason: string): void;
  hasStopped(): boolean;
}

type Answers = {
  [M in AgentMethod]: (
    params: AgentMethods[M]['params'],
  ) => AgentMethods[M]['result'] | Promise<AgentMethods[M]['result']>;
};

const defaults: Answers = {
  apply: () => ({ ok: true, ms: 1, operations: [], failures: [] }),
  check: ({ check }) => ({ name: check.name, ok: true, ms: 1, attempts: 1, got: {} }),
  operate: () => ({ operations: [] }),
  look: () => ({}),
  spawn: () => ({}),
  input: () => ({}),
  closeInput: () => ({}),
  resize: () => ({}),
  kill: () => ({}),
  pause: () => ({}),
};

export function createFakeBox(answers: Partial<Answers> = {}): FakeBox {
  const all: Answers = { ...defaults, ...answers };
  const listeners = new Set<(notice: AgentNotice) => void>();
  const requests: FakeBox['requests'] = [];
  let end: (value: { reason: string }) => void = () => undefined;
  let stopped = false;
  let reason: string | undefined;
  const ended = new Promise<{ reason: string }>((resolve) => {
    end = (value) => {
      reason ??= value.reason;
      resolve(value);
    };
  });
  const notify = (notice: AgentNotice) => listeners.forEach((listener) => listener(notice));
  return {
    kind: 'sandbox',
    startMs: 1,
    features: {},
    requests,
    request: async (method, params) => {
      if (reason !== undefined) throw new Error(reason);
      requests.push({ method, params });
      const gone = ended.then((value): never => {
        throw new Error(value.reason);
      });
      return Promise.race([all[method](params), gone]);
    },
    onNotice: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ended,
    stop: async () => {
      stopped = true;
      end({ reason: 'stopped' });
    },
    notify,
    changes: (...changes) =>
      notify({ notice: 'changes', changes: changes.map((change) => ({ time: 1, change })) }),
    crash: (why) => end({ reason: why }),
    hasStopped: () => stopped,
  };
}
