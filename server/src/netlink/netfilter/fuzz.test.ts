import { describe, expect, test } from 'vitest';
import { readControl } from '../control.ts';
import { readMessages } from '../message.ts';
import { decodeFlow, decodeFlowEvent, translationOf } from './conntrack.ts';
import { decodeCount } from './counters.ts';
import { recorded } from './netfilter.fixtures.ts';
import { decodePacket } from './packet.ts';
import { orderAfter } from './ruleOrder.ts';
import { decodeChange, decodeGeneration } from './ruleset.ts';
import { decodeTrace } from './trace.ts';
import { createTransactionReader } from './transactions.ts';

/** More on demand, for a long night. */
const runs = Number(process.env['CNILAB_FUZZ'] ?? 50_000);
const seed = Number(process.env['CNILAB_FUZZ_SEED'] ?? 1);

/** Everything that the library reads out of bytes. */
function decodeAll(bytes: Buffer) {
  const transactions = createTransactionReader().read(bytes);
  const messages = readMessages(bytes).map((message) => {
    const flow = decodeFlow(message);
    const step = decodeTrace(message);
    return [
      decodeChange(message),
      decodeGeneration(message),
      decodeCount(message),
      readControl(message),
      decodeFlowEvent(message),
      flow && translationOf(flow),
      step,
      decodePacket(step?.networkHeader, step?.transportHeader),
    ];
  });
  const changes = transactions.flatMap((transaction) => transaction.changes);
  const order = orderAfter([1, 2, 3], { family: 'inet', table: 'filter', chain: 'input' }, changes);
  return { transactions, messages, order };
}

/** Reproducible random numbers from 0 to `below` - 1 (mulberry32). */
function randomNumbers(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Single messages, so that no damage hides in a message that is not decoded any more. */
const originals = Object.values(recorded).flatMap((hex) => {
  const all = Buffer.from(hex, 'hex');
  const messages: Buffer[] = [];
  for (let at = 0; at + 16 <= all.length; at += (all.readUInt32LE(at) + 3) & ~3) {
    messages.push(all.subarray(at, at + all.readUInt32LE(at)));
  }
  return messages;
});

/** Bits flipped, lengths that lie, parts cut off, doubled or put elsewhere, other types. */
function mutated(original: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original);
  const extremes = [0, 1, 3, 4, 5, 0x7fff, 0x8000, 0xfffb, 0xffff];
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes -= 1) {
    const at = random(bytes.length);
    const aligned = at & ~3;
    switch (random(7)) {
      case 0:
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
        break;
      case 1: // the length of an attribute, or its type
        if (aligned + 4 > bytes.length) break;
        bytes.writeUInt16LE(extremes[random(extremes.length)] ?? 0, aligned + 2 * random(2));
        break;
      case 2: // a small lie
        if (aligned + 2 > bytes.length) break;
        bytes.writeUInt16LE((bytes.readUInt16LE(aligned) + random(9) - 4) & 0xffff, aligned);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length))]);
        break;
      case 5:
        bytes.fill(random(256), at, Math.min(bytes.length, at + 1 + random(16)));
        break;
      default: // as a message of another kind, of a length that is right again
        if (bytes.length < 16) break;
        bytes.writeUInt32LE(bytes.length, 0);
        bytes.writeUInt16LE((originals[random(originals.length)] ?? bytes).readUInt16LE(4), 4);
    }
  }
  return bytes;
}

/** The bytes between others that a read beyond their ends would meet. */
function surrounded(bytes: Buffer, by: number): Buffer {
  const whole = Buffer.alloc(bytes.length + 128, by);
  bytes.copy(whole, 64);
  return whole.subarray(64, 64 + bytes.length);
}

const told = (bytes: Buffer): string => JSON.stringify(decodeAll(bytes));

describe('damaged messages', () => {
  test(
    `decode without an error and without a look beyond their ends, ${runs} times`,
    () => {
      const random = randomNumbers(seed);
      for (let run = 0; run < runs; run += 1) {
        const original = originals[random(originals.length)] ?? Buffer.alloc(0);
        const bytes = mutated(original, random);
        const [zeros, ones] = [surrounded(bytes, 0), surrounded(bytes, 0xff)].map(told);
        if (zeros !== ones) expect(ones, `seed ${seed}, run ${run}`).toBe(zeros);
      }
      expect(originals.length).toBeGreaterThan(100);
    },
    30_000 + runs,
  );

  test('of only length fields end', () => {
    for (const length of [0, 4, 8, 0xffff]) {
      const bytes = Buffer.alloc(60_000);
      for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt16LE(length, at);
      bytes.writeUInt32LE(bytes.length, 0);
      for (const type of [0x0a06, 0x0a03, 0x0a0c, 0x0a11, 0x0100]) {
        bytes.writeUInt16LE(type, 4);
        bytes.writeUInt8(2, 16);
        expect(() => decodeAll(bytes)).not.toThrow();
      }
    }
  });
});

test('whole messages decode to something', () => {
  const ends = new Set([2, 3]);
  for (const bytes of originals) {
    if (ends.has(bytes.readUInt16LE(4))) continue;
    const { transactions, messages } = decodeAll(bytes);
    const parts = [...transactions, ...messages.flat()];
    expect(parts.some((part) => part !== undefined)).toBe(true);
  }
});
