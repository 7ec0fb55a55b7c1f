import { constants as os } from 'node:os';
import { expect, test } from 'vitest';
import { NLMSG_ERROR, NLM_F_ACK, NLM_F_CAPPED } from '../constants.ts';
import { Errno } from '../errno.ts';
import { readMessages, type Message } from '../message.ts';
import { nfMessage } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import { commit } from './transactionRequest.ts';

const request = () => nfMessage(0x0a00, NLM_F_ACK, nf.NFPROTO_INET);

const answer = (seq: number, errno: number): Message => {
  const payload = Buffer.alloc(20);
  payload.writeInt32LE(-errno, 0);
  return { header: { type: NLMSG_ERROR, flags: NLM_F_CAPPED, seq, pid: 1 }, payload };
};

/** Commits two requests to a kernel that answers begin, requests and end as given. */
function commitTo(reply: (seqs: number[]) => (Message[] | Errno)[]): void {
  let queue: (Message[] | Errno)[] = [];
  const transport = {
    send(bytes: Buffer) {
      queue = reply(readMessages(bytes).map(({ header }) => header.seq));
    },
    receive() {
      const next = queue.shift();
      if (next instanceof Errno) throw next;
      return next;
    },
  };
  commit(transport, 'changes', [request(), request()]);
}

const at = (seqs: number[], i: number, errno = 0) => answer(seqs[i] ?? 0, errno);

test('a commit is done when every request is acknowledged, in one datagram or many', () => {
  expect(() => commitTo((seqs) => [[at(seqs, 1), at(seqs, 2)]])).not.toThrow();
  expect(() => commitTo((seqs) => [[at(seqs, 1)], [at(seqs, 2)]])).not.toThrow();
  expect(() => commitTo((seqs) => [seqs.map((seq) => answer(seq, 0))])).not.toThrow();
});

test('the first refused request is the reason, wherever the kernel tells it', () => {
  const refused = (i: number) => () =>
    commitTo((seqs) => [
      [at(seqs, 1)],
      [at(seqs, i, os.errno.EBUSY)],
      [at(seqs, 2, os.errno.EPERM)],
    ]);
  for (const i of [0, 1, 3]) {
    expect(refused(i)).toThrow('changes: Device or resource busy');
  }
});

test('answers to other requests are passed over', () => {
  const other = answer(7, os.errno.EPERM);
  expect(() => commitTo((seqs) => [[other, at(seqs, 1), at(seqs, 2)]])).not.toThrow();
});

test('a lost answer is an error, even when the kernel does not tell that it is', () => {
  expect(() => commitTo((seqs) => [[at(seqs, 1)]])).toThrow('its answer was lost');
  expect(() => commitTo((seqs) => [[at(seqs, 2)], new Errno('recv', os.errno.ENOBUFS)])).toThrow(
    'changes: No buffer space available (its answer was lost)',
  );
});
