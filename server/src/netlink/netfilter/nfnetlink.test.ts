import { expect, test } from 'vitest';
import { NLM_F_ACK, NLM_F_REQUEST } from '../constants.ts';
import { readControl } from '../control.ts';
import { readMessages } from '../message.ts';
import { batch, bitWords, nfMessage, readNfgenmsg } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import { decoded } from './testMessages.ts';
import { typeNames, verdictWord } from './nftWords.ts';

test('a batch encloses its requests, and may insist on a generation', () => {
  const inside = nfMessage(0x0a00, NLM_F_ACK, nf.NFPROTO_INET);
  const messages = readMessages(Buffer.concat(batch(nf.NFNL_SUBSYS_NFTABLES, [inside], 258)));
  expect(messages.map(({ header }) => [header.type, header.flags])).toEqual([
    [nf.NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST],
    [0x0a00, NLM_F_REQUEST | NLM_F_ACK],
    [nf.NFNL_MSG_BATCH_END, NLM_F_REQUEST],
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

test('a refused batch is answered request by request', () => {
  const refused = { kind: 'error', errno: 1 };
  const answers = decoded('refused', readControl);
  expect(answers).toEqual(Array.from({ length: 7 }, () => expect.objectContaining(refused)));
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
