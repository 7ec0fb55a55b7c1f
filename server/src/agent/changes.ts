import type { Change } from '@cnilab/shared/live/events';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';
import type { Told } from './attribution.ts';

/** About one screen frame. */
const frameMs = 16;
/** A terminal says which command runs before the command starts, but may be read after it. */
const claimMs = 4;

export interface ChangeStream {
  /** Tells a change now; it leaves with the others of its frame. */
  emit(change: Change): void;
  /** As `emit`, for one whose cause may become known until it leaves. */
  tell(told: Told): void;
  /** Sends what is waiting. */
  flush(): void;
  /** From now on changes are sent; until then they wait, since nobody may be listening yet. */
  open(): void;
}

/**
 * Gathers changes into at most one notice a frame. The first one after a quiet time leaves at the
 * end of this turn of the event loop, so that batching costs nothing when little happens; unless
 * the cause of one may come in a moment.
 */
export function createChangeStream(send: (notice: AgentNotice) => void): ChangeStream {
  let waiting: { time: number; told: Told }[] = [];
  let lastSent = 0;
  let planned = false;
  let opened = false;
  const flush = () => {
    planned = false;
    if (!opened || waiting.length === 0) return;
    const changes = waiting.map(({ time, told: { change, cause } }) => ({
      time,
      change,
      ...(cause && { cause }),
    }));
    waiting = [];
    lastSent = performance.now();
    send({ notice: 'changes', changes });
  };
  const tell = (told: Told) => {
    waiting.push({ time: Date.now(), told });
    if (planned) return;
    planned = true;
    const wait = Math.max(
      lastSent + frameMs - performance.now(),
      told.mayBeClaimed && !told.cause ? claimMs : 0,
    );
    if (wait <= 0) setImmediate(flush);
    else setTimeout(flush, wait);
  };
  return {
    emit: (change) => tell({ change }),
    tell,
    flush,
    open() {
      if (opened) return;
      opened = true;
      flush();
    },
  };
}
