import type { TouchedLink } from './changedObject.ts';
import type { Doer } from './doers.ts';
import type { Caused } from './ruleCauses.ts';

/**
 * What was changed may be read before the terminal says which command runs. So what nobody, or only
 * another command, was known for is kept for a moment while a terminal is open on that host.
 */
export interface LateClaims {
  /** A terminal on HOST or HOST/POD; returns the undo. */
  open(target: string): () => void;
  isPossible(namespaces: readonly string[]): boolean;
  /** No terminal is open anywhere. */
  areNone(): boolean;
  /** Keeps a change of these namespaces if a command may still claim it. */
  offer(caused: Caused, namespaces: readonly string[], links: readonly TouchedLink[]): void;
  /** The command ran since then (ms since 1970). What another one claimed is shared from now on. */
  take(command: Doer, since: number): void;
}

/** Longer than changes wait before they are sent. */
const keepMs = 50;
const maxKept = 1000;

export function createLateClaims(): LateClaims {
  /** How many terminals are open on a host. */
  const terminals = new Map<string, number>();
  let kept: {
    at: number;
    caused: Caused;
    namespaces: readonly string[];
    links: readonly TouchedLink[];
  }[] = [];
  const count = (host: string, by: number) => {
    const open = (terminals.get(host) ?? 0) + by;
    if (open > 0) terminals.set(host, open);
    else terminals.delete(host);
  };
  const isPossible = (namespaces: readonly string[]) =>
    terminals.size > 0 && namespaces.some((id) => terminals.has(hostOf(id)));

  return {
    open(target) {
      const host = hostOf(target);
      let isOpen = true;
      count(host, 1);
      return () => {
        if (isOpen) count(host, -1);
        isOpen = false;
      };
    },
    isPossible,
    areNone: () => terminals.size === 0,
    offer(caused, namespaces, links) {
      if (!isPossible(namespaces)) return;
      const at = Date.now();
      if (kept.length >= maxKept || (kept[0]?.at ?? at) < at - keepMs) {
        // By half, so that a flood does not go through the list for each change.
        kept = kept.slice(-maxKept / 2).filter((item) => item.at >= at - keepMs);
      }
      kept.push({ at, caused, namespaces, links });
    },
    take({ concerns, cause, links }, since) {
      const from = Math.max(Math.floor(since), Date.now() - keepMs);
      for (const item of kept) {
        if (item.at < from || !item.namespaces.some(concerns)) continue;
        const { caused } = item;
        if (!caused.cause) caused.cause = { ...cause };
        else if (caused.cause.by === 'command') caused.cause = { ...caused.cause, shared: true };
        else continue;
        for (const { key } of item.links) links.add(key);
      }
    },
  };
}

export const hostOf = (namespace: string): string => namespace.replace(/\/.*/, '');
