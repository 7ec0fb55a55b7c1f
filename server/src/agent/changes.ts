import type { Change } from '@cnilab/shared/live/events';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';

/** About one screen frame. */
const frameMs = 16;

export interface ChangeStream {
  /** Tells a change now; it leaves with the others of its frame. */
  emit(change: Change): void;
  /** Sends what is waiting. */
  flush(): void;
  /** From now on changes are sent; until then they wait, since nobody may be listening yet. */
  open(): void;
}

/**
 * Gathers changes into at most one notice a frame. The first one after a quiet time leaves at the
 * end of this turn of the event loop, so that batching costs nothing when little happens.
 */
export function createChangeStream(send: (notice: AgentNotice) => void): ChangeStream {
  let waiting: { time: number; change: Change }[] = [];
  let lastSent = 0;
  let planned = false;
  let opened = false;
  const flush = () => {
    planned = false;
    if (!opened || waiting.length === 0) return;
    const changes = waiting;
    waiting = [];
    lastSent = performance.now();
    send({ notice: 'changes', changes });
  };
  return {
    emit(change) {
      waiting.push({ time: Date.now(), change });
      if (planned) return;
      planned = true;
      const wait = lastSent + frameMs - performance.now();
      if (wait <= 0) setImmediate(flush);
      else setTimeout(flush, wait);
    },
    flush,
    open() {
      if (opened) return;
      opened = true;
      flush();
    },
  };
}
