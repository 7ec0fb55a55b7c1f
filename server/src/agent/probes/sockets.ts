import { formatIp, fromBytes, toBytes, type Ip } from '@cnilab/shared/cni/ip';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../netlink/constants.ts';
import { Errno, isErrno } from '../../netlink/errno.ts';
import {
  bind,
  close,
  connect,
  getsockopt,
  listen,
  setsockopt,
  socket,
} from '../../netlink/libc.ts';

/**
 * Sockets for Node's net and dgram that belong to the network namespace of the calling thread. Node
 * itself opens most sockets later, when the thread is back in the agent's namespace.
 */

export type Transport = 'tcp' | 'udp';

/** `struct sockaddr_in` or `sockaddr_in6`. */
export function socketAddress(ip: Ip, port: number): Buffer {
  const bytes = Buffer.alloc(ip.family === 4 ? 16 : 28);
  bytes.writeUInt16LE(ip.family === 4 ? AF_INET : AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(toBytes(ip), ip.family === 4 ? 4 : 8);
  return bytes;
}

export interface ListeningSocket {
  fd: number;
  /** 6 also takes IPv4: peers then have IPv4-mapped addresses. */
  family: 4 | 6;
}

/**
 * A socket that is bound to a port of every address (UDP) and listens (TCP). Without IPv6 in the
 * kernel it is an IPv4 one. Port 0 takes a free port. Throws an Errno such as EADDRINUSE.
 */
export function listeningSocket(transport: Transport, port: number): ListeningSocket {
  try {
    return { fd: boundSocket(transport, 6, port), family: 6 };
  } catch (error) {
    if (!isErrno(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL')) throw error;
    return { fd: boundSocket(transport, 4, port), family: 4 };
  }
}

function boundSocket(transport: Transport, family: 4 | 6, port: number): number {
  const fd = newSocket(transport, family);
  return orClose(fd, () => {
    if (family === 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    // So that a listener can come back while connections of its predecessor are in TIME_WAIT.
    if (transport === 'tcp') setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    bind(fd, socketAddress({ family, value: 0n }, port));
    if (transport === 'tcp') listen(fd);
    return fd;
  });
}

export interface ConnectingSocket {
  fd: number;
  /** False while a TCP handshake is under way: wait for writable, then ask `socketError`. */
  connected: boolean;
}

/** A socket towards an address. Throws the Errno of a refusal at once, such as ENETUNREACH. */
export function connectingSocket(transport: Transport, ip: Ip, port: number): ConnectingSocket {
  const fd = newSocket(transport, ip.family);
  return orClose(fd, () => ({ fd, connected: connect(fd, socketAddress(ip, port)) }));
}

function newSocket(transport: Transport, family: 4 | 6): number {
  const type = transport === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  return socket(family === 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

function orClose<T>(fd: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** The error that is waiting on a socket, as of a failed connect. */
export function socketError(fd: number): Errno | undefined {
  const errno = getsockopt(fd, SOL_SOCKET, SO_ERROR);
  return errno === 0 ? undefined : new Errno('connect', errno);
}

/** `10.0.0.1:80`, `[2001:db8::1]:80` or `node1/web:80` in its two parts; undefined when neither. */
export function splitEndpoint(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65535) return undefined;
  return { host, port };
}

/**
 * The parts of a `struct sockaddr_in` or `sockaddr_in6` as people read them: IPv4-mapped IPv6 as
 * IPv4, no scope.
 */
export function endpointOf(name: Buffer): { address: string; port: number } {
  const isIpv6 = name.readUInt16LE(0) === AF_INET6;
  const bytes = isIpv6 ? name.subarray(8, 24) : name.subarray(4, 8);
  const isMapped = isIpv6 && bytes.subarray(0, 12).equals(mappedPrefix);
  const ip = fromBytes(isMapped ? bytes.subarray(12) : bytes);
  return { address: ip ? formatIp(ip) : '', port: name.readUInt16BE(2) };
}

const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex');
