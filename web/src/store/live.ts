import type { LiveEvent, Snapshot } from '@cnilab/shared/live/events';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import type { Watched } from '@cnilab/shared/protocol/socket';
import { problemText } from '../services/problems.ts';
import type { SliceContext } from './labStore.ts';

/** The running lab, as the kernel and the agent tell it. */
export interface LiveState {
  /** Undefined = no box runs, or not known yet (see `connection`). */
  live: Snapshot | undefined;
  connection: 'connecting' | 'connected' | 'lost';
  /** Milliseconds since 1970. */
  lostSince: number | undefined;
  /** The last events, oldest first; at most `recentLimit`. */
  recent: LiveEvent[];
  /** Events in the order in which they were applied, after the store has them. */
  onEvents: (listener: (events: LiveEvent[]) => void) => () => void;
  /** Why the last box ended by itself. */
  stopReason: string | undefined;
  /** The text that the box was last made to match; undefined when this page did not deploy it. */
  deployedText: string | undefined;
  busy: 'deploying' | 'stopping' | 'resetting' | 'checking' | undefined;
  deploy: () => Promise<void>;
  stop: () => Promise<void>;
  reset: () => Promise<void>;
  /** Results of the document's checks, from the last time they ran. */
  checks: { results: CheckResult[]; at: number } | undefined;
  runChecks: () => Promise<void>;
}

export const recentLimit = 5000;

export function createLive({ set, get, services }: SliceContext, saveFirst: () => Promise<void>) {
  const { api, clock, socket } = services;
  const listeners = new Set<(events: LiveEvent[]) => void>();
  const undos: (() => void)[] = [];
  let waiting: LiveEvent[] = [];
  let cancelFrame: (() => void) | undefined;
  /** Guards against an answer that comes after a newer question. */
  let question = 0;

  const forget = () => {
    waiting = [];
    cancelFrame?.();
    cancelFrame = undefined;
  };

  /** One update per frame, however many messages came. */
  const apply = () => {
    cancelFrame = undefined;
    const { live, recent } = get();
    const events = waiting;
    waiting = [];
    if (!live || events.length === 0) return;
    const missing = (events[0]?.seq ?? 0) > live.seq + 1;
    if (missing) return void watch();
    const fresh = events.filter(({ seq }) => seq > live.seq);
    if (fresh.length === 0) return;
    set({
      live: services.reduce(live, fresh),
      recent: [...recent, ...fresh].slice(-recentLimit),
    });
    for (const listener of listeners) listener(fresh);
  };

  const receive = (events: LiveEvent[]) => {
    waiting.push(...events);
    cancelFrame ??= clock.frame(apply);
  };

  const take = (watched: Watched) => {
    if (watched.kind === 'stopped') {
      forget();
      set({ live: undefined });
    } else if (watched.kind === 'snapshot') {
      forget();
      set({ live: watched.snapshot, stopReason: undefined });
    } else {
      // Events that came while the question was under way are newer than its answer.
      waiting = [...watched.events, ...waiting];
      cancelFrame ??= clock.frame(apply);
    }
  };

  const watch = async (): Promise<void> => {
    const mine = ++question;
    const { live, name } = get();
    try {
      const since = live && { run: live.run, seq: live.seq };
      const watched = await socket.watch(name, since);
      if (mine !== question) return;
      set({ connection: 'connected', lostSince: undefined });
      take(watched);
    } catch (thrown) {
      if (mine !== question || !socket.connected) return;
      get().showProblem('The running lab cannot be watched.', thrown);
    }
  };

  const act = async (
    busy: NonNullable<LiveState['busy']>,
    title: string,
    action: () => Promise<void>,
  ): Promise<void> => {
    if (get().busy) return;
    set({ busy, problem: undefined });
    try {
      await action();
    } catch (thrown) {
      set({ problem: { title, message: problemText(thrown) } });
    } finally {
      set({ busy: undefined });
    }
  };

  /** What is deployed is what is saved: nothing else may be on its way. */
  const savedText = async (): Promise<string> => {
    await saveFirst();
    const { saving, text } = get();
    if (saving === 'saved') return text;
    throw new Error(
      saving === 'conflict'
        ? 'Another version of this lab was saved elsewhere: choose one of the two first.'
        : 'The lab could not be saved, so the server would run an older version.',
    );
  };

  const bring = (name: 'deployLab' | 'resetLab') => async () => {
    const text = await savedText();
    await api.call(name, { lab: get().name });
    set({ deployedText: text });
  };

  const state: LiveState = {
    live: undefined,
    connection: 'connecting',
    lostSince: undefined,
    recent: [],
    onEvents: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stopReason: undefined,
    deployedText: undefined,
    busy: undefined,
    deploy: () => act('deploying', 'The lab could not be deployed.', bring('deployLab')),
    reset: () => act('resetting', 'The lab could not be reset.', bring('resetLab')),
    stop: () =>
      act('stopping', 'The lab could not be stopped.', async () => {
        await api.call('stopLab', { lab: get().name });
      }),
    checks: undefined,
    runChecks: () =>
      act('checking', 'The checks could not run.', async () => {
        const results = await api.call('runChecks', { lab: get().name });
        set({ checks: { results, at: clock.now() } });
      }),
  };

  return {
    state,
    open() {
      undos.push(
        socket.on('snapshot', (lab, snapshot) => {
          if (lab !== get().name) return;
          question++;
          take({ kind: 'snapshot', snapshot });
        }),
        socket.on('events', (lab, run, events) => {
          if (lab !== get().name) return;
          if (get().live?.run === run) receive(events);
          else if (get().connection === 'connected') void watch();
        }),
        socket.on('stopped', (lab, reason) => {
          if (lab !== get().name) return;
          question++;
          take({ kind: 'stopped' });
          set({ stopReason: reason, deployedText: undefined });
        }),
        socket.onConnection((connected) => {
          if (connected) void watch();
          else if (get().connection !== 'lost') {
            question++;
            set({ connection: 'lost', lostSince: clock.now() });
          }
        }),
      );
      if (socket.connected) void watch();
    },
    /** The saved text gave the lab another name. */
    renamed(before: string) {
      socket.unwatch(before);
      if (socket.connected) void watch();
    },
    close() {
      question++;
      forget();
      for (const undo of undos.splice(0)) undo();
      socket.unwatch(get().name);
    },
  };
}
