import type { Change } from '@cnilab/shared/live/events';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';
import type { Namespace } from '@cnilab/shared/live/namespace';
import type { Told } from './attribution.ts';
import { compact } from './compact.ts';
import type { Outgoing } from './outgoing.ts';

/** About one screen frame. */
const frameMs = 16;
/**
 * A terminal says which command runs before the command starts, but that may be read after what the
 * command did: the kernel hands it over in a queue of its own, some milliseconds late when it is
 * busy. Longest wait for it, of one change and of any that stand in line with it.
 */
const claimMs = 10;
const lineMs = 25;

/** So many changes may wait for a slow server; more of them are made fewer. */
const maxWaiting = 5000;

export interface ChangeStream {
  /** Tells a change now; it leaves with the others of its frame. */
  emit(change: Change): void;
  /** As `emit`, for one whose cause may become known until it leaves. */
  tell(told: Told): void;
  /** Sends what is waiting, unless the cause of some of it may come in a moment. */
  flush(): void;
  /** Sends all that is waiting. */
  flushAll(): void;
  /** From now on changes are sent; until then they wait, since nobody may be listening yet. */
  open(): void;
}

/**
 * Gathers changes into at most one notice a frame. The first one after a quiet time leaves at the
 * end of this turn of the event loop, so that batching costs nothing when little happens; unless
 * its cause may come in a moment. While the server is slow they wait, and become fewer.
 */
export function createChangeStream(
  outgoing: Omit<Outgoing, 'send'> & { send(notice: AgentNotice): void },
  stateOf: (namespace: string) => Namespace | undefined,
): ChangeStream {
  let waiting: { time: number; at: number; told: Told }[] = [];
  let lastSent = 0;
  let planned = false;
  let opened = false;
  let isBlocked = false;

  /** How long to wait for causes. */
  const hold = (): number => {
    const last = waiting.findLast(({ told }) => told.mayBeClaimed && !told.cause);
    const [first] = waiting;
    if (!first || !last) return 0;
    return Math.min(last.at + claimMs, first.at + lineMs) - performance.now();
  };
  const flushAll = () => {
    if (!opened || waiting.length === 0 || isHeldUp()) return;
    const changes = waiting.map(({ time, told: { change, cause } }) => ({
      time,
      change,
      ...(cause && { cause }),
    }));
    waiting = [];
    lastSent = performance.now();
    const notice: AgentNotice = { notice: 'changes', changes };
    outgoing.send(notice);
  };
  const isHeldUp = (): boolean => {
    if (isBlocked || !outgoing.isFull()) return isBlocked;
    isBlocked = true;
    outgoing.whenFree(() => {
      isBlocked = false;
      if (waiting.length > maxWaiting) waiting = fewer(waiting);
      flushAll();
    });
    return true;
  };
  const fewer = (many: typeof waiting): typeof waiting => {
    const all = many.map(({ told }) => told.change);
    const now = { time: Date.now(), at: performance.now() };
    return compact(all, stateOf).map((change) => ({ ...now, told: { change } }));
  };
  const flush = () => {
    if (hold() <= 0) flushAll();
  };
  const plan = () => {
    planned = true;
    const wait = Math.max(lastSent + frameMs - performance.now(), hold());
    if (wait <= 0) setImmediate(leave);
    else setTimeout(leave, wait);
  };
  const leave = () => {
    planned = false;
    if (hold() > 0) plan();
    else flushAll();
  };
  const tell = (told: Told) => {
    waiting.push({ time: Date.now(), at: performance.now(), told });
    if (isBlocked && waiting.length > 2 * maxWaiting) waiting = fewer(waiting);
    if (!planned) plan();
  };
  return {
    emit: (change) => tell({ change }),
    tell,
    flush,
    flushAll,
    open() {
      if (opened) return;
      opened = true;
      flushAll();
    },
  };
}
