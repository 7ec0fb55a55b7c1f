import { constants as os } from 'node:os';
import { expect, test } from 'vitest';
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLM_F_REQUEST,
} from './constants.ts';
import { Errno } from './errno.ts';
import { message, nameAttribute, readMessages, u32Attribute, type Message } from './message.ts';
import { requestsOver } from './requests.ts';

const type = 16;
const request = () => message(type, NLM_F_REQUEST | NLM_F_ACK, [Buffer.alloc(16)]);
const dump = () => message(type, NLM_F_REQUEST | NLM_F_DUMP, [Buffer.alloc(16)]);

/** A message that answers the request with the number `seq`. */
const answer = (seq: number, of: number, flags: number, payload: Buffer): Message => ({
  header: { type: of, flags, seq, pid: 1 },
  payload,
});
const acknowledgement = (seq: number, errno = 0, extra: Buffer[] = []): Message => {
  const payload = Buffer.alloc(20);
  payload.writeInt32LE(-errno, 0);
  const flags = NLM_F_CAPPED | (extra.length > 0 ? NLM_F_ACK_TLVS : 0);
  return answer(seq, NLMSG_ERROR, flags, Buffer.concat([payload, ...extra]));
};
const done = (seq: number) => answer(seq, NLMSG_DONE, NLM_F_MULTI, Buffer.alloc(4));

/** A kernel that answers each request as `reply` says. */
function kernel(reply: (seq: number, nth: number) => Message[] | Errno) {
  const queue: (Message[] | Errno)[] = [];
  let count = 0;
  const sends: number[] = [];
  const transport = {
    send(bytes: Buffer) {
      const messages = readMessages(bytes);
      sends.push(messages.length);
      for (const { header } of messages) {
        queue.push(reply(header.seq, count));
        count += 1;
      }
    },
    receive(what: string, wait: boolean) {
      const next = queue.shift() ?? (wait ? new Errno(what, os.errno.ETIMEDOUT) : undefined);
      if (next instanceof Errno) throw next;
      return next;
    },
  };
  return { transport, sends };
}

test('a dump that something changed under is asked for again', () => {
  const entry = (seq: number, flags: number, text: string) =>
    answer(seq, type, NLM_F_MULTI | flags, Buffer.from(text));
  const { transport, sends } = kernel((seq, nth) => [
    entry(seq, nth < 2 ? NLM_F_DUMP_INTR : 0, `try ${nth}`),
    done(seq),
  ]);
  const got = requestsOver(transport).request('a dump', dump());
  expect(got.map(({ payload }) => payload.toString())).toEqual(['try 2']);
  expect(sends).toEqual([1, 1, 1]);
});

test('a change that is told only with the end of a dump counts, too', () => {
  const { transport, sends } = kernel((seq, nth) => [
    answer(seq, type, NLM_F_MULTI, Buffer.from(`try ${nth}`)),
    nth < 1 ? answer(seq, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, Buffer.alloc(4)) : done(seq),
  ]);
  const got = requestsOver(transport).request('a dump', dump());
  expect(got.map(({ payload }) => payload.toString())).toEqual(['try 1']);
  expect(sends).toEqual([1, 1]);
});

test('a dump that changes for ever ends with an error', () => {
  const { transport, sends } = kernel((seq) => [
    answer(seq, type, NLM_F_DUMP_INTR, Buffer.alloc(0)),
    done(seq),
  ]);
  const ask = () => requestsOver(transport).request('a dump', dump());
  expect(ask).toThrow('a dump: Interrupted system call (changed during every dump)');
  expect(sends).toHaveLength(20);
});

test('answers to earlier requests are passed over', () => {
  const { transport } = kernel((seq) => [
    acknowledgement(seq - 1, os.errno.EINVAL),
    answer(seq, type, 0, Buffer.from('mine')),
    acknowledgement(seq),
  ]);
  const got = requestsOver(transport).request('something', request());
  expect(got.map(({ payload }) => payload.toString())).toEqual(['mine']);
});

test('a refusal tells the words of the kernel and the attribute that it means', () => {
  const { transport } = kernel((seq) => [
    acknowledgement(seq, os.errno.EINVAL, [nameAttribute(1, 'too small'), u32Attribute(2, 32)]),
  ]);
  const { request: ask } = requestsOver(transport, (bytes, offset) => `${bytes.length}@${offset}`);
  const refusal = { code: 'EINVAL', detail: 'too small', attribute: '32@32', call: 'something' };
  expect(() => ask('something', request())).toThrow(expect.objectContaining(refusal));
});

test('each request of a batch has its outcome, and few sends do', () => {
  const { transport, sends } = kernel((seq, nth) => [
    ...(nth === 3 ? [answer(seq, type, 0, Buffer.from('told'))] : []),
    acknowledgement(seq, nth === 5 ? os.errno.EEXIST : 0),
  ]);
  const requests = Array.from({ length: 150 }, (_, i) => ({ what: `${i}`, bytes: request() }));
  const outcomes = requestsOver(transport).batch(requests);
  expect(sends).toEqual([64, 64, 22]);
  expect(outcomes.map(({ what }) => what)).toEqual(requests.map(({ what }) => what));
  expect(outcomes.flatMap(({ what, error }) => (error ? [[what, error.message]] : []))).toEqual([
    ['5', '5: File exists'],
  ]);
  expect(outcomes[3]?.answer.map(({ payload }) => payload.toString())).toEqual(['told']);
});

test('a batch with large requests is sent in parts', () => {
  const { transport, sends } = kernel((seq) => [acknowledgement(seq)]);
  const large = () => message(type, NLM_F_REQUEST, [Buffer.alloc(15_000)]);
  const requests = Array.from({ length: 5 }, (_, i) => ({ what: `${i}`, bytes: large() }));
  expect(requestsOver(transport).batch(requests)).toHaveLength(5);
  expect(sends).toEqual([2, 2, 1]);
});

test('the same bytes may be in a batch twice', () => {
  const { transport } = kernel((seq, nth) => [acknowledgement(seq, nth === 1 ? 17 : 0)]);
  const bytes = request();
  const outcomes = requestsOver(transport).batch([
    { what: 'first', bytes },
    { what: 'second', bytes },
  ]);
  expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'EEXIST']);
});

test('requests of a batch whose answers were lost say so; what is known stays known', () => {
  const { transport } = kernel((seq, nth) =>
    nth === 2 ? new Errno('recv', os.errno.ENOBUFS) : [acknowledgement(seq)],
  );
  const requests = Array.from({ length: 4 }, (_, i) => ({ what: `${i}`, bytes: request() }));
  const outcomes = requestsOver(transport).batch(requests);
  expect(outcomes.map(({ error }) => error?.message)).toEqual([
    undefined,
    undefined,
    '2: No buffer space available (its answer was lost)',
    undefined,
  ]);
});

test('a kernel that stays silent does not hold a batch for ever', () => {
  const { transport } = kernel((seq, nth) => (nth === 1 ? [] : [acknowledgement(seq)]));
  const requests = Array.from({ length: 3 }, (_, i) => ({ what: `${i}`, bytes: request() }));
  const outcomes = requestsOver(transport).batch(requests);
  expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'ETIMEDOUT', undefined]);
});
