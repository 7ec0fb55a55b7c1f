import { foldSeen, lookKey, type Look, type Seen } from '@cnilab/shared/live/look';

/** What is looked at in one run: the agent is asked once, however many look at the same. */
export interface Looks {
  add(look: Look, listener: (seen: Seen) => void): Looking;
  /** The agent told something. */
  receive(look: Look, seen: Seen): void;
}

export interface Looking {
  /** Everything as of now; undefined before the first answer. */
  seen(): Seen | undefined;
  close(): void;
}

interface Entry {
  listeners: Set<(seen: Seen) => void>;
  seen: Seen | undefined;
}

export function createLooks(ask: (look: Look, isOn: boolean) => Promise<unknown>): Looks {
  const entries = new Map<string, Entry>();

  const take = (entry: Entry, update: Seen) => {
    // A change to something that another look has told: the whole of this one follows.
    if (update.at === 'flows' && !update.whole && entry.seen?.at !== 'flows') return;
    entry.seen = foldSeen(entry.seen, update);
    for (const listener of entry.listeners) listener(update);
  };
  const begin = (look: Look): Entry => {
    const entry: Entry = { listeners: new Set(), seen: undefined };
    entries.set(lookKey(look), entry);
    ask(look, true).catch((error: unknown) => {
      take(entry, { at: 'nothing', problem: error instanceof Error ? error.message : 'no answer' });
    });
    return entry;
  };
  const end = (look: Look) => {
    entries.delete(lookKey(look));
    // Of a box that is gone nothing has to be taken away.
    ask(look, false).catch(() => undefined);
  };

  return {
    add(look, listener) {
      const entry = entries.get(lookKey(look)) ?? begin(look);
      const own = (seen: Seen) => listener(seen);
      entry.listeners.add(own);
      return {
        seen: () => entry.seen,
        close() {
          if (entry.listeners.delete(own) && entry.listeners.size === 0) end(look);
        },
      };
    },
    receive(look, seen) {
      const entry = entries.get(lookKey(look));
      if (entry) take(entry, seen);
    },
  };
}
