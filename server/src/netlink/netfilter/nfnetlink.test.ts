import { describe, expect, test } from 'vitest';
import { readMessages } from '../message.ts';
import { batch, bitWords, nfMessage, readAcknowledgement, readNfgenmsg } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import { decoded } from './testMessages.ts';
import { typeNames, verdictWord } from './nftWords.ts';

test('a batch encloses its requests, and may insist on a generation', () => {
  const inside = nfMessage(0x0a00, nf.NLM_F_ACK, nf.NFPROTO_INET);
  const messages = readMessages(Buffer.concat(batch(nf.NFNL_SUBSYS_NFTABLES, [inside], 258)));
  expect(messages.map(({ header }) => [header.type, header.flags])).toEqual([
    [nf.NFNL_MSG_BATCH_BEGIN, nf.NLM_F_REQUEST],
    [0x0a00, nf.NLM_F_REQUEST | nf.NLM_F_ACK],
    [nf.NFNL_MSG_BATCH_END, nf.NLM_F_REQUEST],
  ]);
  expect(messages.map(({ payload }) => payload.toString('hex'))).toEqual([
    '0000000a0800010000000102',
    '01000000',
    '0000000a',
  ]);
  expect(messages.map(({ payload }) => readNfgenmsg(payload))).toEqual([
    { family: nf.NFPROTO_UNSPEC, resourceId: nf.NFNL_SUBSYS_NFTABLES },
    { family: nf.NFPROTO_INET, resourceId: 0 },
    { family: nf.NFPROTO_UNSPEC, resourceId: nf.NFNL_SUBSYS_NFTABLES },
  ]);
});

describe('acknowledgements', () => {
  test('of a refused batch: one for every request', () => {
    expect(decoded('refused', readAcknowledgement)).toEqual(
      Array.from({ length: 7 }, () => ({ errno: 1 })),
    );
  });

  test('end a dump', () => {
    expect(decoded('tables', readAcknowledgement)).toEqual([{ errno: 0 }]);
  });

  const error = (flags: number, payload: string) => ({
    header: { type: nf.NLMSG_ERROR, flags, seq: 1, pid: 1 },
    payload: Buffer.from(payload, 'hex'),
  });
  const text = '0800010068657900';
  const errno = 'feffffff';
  const header = '10000000000a05000100000000000000';

  test('bring the text of the kernel behind a request that is capped or whole', () => {
    const capped = nf.NLM_F_CAPPED | nf.NLM_F_ACK_TLVS;
    expect(readAcknowledgement(error(capped, errno + header + text))).toEqual({
      errno: 2,
      detail: 'hey',
    });
    const whole = errno + '18000000' + header.slice(8) + '0000000000000000' + text;
    expect(readAcknowledgement(error(nf.NLM_F_ACK_TLVS, whole))).toEqual({
      errno: 2,
      detail: 'hey',
    });
  });

  test('that lie about their length have no text', () => {
    const lies = errno + 'ffffff7f' + header.slice(8) + text;
    expect(readAcknowledgement(error(nf.NLM_F_ACK_TLVS, lies))).toEqual({ errno: 2 });
    expect(readAcknowledgement(error(nf.NLM_F_ACK_TLVS, errno))).toEqual({ errno: 2 });
    expect(readAcknowledgement(error(0, 'feff'))).toBeUndefined();
  });
});

test('numbers become the words of nft', () => {
  expect([0, 1, 3, -1, -2, -3, -4, -5, 99, 0x20003].map(verdictWord)).toEqual(
    'drop accept queue continue break jump goto return 99 queue'.split(' '),
  );
  expect(typeNames(7)).toEqual(['ipv4_addr']);
  expect(typeNames((7 << 12) | (12 << 6) | 13)).toEqual([
    'ipv4_addr',
    'inet_proto',
    'inet_service',
  ]);
  expect(typeNames(63)).toEqual(['63']);
  expect(bitWords(6, [[2, 'two']])).toEqual(['two']);
});
