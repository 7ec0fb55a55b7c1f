import type { Snapshot } from '@cnilab/shared/live/events';
import type { Link } from '@cnilab/shared/live/namespace';
import type { LinkFact } from './facts.ts';
import type { State } from './model.ts';

export interface Standing {
  state: State;
  reason: string | undefined;
}

/** What is known of an element that the design has, the kernel has, or both. */
export interface Presence {
  designed: boolean;
  exists: boolean;
  /** False if it exists and is not up. */
  up: boolean;
}

/** The state of one element, with the reason that the agent gave for a failure. */
export function standing(
  live: Snapshot | undefined,
  element: string,
  { designed, exists, up }: Presence,
): Standing {
  const plain = (state: State, reason?: string): Standing => ({ state, reason });
  if (!live || live.state === 'stopped') return plain('planned');
  const known = live.elements[element];
  if (known?.state === 'failed') return plain('failed', known.error);
  if (known && known.state !== 'up') return plain(known.state);
  if (exists) {
    if (!designed) return plain('extra');
    return up ? plain('up') : plain('down');
  }
  return known
    ? plain('missing', 'It was set up, but the kernel does not have it any more.')
    : plain('planned');
}

/** Somebody set it down, or the other end of the cable is down. A bridge without ports is fine. */
export function isDown({ up, kind, state }: Link): boolean {
  if (!up) return true;
  return kind !== 'bridge' && (state === 'DOWN' || state === 'LOWERLAYERDOWN');
}

export function linkStanding(live: Snapshot | undefined, fact: LinkFact): Standing {
  const { live: link, designed } = fact;
  const result = standing(live, fact.id, {
    designed,
    exists: link !== undefined,
    up: link !== undefined && !isDown(link),
  });
  if (result.state !== 'down' || !link) return result;
  const reason = link.up
    ? 'It is set up, but the other end is down.'
    : `It is set down: ip link set ${link.name} up.`;
  return { ...result, reason };
}
