import type { Readable, Writable } from 'node:stream';
import {
  agentMethods,
  answerSchema,
  noticeSchema,
  type AgentMethod,
  type AgentMethods,
  type AgentNotice,
} from '@cnilab/shared/protocol/agent';
import { readLines } from './lines.ts';

interface Pending {
  method: AgentMethod;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** What the server can ask of an agent. */
export interface Agent {
  /** Rejects with an Error when the agent refuses or is gone. */
  request<M extends AgentMethod>(
    method: M,
    params: AgentMethods[M]['params'],
    options?: { signal?: AbortSignal },
  ): Promise<AgentMethods[M]['result']>;
  /** Calls back for each notice of the agent, in order; returns the end of the subscription. */
  onNotice(listener: (notice: AgentNotice) => void): () => void;
}

export interface AgentClient extends Agent {
  /** Rejects what is open, and everything that is asked later. */
  fail(error: Error): void;
}

/**
 * Speaks the agent's protocol over a stream. Everything that comes in is checked, since a person
 * who is root in the box can write to the stream: what does not fit ends the box (`onBroken`).
 */
export function createAgentClient(
  input: Readable,
  output: Writable,
  onBroken: (error: Error) => void,
): AgentClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(notice: AgentNotice) => void>();
  let lastId = 0;
  let failure: Error | undefined;

  /** Checks a line, and gives what is to be done about it. */
  const read = (line: string): (() => void) => {
    const message: unknown = JSON.parse(line);
    if (typeof message === 'object' && message !== null && 'notice' in message) {
      const notice = noticeSchema.parse(message);
      return () => listeners.forEach((listener) => listener(notice));
    }
    const answer = answerSchema.parse(message);
    const asked = pending.get(answer.id);
    if (!asked) return () => {}; // answered after it was given up
    const { error } = answer;
    // A result that does not fit leaves the request open: the end of the box then settles it.
    const result =
      error === undefined ? agentMethods[asked.method].result.parse(answer.result) : undefined;
    return () => {
      pending.delete(answer.id);
      if (error === undefined) asked.resolve(result);
      else asked.reject(new Error(error));
    };
  };
  readLines(
    input,
    (line) => {
      if (failure) return;
      let act: () => void;
      try {
        act = read(line);
      } catch (cause) {
        onBroken(new Error('the agent sent something that is not its protocol', { cause }));
        return;
      }
      act();
    },
    onBroken,
  );
  output.on('error', () => {}); // a box that ended: `ended` and `fail` tell

  return {
    request<M extends AgentMethod>(
      method: M,
      params: AgentMethods[M]['params'],
      options: { signal?: AbortSignal } = {},
    ) {
      return new Promise<AgentMethods[M]['result']>((resolve, reject) => {
        if (failure) return reject(failure);
        const id = ++lastId;
        const abort = () => {
          pending.delete(id);
          reject(new Error(`${method} was cancelled`));
        };
        if (options.signal?.aborted) return abort();
        options.signal?.addEventListener('abort', abort, { once: true });
        const settle = () => options.signal?.removeEventListener('abort', abort);
        pending.set(id, {
          method,
          // The schema of this method has parsed it.
          resolve: (result) => (settle(), resolve(result as AgentMethods[M]['result'])),
          reject: (error) => (settle(), reject(error)),
        });
        output.write(`${JSON.stringify({ id, method, params })}\n`);
      });
    },
    onNotice(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    fail(error) {
      failure ??= error;
      for (const { reject } of pending.values()) reject(failure);
      pending.clear();
    },
  };
}
