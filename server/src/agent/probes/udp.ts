import { close, recv, send } from '../../netlink/libc.ts';
import type { Reactor } from '../../netlink/reactor.ts';
import { closedBy, ipOf, millisecondsSince, noAnswer, type Closed, type Enter } from './connect.ts';
import { connectingSocket } from './sockets.ts';
import type { SocketSeen } from './tcp.ts';

const question = Buffer.from('cnilab\n');

/** Sends one datagram: open means that one came back, refused that the port is closed. */
export async function probeUdp(
  enter: Enter,
  reactor: Reactor,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<SocketSeen> {
  const start = performance.now();
  const result = await ask(enter, reactor, address, port, timeoutMs);
  return { ...result, ms: millisecondsSince(start) };
}

async function ask(
  enter: Enter,
  reactor: Reactor,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<{ outcome: 'open' } | Closed> {
  let fd: number | undefined;
  try {
    ({ fd } = enter(() => connectingSocket('udp', ipOf(address), port)));
    send(fd, question);
    if (!(await reactor.wait(fd, 'readable', timeoutMs))) return noAnswer(timeoutMs);
    // An ICMP error makes the socket readable as well, and recv throws it.
    recv(fd, Buffer.alloc(2048));
    return { outcome: 'open' };
  } catch (error) {
    return closedBy(error);
  } finally {
    if (fd !== undefined) close(fd);
  }
}
