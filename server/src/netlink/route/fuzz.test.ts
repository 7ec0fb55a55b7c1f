import fc from 'fast-check';
import { expect, test } from 'vitest';
import { message, readMessages } from '../message.ts';
import { attributeAt } from './attributeNames.ts';
import { decodeMessages } from './decode.ts';
import { decodeLinkStats } from './linkDecode.ts';
import { linkAddRequest } from './linkRequests.ts';
import { replies, requests } from './messages.fixtures.ts';
import { moreReplies } from './moreReplies.fixtures.ts';
import { moreRequests } from './moreRequests.fixtures.ts';
import { qdiscRequest } from './qdiscRequests.ts';

/**
 * Bytes that no kernel sent: what was recorded, damaged in every way. CNILAB_FUZZ sets the number
 * of messages, CNILAB_FUZZ_SEED where the sequence begins.
 */
const count = Number(process.env.CNILAB_FUZZ ?? 50_000);
const seed = Number(process.env.CNILAB_FUZZ_SEED ?? 1);

const recorded: Buffer[] = [...Object.values(replies), ...Object.values(moreReplies)].flatMap(
  (base64) =>
    readMessages(Buffer.from(base64, 'base64')).map(({ header, payload }) =>
      message(header.type, header.flags, [payload]),
    ),
);

/** Single messages: requests and replies, and kinds that the kernel of the recordings lacked. */
const corpus: Buffer[] = [
  ...[...Object.values(requests), ...Object.values(moreRequests)].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
  ...recorded,
  linkAddRequest({
    ...{ kind: 'vlan', name: 'v', parent: 3, id: 20, protocol: '802.1ad' },
    ...{ flags: { on: ['GVRP'] }, ingressQos: [{ from: 1, to: 2 }] },
  }),
  linkAddRequest({ kind: 'ipvlan', name: 'i', parent: 3, mode: 'l3s', flags: 'private' }),
  linkAddRequest({ kind: 'vrf', name: 'r', table: 1000 }),
  qdiscRequest('add', 3, { kind: 'tbf', tbf: { rate: 1e10, burst: 1e6, limit: 3e6 } }),
  // RTM_NEWVLAN with a range
  message(112, 0, [Buffer.from('070000000200000014000100080001000400140006000200', 'hex')]),
  message(112, 0, [Buffer.from('0700000002000000140001000800010004001400060002001e000000', 'hex')]),
];

test(
  `${count} damaged messages decode to something, without reading what is around them`,
  { timeout: 30_000 + count },
  () => {
    const random = generator(seed);
    for (let i = 0; i < count; i += 1) {
      const bytes = damaged(random);
      const decoded = decodeAll(bytes);
      if (decoded.length > bytes.length / 16) throw new Error(`too many of ${hexOf(bytes)}`);
      // A read outside would see these.
      if (i % 10 > 0) continue;
      const inside = [0x00, 0xff].map((around) => {
        const large = Buffer.alloc(bytes.length + 512, around);
        bytes.copy(large, 256);
        return JSON.stringify(decodeAll(large.subarray(256, 256 + bytes.length)));
      });
      if (inside[0] !== inside[1]) throw new Error(`looked around ${hexOf(bytes)}`);
    }
    expect(corpus.length).toBeGreaterThan(100);
  },
);

test('undamaged, what the kernel told is known, but for rules of multicast routing', () => {
  const unknown = recorded
    .filter((bytes) => decodeMessages(bytes).some(({ kind }) => kind === 'other'))
    .map((bytes) => [bytes.readUInt16LE(4), bytes[16]]);
  expect(unknown).toEqual([[32, 128]]);
});

test('random bytes decode to something without throwing or looping', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(decodeAll(Buffer.from(bytes)).length).toBeLessThanOrEqual(bytes.length / 16);
    }),
    { numRuns: 2000 },
  );
});

function decodeAll(bytes: Buffer): unknown[] {
  for (const { payload } of readMessages(bytes)) decodeLinkStats(payload);
  // Where the kernel would point to in a refused request.
  for (let offset = 16; offset < Math.min(bytes.length, 64); offset += 4)
    attributeAt(bytes, offset);
  return decodeMessages(bytes);
}

/** A message with one to four damages. */
function damaged(random: Random): Buffer {
  let bytes: Buffer = Buffer.from(corpus[random(corpus.length)] ?? []);
  for (let damages = 1 + random(4); damages > 0 && bytes.length > 0; damages -= 1) {
    bytes = damage(bytes, random);
  }
  // Mostly the length fits, or nothing inside would be looked at.
  if (bytes.length >= 16 && random(8) > 0) bytes.writeUInt32LE(bytes.length, 0);
  return bytes;
}

function damage(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length);
  switch (random(7)) {
    case 0:
      bytes[at] = random(256);
      return bytes;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 2: {
      // Lengths and types stand at multiples of four.
      const field = at & ~3;
      if (field + 2 <= bytes.length)
        bytes.writeUInt16LE(lengths[random(lengths.length)] ?? 0, field);
      return bytes;
    }
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
    case 5: {
      const other = corpus[random(corpus.length)] ?? bytes;
      return Buffer.concat([bytes.subarray(0, at & ~3), other.subarray(16 + (random(8) << 2))]);
    }
    default:
      // Another type over the same bytes.
      if (bytes.length >= 6) bytes.writeUInt16LE(types[random(types.length)] ?? 16, 4);
      return bytes;
  }
}

const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 0x7fff, 0xfffc, 0xffff];
const types = [2, 3, 16, 17, 20, 21, 24, 25, 28, 29, 32, 33, 36, 37, 40, 41, 88, 89, 112, 113];

const hexOf = (bytes: Buffer): string => bytes.toString('hex');

/** A number below the given one. */
type Random = (below: number) => number;

/** mulberry32: the same sequence for the same seed on every machine. */
function generator(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
