import { constants as os } from 'node:os';
import { readControl } from '../control.ts';
import { Errno, isErrno } from '../errno.ts';
import { numbered, type Message } from '../message.ts';
import type { Transport } from '../requests.ts';
import { batch } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';

/**
 * Sends requests of nf_tables made with NLM_F_ACK, of which the kernel carries out all or none.
 * Throws an Errno about `what` for the first one that it refuses, or ENOBUFS if it is not known
 * what became of them.
 */
export function commit({ send, receive }: Transport, what: string, requests: Buffer[]): void {
  const messages = batch(nf.NFNL_SUBSYS_NFTABLES, requests);
  for (const [i, message] of messages.entries()) numbered(message, firstSeq + i);
  const last = messages.length - 1;
  // Older kernels answer the begin and the end only to refuse the whole.
  const missing = new Set(messages.slice(1, last).map((_, i) => firstSeq + 1 + i));
  send(Buffer.concat(messages));

  const settle = ({ header, payload }: Message) => {
    if (header.seq < firstSeq || header.seq > firstSeq + last) return undefined;
    const answer = readControl({ header, payload });
    if (answer) missing.delete(header.seq);
    return answer && answer.errno !== 0 ? new Errno(what, answer.errno, answer.detail) : undefined;
  };
  let refusal: Errno | undefined;
  try {
    // All answers are queued before send returns.
    for (let next = receive(what, false); next; next = receive(what, false)) {
      for (const message of next) {
        const error = settle(message);
        refusal ??= error;
      }
    }
  } catch (error) {
    if (!isErrno(error, 'ENOBUFS')) throw error;
  }
  if (refusal) throw refusal;
  if (missing.size > 0) throw new Errno(what, os.errno.ENOBUFS, 'its answer was lost');
}

/** Far from those of other requests on the same socket, whose answers may still be queued. */
const firstSeq = 0x8000_0000;
