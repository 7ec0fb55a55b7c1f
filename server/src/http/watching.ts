import type { LiveEvent } from '@cnilab/shared/live/events';
import type { ServerToClient, Watched } from '@cnilab/shared/protocol/socket';
import type { Labs } from '../labs/labs.ts';
import type { Run } from '../labs/running.ts';
import type { Channel } from './channel.ts';

/** Events of one message; a client that is further behind than `tooFarBehind` gets a snapshot. */
const batchEvents = 1000;
const tooFarBehind = 5000;

export interface Watcher {
  watched: Watched;
  close(): void;
}

interface WatchOptions {
  labs: Labs;
  lab: string;
  since?: { run: string; seq: number } | undefined;
  channel: Channel;
  emit: <E extends 'snapshot' | 'events' | 'stopped'>(
    event: E,
    ...values: Parameters<ServerToClient[E]>
  ) => void;
}

/**
 * Follows a lab for one client. The client has a place in the run's history and is sent what comes
 * after it, as fast as it takes it: nothing is kept for a slow client but that place, and one that
 * falls too far behind goes on from a fresh snapshot.
 */
export function watchLab({ labs, lab, since, channel, emit }: WatchOptions): Watcher {
  let run: Run | undefined;
  let seq = -1;
  let unlisten = () => undefined as void;

  const pump = () => {
    while (run !== undefined) {
      const current = run.snapshot();
      if (current.seq === seq) return;
      if (channel.isSlow()) return channel.whenFree(pump);
      const events = current.seq - seq > tooFarBehind ? undefined : run.since(seq, batchEvents);
      if (events === undefined) {
        seq = current.seq;
        channel.sent(JSON.stringify(current).length);
        emit('snapshot', lab, current);
      } else {
        seq += events.length;
        channel.sent(sizeOf(events));
        emit('events', lab, run.id, events);
      }
    }
  };
  const follow = (next: Run) => {
    unlisten();
    run = next;
    unlisten = next.listen({ events: pump });
  };
  const unwatch = labs.watch(lab, {
    started: (next) => {
      follow(next);
      seq = -1;
      pump();
    },
    stopped: (reason) => {
      pump();
      unlisten();
      run = undefined;
      if (reason === undefined) emit('stopped', lab);
      else emit('stopped', lab, reason);
    },
  });

  return {
    watched: begin(),
    close: () => {
      unwatch();
      unlisten();
      run = undefined;
    },
  };

  function begin(): Watched {
    const known = labs.run(lab);
    if (known === undefined) return { kind: 'stopped' };
    follow(known);
    const snapshot = known.snapshot();
    const isSame = since?.run === known.id && snapshot.seq - since.seq <= tooFarBehind;
    const events = isSame ? known.since(since.seq) : undefined;
    seq = snapshot.seq;
    if (events !== undefined) {
      channel.sent(sizeOf(events));
      return { kind: 'events', run: known.id, events };
    }
    channel.sent(JSON.stringify(snapshot).length);
    return { kind: 'snapshot', snapshot };
  }
}

const sizeOf = (events: LiveEvent[]): number =>
  // Nearly all events are small; an operation carries the texts of its plugins.
  events.reduce(
    (sum, event) => sum + (event.event === 'operation' ? JSON.stringify(event).length : 400),
    0,
  );
