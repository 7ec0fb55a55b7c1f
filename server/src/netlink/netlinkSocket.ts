import { constants as os } from 'node:os';
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
} from './constants.ts';
import { Errno, isErrno } from './errno.ts';
import { bind, close, getsockname, recv, send, setsockopt, socket } from './libc.ts';
import { readMessages, type Message } from './message.ts';
import {
  requestsOver,
  type NameAttribute,
  type RequestSocket,
  type Transport,
} from './requests.ts';

export type { Outcome, Request, RequestSocket } from './requests.ts';

export interface RequestSocketOptions {
  /** NETLINK_ROUTE unless given. */
  protocol?: number;
  /** Bytes to ask for; 1 MiB unless given. */
  receiveBuffer?: number;
  nameAttribute?: NameAttribute;
}

/** A socket that can be told from others by the kernel's messages about what it asked for. */
export interface Ported {
  /** The `pid` in the headers of those messages. */
  readonly port: number;
}

/** Opens it in the network namespace that the calling thread is in; it stays there. */
export function openRequestSocket(options: RequestSocketOptions = {}): RequestSocket & Ported {
  const { fd, ...transport } = openTransport(options);
  return {
    ...requestsOver(transport, options.nameAttribute),
    port: portOf(fd),
    close: () => close(fd),
  };
}

/** A socket for requests, of which somebody else makes sense. */
export function openTransport(options: RequestSocketOptions = {}): Transport & { fd: number } {
  const fd = openNetlink(options.protocol ?? NETLINK_ROUTE);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, answerTimeout);
  setReceiveBuffer(fd, options.receiveBuffer ?? 1024 * 1024);
  checkStrictly(fd);
  return {
    fd,
    send: (bytes) => void send(fd, bytes),
    receive: (what, wait) => receive(fd, what, wait),
  };
}

/** A bound netlink socket with extended acknowledgements, in the calling thread's namespace. */
export function openNetlink(protocol: number, type = SOCK_CLOEXEC): number {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | type, protocol);
  try {
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    bind(fd, address);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** struct sockaddr_nl has the port behind the family and two bytes of padding. */
const portOf = (fd: number): number => getsockname(fd).readUInt32LE(4);

/**
 * Asks for a receive buffer of `bytes` (the kernel doubles it for its own needs). Beyond
 * net.core.rmem_max that takes rights over the first user namespace, which a rootless box lacks.
 */
export function setReceiveBuffer(fd: number, bytes: number): void {
  if (mayForce) {
    try {
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
      return;
    } catch (error) {
      if (!isErrno(error, 'EPERM')) throw error;
      mayForce = false;
    }
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}
/** The refusal is the same for every socket, and each one would cost an error with its stack. */
let mayForce = true;

/**
 * Reads all datagrams that are queued; true if the kernel had to drop some (ENOBUFS). Of those that
 * come meanwhile some may stay for the next call: it must end however fast they come.
 */
export function drain(fd: number, onDatagram: (bytes: Buffer) => void): boolean {
  let overrun = false;
  for (let reads = 0; reads < maxQueued; reads++) {
    try {
      const length = recv(fd, buffer, MSG_DONTWAIT | MSG_TRUNC);
      if (length === undefined) return overrun;
      // One that is larger than any that the kernel makes is as good as dropped.
      if (length > buffer.length) overrun = true;
      else onDatagram(buffer.subarray(0, length));
    } catch (error) {
      // Told once per overrun; what was queued before it is still there to read.
      if (!isErrno(error, 'ENOBUFS')) throw error;
      overrun = true;
    }
  }
  return overrun;
}

/** More than fit into a receive buffer: the kernel counts at least 768 bytes of 8 MiB for each. */
const maxQueued = 16_384;

/** With it, dumps can be narrowed to one link or table. Linux before 4.20 does not know it. */
function checkStrictly(fd: number): void {
  try {
    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  } catch (error) {
    if (!isErrno(error, 'ENOPROTOOPT')) throw error;
  }
}

/** As in Transport. */
function receive(fd: number, what: string, wait: boolean): Message[] | undefined {
  const length = recv(fd, buffer, wait ? MSG_TRUNC : MSG_TRUNC | MSG_DONTWAIT);
  if (length === undefined) {
    if (!wait) return undefined;
    throw new Errno(what, os.errno.ETIMEDOUT, 'no answer in 5 s');
  }
  if (length > buffer.length) throw new Errno(what, os.errno.EMSGSIZE);
  // A copy, because views of it are returned and the buffer serves the next call.
  return readMessages(Buffer.from(buffer.subarray(0, length)));
}

/** The kernel cuts dumps into at most 32 KiB. One buffer does: nothing else runs while it is used. */
const buffer = Buffer.alloc(128 * 1024);

/** struct timeval of 5 s. The kernel answers in well under a millisecond. */
const answerTimeout = Buffer.alloc(16);
answerTimeout.writeBigInt64LE(5n);
