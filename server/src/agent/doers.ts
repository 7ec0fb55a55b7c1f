import type { Cause } from '@cnilab/shared/live/events';
import type { KernelChange } from '@cnilab/shared/live/operation';
import type { TouchedLink } from './changedObject.ts';

/** A step or a command: whoever changes something. */
export interface Doer {
  concerns: (namespace: string) => boolean;
  cause: Exclude<Cause, { by: 'agent' }>;
  /** What it did (steps only). */
  kernel: KernelChange[];
  /** The keys of the links that it touched, see `touchedLinks`. */
  links: Set<string>;
  /** Rules that nobody has put in words yet. */
  rules: Map<string, KernelChange>;
  /** Milliseconds since 1970. */
  began: number;
  ended?: number;
  more: () => void;
  timer?: NodeJS.Timeout;
}

/** Those that run, and those that ended a moment ago. */
export interface Doers {
  enter(part: Pick<Doer, 'concerns' | 'cause'>, began?: number): Doer;
  /** It has ended, but what it did has consequences for a while. */
  leave(doer: Doer): void;
  all(): Iterable<Doer>;
  areNone(): boolean;
  touch(doers: readonly Doer[], links: readonly TouchedLink[]): void;
  /** Those of a kind that run in one of the namespaces. */
  running(by: Doer['cause']['by'], namespaces: readonly string[]): Doer[];
  /** Who may have made what was found there by looking: the one that came last, and its company. */
  near(namespaces: readonly string[]): Doer[];
  /**
   * Who touched the link last, before the kernel changed it by itself: one that has ended, or a
   * command; nobody while a step runs that touched it.
   */
  lastToTouch(link: string): Doer | undefined;
}

/** Duplicate address detection and clean-up of namespaces take up to 2 s. */
export const lateMs = 3000;
/** Of one that runs for ever and makes ever new links. */
const maxLinks = 10_000;
/** A namespace that somebody made is seen by its file, which may be after the command's end. */
const nearMs = 100;

export function createDoers(): Doers {
  const doers = new Set<Doer>();
  const isIn = (namespaces: readonly string[]) => (doer: Doer) => namespaces.some(doer.concerns);
  return {
    enter(part, began = Date.now()) {
      const doer = { ...part, kernel: [], links: new Set<string>(), rules: new Map(), began };
      const entered: Doer = { ...doer, more: () => {} };
      doers.add(entered);
      return entered;
    },
    leave(doer) {
      doer.ended = Date.now();
      setTimeout(() => doers.delete(doer), lateMs).unref();
    },
    all: () => doers,
    areNone: () => doers.size === 0,
    touch(some, links) {
      for (const { links: touched } of some) {
        for (const { key } of links) touched.add(key);
        const [oldest] = touched;
        if (touched.size > maxLinks && oldest !== undefined) touched.delete(oldest);
      }
    },
    running: (by, namespaces) =>
      [...doers]
        .filter(({ cause, ended }) => cause.by === by && ended === undefined)
        .filter(isIn(namespaces)),
    near(namespaces) {
      const now = Date.now();
      const near = [...doers].filter(
        (doer) => (doer.ended ?? now) >= now - nearMs && isIn(namespaces)(doer),
      );
      const began = near.at(-1)?.began ?? now;
      return near.filter((doer) => (doer.ended ?? now) >= began);
    },
    lastToTouch(link) {
      const touched = [...doers].filter((doer) => doer.links.has(link));
      const isRunning = ({ cause, ended }: Doer) => cause.by === 'step' && ended === undefined;
      return touched.some(isRunning) ? undefined : touched.at(-1);
    },
  };
}

/** The one who did it; of several the one who came last, in doubt. */
export function causeBy(doers: readonly Doer[]): Cause | undefined {
  const last = doers.at(-1);
  return last && { ...last.cause, ...(doers.length > 1 && { shared: true }) };
}
