import type { Look, Seen } from '@cnilab/shared/live/look';
import type { Labs } from '../labs/labs.ts';
import type { Looking } from '../labs/looks.ts';
import type { Run } from '../labs/running.ts';
import type { Channel } from './channel.ts';

interface LookOptions {
  labs: Labs;
  lab: string;
  look: Look;
  channel: Channel;
  send: (seen: Seen) => void;
}

/**
 * Tells one client what it looks at, in this run of the lab and in those after it, until it is
 * closed. Nothing is kept for a slow client: it goes on from the whole.
 */
export function lookAt({ labs, lab, look, channel, send }: LookOptions): { close(): void } {
  let looking: Looking | undefined;
  let isBehind = false;

  const tell = (seen: Seen) => {
    channel.sent(sizeOf(seen));
    send(seen);
  };
  const catchUp = () => {
    if (!isBehind) return;
    isBehind = false;
    const seen = looking?.seen();
    if (seen) tell(seen);
  };
  const hear = (seen: Seen) => {
    if (isBehind) return;
    if (!channel.isSlow()) return tell(seen);
    isBehind = true;
    channel.whenFree(catchUp);
  };
  const leave = () => {
    looking?.close();
    looking = undefined;
    isBehind = false;
  };
  const follow = (run: Run) => {
    leave();
    looking = run.look(look, hear);
    // What others that look at the same were told already.
    const seen = looking.seen();
    if (seen) hear(seen);
  };

  const unwatch = labs.watch(lab, { started: follow, stopped: leave });
  const run = labs.run(lab);
  if (run && !run.hasEnded()) follow(run);
  return {
    close() {
      unwatch();
      leave();
    },
  };
}

/** In UTF-16 units, about. */
function sizeOf(seen: Seen): number {
  if (seen.at === 'flows') return 100 + seen.flows.length * 500 + seen.gone.length * 60;
  return seen.at === 'rates' ? 50 + seen.links.length * 220 : seen.problem.length;
}
