import { constants as os } from 'node:os';
import {
  AF_NETLINK,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  MSG_DONTWAIT,
  MSG_TRUNC,
} from './constants.ts';
import { Errno, isErrno } from './errno.ts';
import { bind, close, recv, send, setsockopt, socket } from './libc.ts';
import { numbered, readMessages, type Message } from './message.ts';
import { decodeMessage, type DecodedMessage } from './routeDecode.ts';
import * as rt from './routeConstants.ts';

/** A netlink socket that asks and waits for the answer. */
export interface RequestSocket {
  /**
   * Sends a request made with NLM_F_ACK or NLM_F_DUMP, blocks until its answer is complete and
   * returns the messages of the answer. Throws an Errno that starts with `what`.
   */
  request(what: string, bytes: Buffer): { raw: Message; decoded: DecodedMessage }[];
  close(): void;
}

/** Opens it in the network namespace that the calling thread is in; it stays there. */
export function openRequestSocket(): RequestSocket {
  const fd = openNetlink(rt.NETLINK_ROUTE);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, answerTimeout);
  let seq = 0;

  const once = (what: string, bytes: Buffer) => {
    seq = (seq + 1) >>> 0 || 1;
    send(fd, numbered(bytes, seq));
    const answer: { raw: Message; decoded: DecodedMessage }[] = [];
    for (;;) {
      const length = recv(fd, buffer, MSG_TRUNC);
      if (length === undefined) throw new Errno(what, os.errno.ETIMEDOUT, 'no answer in 5 s');
      if (length > buffer.length) throw new Errno(what, os.errno.EMSGSIZE);
      // A copy, because views of it are returned and the buffer serves the next call.
      for (const raw of readMessages(Buffer.from(buffer.subarray(0, length)))) {
        // Left over from an earlier request that failed half-way.
        if (raw.header.seq !== seq) continue;
        const decoded = decodeMessage(raw);
        if (decoded.kind === 'error' || decoded.kind === 'done') {
          if (decoded.errno !== 0) throw new Errno(what, decoded.errno, decoded.detail);
          return answer;
        }
        answer.push({ raw, decoded });
      }
    }
  };

  return {
    request(what, bytes) {
      for (let tries = 1; ; tries += 1) {
        const answer = once(what, bytes);
        // Something changed during the dump: it may lack an entry or tell one twice.
        const torn = answer.some(({ raw }) => (raw.header.flags & rt.NLM_F_DUMP_INTR) !== 0);
        const isDump = (bytes.readUInt16LE(6) & rt.NLM_F_DUMP) === rt.NLM_F_DUMP;
        if (!torn || !isDump) return answer;
        if (tries === 20) throw new Errno(what, os.errno.EINTR, 'changed during every dump');
      }
    },
    close: () => close(fd),
  };
}

/** A bound netlink socket with extended acknowledgements, in the calling thread's namespace. */
export function openNetlink(protocol: number, type = SOCK_CLOEXEC): number {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | type, protocol);
  try {
    setsockopt(fd, rt.SOL_NETLINK, rt.NETLINK_EXT_ACK, 1);
    setsockopt(fd, rt.SOL_NETLINK, rt.NETLINK_CAP_ACK, 1);
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

/**
 * Asks for a receive buffer of `bytes` (the kernel doubles it for its own needs). Beyond
 * net.core.rmem_max that takes rights over the first user namespace, which a rootless box lacks.
 */
export function setReceiveBuffer(fd: number, bytes: number): void {
  try {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
}

/** Reads datagrams until there are none; true if the kernel had to drop some (ENOBUFS). */
export function drain(fd: number, onDatagram: (bytes: Buffer) => void): boolean {
  let overrun = false;
  for (;;) {
    try {
      const length = recv(fd, buffer, MSG_DONTWAIT);
      if (length === undefined) return overrun;
      onDatagram(buffer.subarray(0, length));
    } catch (error) {
      // Told once per overrun; what was queued before it is still there to read.
      if (!isErrno(error, 'ENOBUFS')) throw error;
      overrun = true;
    }
  }
}

/** The kernel cuts dumps into at most 32 KiB. One buffer does: nothing else runs while it is used. */
const buffer = Buffer.alloc(128 * 1024);

/** struct timeval of 5 s. The kernel answers in well under a millisecond. */
const answerTimeout = Buffer.alloc(16);
answerTimeout.writeBigInt64LE(5n);
