import { constants as os } from 'node:os';
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
} from './constants.ts';
import { readControl, type Control } from './control.ts';
import { Errno, isErrno } from './errno.ts';
import { bind, close, recv, send, setsockopt, socket } from './libc.ts';
import { numbered, readMessages, type Message } from './message.ts';

/** One message to the kernel and what to call it in an error: `RTM_NEWLINK veth "v1"`. */
export interface Request {
  what: string;
  bytes: Buffer;
}

/** What became of one request of a batch. */
export interface Outcome {
  what: string;
  /** Why the kernel refused it, or ENOBUFS when its answer was lost. */
  error?: Errno;
  answer: Message[];
}

/** A netlink socket that asks and waits for the answer. */
export interface RequestSocket {
  /**
   * Sends a request made with NLM_F_ACK or NLM_F_DUMP, blocks until its answer is complete and
   * returns the messages of the answer. A dump that something changed under is asked for again.
   * Throws an Errno that starts with `what`.
   */
  request(what: string, bytes: Buffer): Message[];
  /**
   * Sends many requests (no dumps) in few system calls. The kernel works them off in order, and
   * goes on after one that it refuses; the outcomes have the order of the requests.
   */
  batch(requests: readonly Request[]): Outcome[];
  close(): void;
}

export interface RequestSocketOptions {
  /** NETLINK_ROUTE unless given. */
  protocol?: number;
  /** The name of the attribute at an offset of a refused request, for its error. */
  nameAttribute?: (request: Buffer, offset: number) => string | undefined;
}

/** Opens it in the network namespace that the calling thread is in; it stays there. */
export function openRequestSocket(options: RequestSocketOptions = {}): RequestSocket {
  const fd = openNetlink(options.protocol ?? NETLINK_ROUTE);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, answerTimeout);
  setReceiveBuffer(fd, 1024 * 1024);
  checkStrictly(fd);
  let seq = 0;
  const nextSeq = () => (seq = (seq + 1) >>> 0 || 1);

  const refusal = ({ what, bytes }: Request, { errno, detail, offset }: Control): Errno => {
    const attribute = offset === undefined ? undefined : options.nameAttribute?.(bytes, offset);
    return new Errno(what, errno, detail, attribute);
  };

  const once = (request: Request): Message[] => {
    const { what, bytes } = request;
    const number = nextSeq();
    send(fd, numbered(bytes, number));
    const answer: Message[] = [];
    for (;;) {
      for (const message of receive(fd, what)) {
        // Left over from an earlier request that failed half-way.
        if (message.header.seq !== number) continue;
        const control = readControl(message);
        if (!control) answer.push(message);
        else if (control.errno === 0) return answer;
        else throw refusal(request, control);
      }
    }
  };

  const sendTogether = (requests: readonly Request[]): Outcome[] => {
    const outcomes = requests.map(({ what }): Outcome => ({ what, answer: [] }));
    const open = new Map<number, number>();
    const all = Buffer.concat(requests.map(({ bytes }) => bytes));
    let at = 0;
    for (const [i, { bytes }] of requests.entries()) {
      const message = all.subarray(at, at + bytes.length);
      message.writeUInt16LE(message.readUInt16LE(6) | NLM_F_ACK, 6);
      open.set(nextSeq(), i);
      numbered(message, seq);
      at += bytes.length;
    }
    send(fd, all);
    const settle = ({ header, payload }: Message) => {
      const i = open.get(header.seq);
      const request = i === undefined ? undefined : requests[i];
      const outcome = i === undefined ? undefined : outcomes[i];
      if (!request || !outcome) return;
      const control = readControl({ header, payload });
      if (!control) {
        outcome.answer.push({ header, payload });
        return;
      }
      open.delete(header.seq);
      if (control.errno !== 0) outcome.error = refusal(request, control);
    };
    try {
      while (open.size > 0) receive(fd, 'a batch').forEach(settle);
    } catch (error) {
      if (!isErrno(error, 'ENOBUFS', 'ETIMEDOUT')) throw error;
      for (const i of open.values()) {
        const outcome = outcomes[i];
        if (outcome) outcome.error = new Errno(outcome.what, error.errno, 'its answer was lost');
      }
    }
    return outcomes;
  };

  return {
    request(what, bytes) {
      for (let tries = 1; ; tries += 1) {
        const answer = once({ what, bytes });
        // Something changed during the dump: it may lack an entry or tell one twice.
        const torn = answer.some(({ header }) => (header.flags & NLM_F_DUMP_INTR) !== 0);
        const isDump = (bytes.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP;
        if (!torn || !isDump) return answer;
        if (tries === 20) throw new Errno(what, os.errno.EINTR, 'changed during every dump');
      }
    },
    batch: (requests) => chunksOf(requests).flatMap(sendTogether),
    close: () => close(fd),
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
}

/** With it, dumps can be narrowed to one link or table. Linux before 4.20 does not know it. */
function checkStrictly(fd: number): void {
  try {
    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  } catch (error) {
    if (!isErrno(error, 'ENOPROTOOPT')) throw error;
  }
}

/** The messages of the next datagram, waiting for it. */
function receive(fd: number, what: string): Message[] {
  const length = recv(fd, buffer, MSG_TRUNC);
  if (length === undefined) throw new Errno(what, os.errno.ETIMEDOUT, 'no answer in 5 s');
  if (length > buffer.length) throw new Errno(what, os.errno.EMSGSIZE);
  // A copy, because views of it are returned and the buffer serves the next call.
  return readMessages(Buffer.from(buffer.subarray(0, length)));
}

/** So small that their answers fit into a receive buffer of Debian's default size. */
const chunkRequests = 64;
const chunkBytes = 32 * 1024;

function chunksOf(requests: readonly Request[]): Request[][] {
  const chunks: Request[][] = [];
  let bytes = 0;
  for (const request of requests) {
    const last = chunks.at(-1);
    bytes += request.bytes.length;
    if (last && last.length < chunkRequests && bytes <= chunkBytes) last.push(request);
    else {
      chunks.push([request]);
      bytes = request.bytes.length;
    }
  }
  return chunks;
}

/** The kernel cuts dumps into at most 32 KiB. One buffer does: nothing else runs while it is used. */
const buffer = Buffer.alloc(128 * 1024);

/** struct timeval of 5 s. The kernel answers in well under a millisecond. */
const answerTimeout = Buffer.alloc(16);
answerTimeout.writeBigInt64LE(5n);
