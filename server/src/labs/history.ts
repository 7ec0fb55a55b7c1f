import type { LiveEvent } from '@cnilab/shared/live/events';

/** The latest events of a run, so that a client that was cut off gets what it missed. */
export interface History {
  push(event: LiveEvent, size: number): void;
  /**
   * The events after `seq`, at most `limit`; undefined when some of them are no longer kept (or
   * there never was such a number).
   */
  since(seq: number, limit?: number): LiveEvent[] | undefined;
}

/** Keeps at most `maxEvents` events of at most `maxSize` (in the unit of `push`) in all. */
export function createHistory(maxEvents: number, maxSize: number): History {
  let events: LiveEvent[] = [];
  let sizes: number[] = [];
  let first = 0;
  let total = 0;
  let lastSeq = 0;
  return {
    push: (event, size) => {
      events.push(event);
      sizes.push(size);
      total += size;
      lastSeq = event.seq;
      while (events.length - first > maxEvents || (total > maxSize && first < events.length)) {
        total -= sizes[first++] ?? 0;
      }
      // Dropped in blocks, because moving the whole array for each event would be slow.
      if (first > 1000 || total === 0) {
        events = events.slice(first);
        sizes = sizes.slice(first);
        first = 0;
      }
    },
    since: (seq, limit = Infinity) => {
      if (seq > lastSeq || seq < 0) return undefined;
      const wanted = lastSeq - seq;
      if (wanted > events.length - first) return undefined;
      const start = events.length - wanted;
      return events.slice(start, start + Math.min(wanted, limit));
    },
  };
}
