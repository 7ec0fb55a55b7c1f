import { parseIp, type Ip } from '@cnilab/shared/cni/ip';
import type { Reactor } from '../../netlink/reactor.ts';
import { Errno } from '../../netlink/errno.ts';
import { close } from '../../netlink/libc.ts';
import { insideNet, type Space } from '../space.ts';
import { connectingSocket, socketError, type ConnectingSocket } from './sockets.ts';

export type SocketOutcome = 'open' | 'refused' | 'timeout' | 'unreachable';

/** Why a socket is not open. */
export interface Closed {
  outcome: Exclude<SocketOutcome, 'open'>;
  reason: string;
}

/** Makes a socket in a space; tests make it where they are. */
export type Enter = (action: () => ConnectingSocket) => ConnectingSocket;
export const enterSpace =
  (space: Space): Enter =>
  (action) =>
    insideNet(space, action);

/** The descriptor of a TCP connection, which the caller closes, or why there is none. */
export async function openConnection(
  enter: Enter,
  reactor: Reactor,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<{ fd: number } | Closed> {
  let socket: ConnectingSocket;
  try {
    socket = enter(() => connectingSocket('tcp', ipOf(address), port));
  } catch (error) {
    return closedBy(error);
  }
  const { fd, connected } = socket;
  if (connected) return { fd };
  const ready = await reactor.wait(fd, 'writable', timeoutMs);
  const error = ready ? socketError(fd) : undefined;
  if (ready && !error) return { fd };
  close(fd);
  return error ? closedBy(error) : noAnswer(timeoutMs);
}

export const noAnswer = (timeoutMs: number): Closed => ({
  outcome: 'timeout',
  reason: `no answer within ${Math.round(timeoutMs)} ms`,
});

/** With two decimals; `start` is a time of performance.now. */
export const millisecondsSince = (start: number): number =>
  Math.round((performance.now() - start) * 100) / 100;

export function ipOf(address: string): Ip {
  const ip = parseIp(address);
  if (!ip) throw new Error(`${address} is no IP address`);
  return ip;
}

/** The outcome that a failed system call stands for. What is no such error is thrown again. */
export function closedBy(error: unknown): Closed {
  if (!(error instanceof Errno)) throw error;
  const reason = reasonOf(error);
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return { outcome: 'refused', reason };
    case 'ETIMEDOUT':
    // Dropped on the way out: UDP is told so, TCP waits in vain. One rule, one outcome.
    case 'EPERM':
      return { outcome: 'timeout', reason };
    default:
      // No route, a route that refuses, no source address, a network that is down.
      return { outcome: 'unreachable', reason };
  }
}

/** Errors of packets that never left, in the words of what causes them. */
const causes: Readonly<Record<string, string>> = {
  EINVAL: 'a blackhole route swallows it',
  EACCES: 'a prohibit route forbids it',
  EPERM: 'a firewall rule on the way out drops it',
};

/** What is behind an error of sending or of looking up a route. */
export const reasonOf = (error: Errno): string =>
  causes[error.code] ?? error.message.replace(/^.*?: /, '');
