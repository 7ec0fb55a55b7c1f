import { applyEdits } from '@cnilab/shared/lab/edits';
import { parseLab } from '@cnilab/shared/lab/parse';
import { emptySnapshot, reduceAll } from '@cnilab/shared/live/reducer';
import { lookKey, type Look, type Seen } from '@cnilab/shared/live/look';
import type { Snapshot, LiveEvent } from '@cnilab/shared/live/events';
import type { Api, ApiName } from '@cnilab/shared/protocol/api';
import type { ServerToClient, Watched } from '@cnilab/shared/protocol/socket';
import { ServerProblem, ServerUnreachable } from '../services/problems.ts';
import type { ApiClient, Clock, LabServices, LabSocket } from '../services/services.ts';

type Listeners = { [E in keyof ServerToClient]: Set<ServerToClient[E]> };

/** A server in memory for tests: documents, one running lab, and a clock that stands still. */
export class FakeServer {
  texts = new Map<string, string>();
  /** What was asked, in order. */
  calls: { name: ApiName; input: unknown }[] = [];
  watches: ({ run: string; seq: number } | undefined)[] = [];
  /** What is looked at, as `LAB KEY`. */
  looks: string[] = [];
  isReachable = true;
  running: Snapshot | undefined;
  /** Events of the run, to catch up from. */
  events: LiveEvent[] = [];
  clock = new FakeClock();

  private connection = new Set<(connected: boolean) => void>();
  private listeners: Listeners = {
    snapshot: new Set(),
    events: new Set(),
    seen: new Set(),
    stopped: new Set(),
    labs: new Set(),
    saved: new Set(),
    processOutput: new Set(),
    processExit: new Set(),
  };

  readonly socket: LabSocket;
  readonly services: LabServices;

  constructor() {
    const isReachable = () => this.isReachable;
    this.socket = {
      get connected() {
        return isReachable();
      },
      watch: (_lab, since) => this.watch(since),
      unwatch: () => undefined,
      look: (lab, look) => {
        this.looks.push(`${lab} ${lookKey(look)}`);
        return Promise.resolve();
      },
      unlook: (lab, look) => {
        this.looks = this.looks.filter((key) => key !== `${lab} ${lookKey(look)}`);
      },
      on: (event, listener) => {
        const set: Set<unknown> = this.listeners[event];
        set.add(listener);
        return () => set.delete(listener);
      },
      onConnection: (listener) => {
        this.connection.add(listener);
        return () => this.connection.delete(listener);
      },
      openProcess: () => Promise.resolve('1'),
      input: () => undefined,
      resize: () => undefined,
      close: () => undefined,
    };
    const api: ApiClient = { call: (name, input) => this.call(name, input) };
    this.services = {
      parse: (text) => parseLab(text),
      applyEdits,
      reduce: reduceAll,
      api,
      socket: this.socket,
      clock: this.clock,
    };
  }

  static revision = (text: string): string => `r${text.length}:${text.slice(-40)}`;

  /** Everything that was promised is done, as far as no time has to pass. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  disconnect(): void {
    this.isReachable = false;
    this.looks = [];
    for (const listener of this.connection) listener(false);
  }

  async connect(): Promise<void> {
    this.isReachable = true;
    for (const listener of this.connection) listener(true);
    await this.settle();
  }

  start(run: string): void {
    this.running = { ...emptySnapshot(run), state: 'running' };
    this.events = [];
  }

  /** The kernel did something; `isSent` false: the message is lost on the way. */
  emit(count: number, { isSent = true } = {}): void {
    if (!this.running) throw new Error('no lab runs');
    const from = this.running.seq + 1;
    const events = Array.from({ length: count }, (_, i): LiveEvent => ({
      seq: from + i,
      time: from + i,
      event: 'element.state',
      element: `host:h${from + i}`,
      state: { state: 'up' },
    }));
    this.events.push(...events);
    this.running = reduceAll(this.running, events);
    const { run } = this.running;
    if (isSent) for (const listener of this.listeners.events) listener('lab', run, events);
  }

  see(look: Look, seen: Seen, lab = 'lab'): void {
    for (const listener of this.listeners.seen) listener(lab, look, seen);
  }

  stop(reason: string): void {
    this.running = undefined;
    for (const listener of this.listeners.stopped) listener('lab', reason);
  }

  /** Somebody else saved the document. */
  saveElsewhere(name: string, text: string): void {
    this.texts.set(name, text);
    for (const listener of this.listeners.saved) listener(name, FakeServer.revision(text));
  }

  output(process: string, data: string): void {
    for (const listener of this.listeners.processOutput) listener(process, 'stdout', data);
  }

  exit(process: string, code: number): void {
    for (const listener of this.listeners.processExit) listener(process, code);
  }

  private watch(since: { run: string; seq: number } | undefined): Promise<Watched> {
    if (!this.isReachable) return Promise.reject(new ServerUnreachable());
    this.watches.push(since);
    if (!this.running) return Promise.resolve({ kind: 'stopped' });
    if (since?.run !== this.running.run) {
      return Promise.resolve({ kind: 'snapshot', snapshot: this.running });
    }
    const events = this.events.filter(({ seq }) => seq > since.seq);
    return Promise.resolve({ kind: 'events', run: since.run, events });
  }

  private call<N extends ApiName>(name: N, input: Api[N]['input']): Promise<Api[N]['output']> {
    this.calls.push({ name, input });
    if (!this.isReachable) return Promise.reject(new ServerUnreachable());
    const answer = this.answer(name, input);
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer as Api[N]['output']);
  }

  private answer(name: ApiName, input: Record<string, unknown>): unknown {
    const lab = String(input['lab']);
    const text = this.texts.get(lab);
    const document = (n: string, t: string) => ({
      name: n,
      text: t,
      revision: FakeServer.revision(t),
    });
    const refuse = (code: string) => new ServerProblem({ code, message: `${code} ${lab}` });
    switch (name) {
      case 'getLab':
        return text === undefined ? refuse('not-found') : document(lab, text);
      case 'saveLab': {
        const next = String(input['text']);
        const own = parseLab(next).lab?.name ?? lab;
        if (text === undefined) return refuse('not-found');
        if (input['base'] !== FakeServer.revision(text)) return refuse('conflict');
        if (own !== lab && this.texts.has(own)) return refuse('conflict');
        this.texts.delete(lab);
        this.texts.set(own, next);
        return document(own, next);
      }
      case 'deployLab':
        return { ok: true, ms: 1, operations: [], failures: [] };
      default:
        return {};
    }
  }
}

/** Time passes when a test says so. */
export class FakeClock implements Clock {
  private time = 0;
  private waiting = new Set<{ at: number; action: () => void }>();
  private frames = new Set<() => void>();

  now(): number {
    return this.time;
  }

  later(action: () => void, ms: number): () => void {
    const entry = { at: this.time + ms, action };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  frame(action: () => void): () => void {
    this.frames.add(action);
    return () => this.frames.delete(action);
  }

  pass(ms: number): void {
    this.time += ms;
    for (const entry of [...this.waiting].toSorted((a, b) => a.at - b.at)) {
      if (entry.at > this.time || !this.waiting.delete(entry)) continue;
      entry.action();
    }
  }

  paint(): void {
    const due = this.frames;
    this.frames = new Set();
    for (const action of due) action();
  }
}
