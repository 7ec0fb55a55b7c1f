import { constants as os } from 'node:os';
import { NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR } from './constants.ts';
import { readControl, type Control } from './control.ts';
import { Errno, isErrno } from './errno.ts';
import { numbered, type Message } from './message.ts';

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

/** What carries the bytes: a socket, or in tests something else. */
export interface Transport {
  send(bytes: Buffer): void;
  /**
   * The messages of the next datagram. Waits for it unless told not to: undefined when there is
   * none. Throws an Errno about `what`; ENOBUFS when the kernel had to drop some.
   */
  receive(what: string, wait: boolean): Message[] | undefined;
}

/** The name of the attribute at an offset of a refused request, for its error. */
export type NameAttribute = (request: Buffer, offset: number) => string | undefined;

/** Requests and answers, matched by their sequence numbers. */
export function requestsOver(
  { send, receive }: Transport,
  nameAttribute?: NameAttribute,
): Omit<RequestSocket, 'close'> {
  let seq = 0;
  const nextSeq = () => (seq = (seq + 1) >>> 0 || 1);

  const refusal = ({ what, bytes }: Request, { errno, detail, offset }: Control): Errno => {
    const attribute = offset === undefined ? undefined : nameAttribute?.(bytes, offset);
    return new Errno(what, errno, detail, attribute);
  };

  const once = (request: Request): { answer: Message[]; torn: boolean } => {
    const { what, bytes } = request;
    const number = nextSeq();
    send(numbered(bytes, number));
    const answer: Message[] = [];
    let torn = false;
    for (;;) {
      for (const message of receive(what, true) ?? []) {
        // Left over from an earlier request that failed half-way.
        if (message.header.seq !== number) continue;
        // Often told only with the end, when what came before it was one datagram.
        torn ||= (message.header.flags & NLM_F_DUMP_INTR) !== 0;
        const control = readControl(message);
        if (!control) answer.push(message);
        else if (control.errno === 0) return { answer, torn };
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
    send(all);
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
    const lost = receiveAll(() => open.size > 0, settle);
    for (const i of open.values()) {
      const outcome = outcomes[i];
      if (outcome) outcome.error = new Errno(outcome.what, lost, 'its answer was lost');
    }
    return outcomes;
  };

  /** Everything as long as something is missing; the errno that tells why it still is. */
  const receiveAll = (isMissing: () => boolean, settle: (message: Message) => void): number => {
    let overrun = false;
    while (isMissing()) {
      try {
        const messages = receive('a batch', !overrun);
        if (!messages) break;
        messages.forEach(settle);
      } catch (error) {
        if (isErrno(error, 'ETIMEDOUT')) break;
        if (!isErrno(error, 'ENOBUFS')) throw error;
        // All answers were queued while the batch was sent: what is not there now will not come.
        overrun = true;
      }
    }
    return overrun ? os.errno.ENOBUFS : os.errno.ETIMEDOUT;
  };

  return {
    request(what, bytes) {
      for (let tries = 1; ; tries += 1) {
        // Torn: something changed during the dump, so it may lack an entry or tell one twice.
        const { answer, torn } = once({ what, bytes });
        const isDump = (bytes.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP;
        if (!torn || !isDump) return answer;
        if (tries === 20) throw new Errno(what, os.errno.EINTR, 'changed during every dump');
      }
    },
    batch: (requests) => chunksOf(requests).flatMap(sendTogether),
  };
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
