import { foldSeen, lookKey, type Look, type Seen } from '@cnilab/shared/live/look';
import { problemText } from '../services/problems.ts';
import type { SliceContext } from './labStore.ts';

/** What the server tells only while somebody looks at it. */
export interface LookState {
  /** What is known now, by `lookKey`; nothing before the first answer. */
  seen: Readonly<Record<string, Seen>>;
  /** Looks until the undo is called. Several may look at the same. */
  lookAt: (look: Look) => () => void;
}

export function createLooks({ set, get, services }: SliceContext) {
  const { socket, clock } = services;
  const looks = new Map<string, { look: Look; count: number }>();
  const undos: (() => void)[] = [];
  /** What the next frame will show. */
  let waiting: Record<string, Seen> | undefined;
  let cancelFrame: (() => void) | undefined;

  const show = () => {
    cancelFrame = undefined;
    if (waiting) set({ seen: waiting });
    waiting = undefined;
  };
  const change = (key: string, seen: Seen | undefined) => {
    const { [key]: _, ...others } = waiting ?? get().seen;
    waiting = seen ? { ...others, [key]: seen } : others;
    cancelFrame ??= clock.frame(show);
  };
  const take = (look: Look, update: Seen) => {
    const key = lookKey(look);
    if (looks.has(key)) change(key, foldSeen((waiting ?? get().seen)[key], update));
  };
  const ask = (look: Look) => {
    if (!socket.connected) return;
    socket.look(get().name, look).catch((thrown: unknown) => {
      if (socket.connected) take(look, { at: 'nothing', problem: problemText(thrown) });
    });
  };
  const askAll = () => {
    for (const { look } of looks.values()) ask(look);
  };

  const state: LookState = {
    seen: {},
    lookAt: (look) => {
      const key = lookKey(look);
      const entry = looks.get(key) ?? { look, count: 0 };
      looks.set(key, entry);
      entry.count += 1;
      if (entry.count === 1) ask(look);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        entry.count -= 1;
        if (entry.count > 0) return;
        looks.delete(key);
        socket.unlook(get().name, look);
        change(key, undefined);
      };
    },
  };

  return {
    state,
    open() {
      undos.push(
        socket.on('seen', (lab, look, seen) => {
          if (lab === get().name) take(look, seen);
        }),
        socket.on('stopped', (lab) => {
          if (lab !== get().name) return;
          for (const key of looks.keys()) change(key, undefined);
        }),
        socket.onConnection((connected) => {
          if (connected) askAll();
        }),
      );
      askAll();
    },
    /** The saved text gave the lab another name. */
    renamed(before: string) {
      for (const { look } of looks.values()) socket.unlook(before, look);
      askAll();
    },
    close() {
      for (const undo of undos.splice(0)) undo();
      for (const { look } of looks.values()) socket.unlook(get().name, look);
      looks.clear();
      cancelFrame?.();
    },
  };
}
