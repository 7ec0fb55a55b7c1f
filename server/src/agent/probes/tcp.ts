import { close } from '../../netlink/libc.ts';
import type { Reactor } from '../../netlink/reactor.ts';
import type { Attempt } from './attempt.ts';
import {
  millisecondsSince,
  openConnection,
  type Closed,
  type Enter,
  type SocketOutcome,
} from './connect.ts';

export type SocketSeen = ({ outcome: 'open' } | Closed) & {
  ms: number;
  /** Nobody answers for the address of the next machine on the way. */
  neighbour?: string;
};

/** Opens a TCP connection and closes it again. */
export async function probeTcp(
  enter: Enter,
  reactor: Reactor,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<SocketSeen> {
  const start = performance.now();
  const result = await openConnection(enter, reactor, address, port, timeoutMs);
  const ms = millisecondsSince(start);
  if (!('fd' in result)) return { ...result, ms };
  close(result.fd);
  return { outcome: 'open', ms };
}

/**
 * Whether an attempt saw what the check expects. A silent neighbour counts as unreachable, too: it
 * takes the kernel longer to say so than an attempt may last.
 */
export function judgeSocket(
  what: string,
  expected: SocketOutcome,
  { neighbour, ...seen }: SocketSeen,
): Attempt {
  const silent = expected === 'unreachable' && seen.outcome === 'timeout' && Boolean(neighbour);
  const reason = 'reason' in seen ? `: ${neighbour ?? seen.reason}` : '';
  return {
    ok: seen.outcome === expected || silent,
    got: { ...seen, ...(neighbour === undefined ? {} : { neighbour }) },
    message: `expected ${what} to be ${describe(expected)}, but it is ${describe(seen.outcome)}${reason}`,
  };
}

const describe = (outcome: SocketOutcome): string =>
  outcome === 'timeout' ? 'without an answer (timeout)' : outcome;
