import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attribute, message, numbered, readAttributes, readMessages } from './message.ts';

test('what the builder writes the reader reads', () => {
  const parts = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 })),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 0xffff_ffff }), (attributes, seq) => {
      const bytes = numbered(
        message(
          16,
          5,
          attributes.map(([type, value]) => attribute(type, value)),
        ),
        seq,
      );
      const [read, ...more] = readMessages(Buffer.concat([bytes, bytes]));
      expect(more).toHaveLength(1);
      expect(read?.header).toEqual({ type: 16, flags: 5, seq, pid: 0 });
      const expected = new Map(attributes.map(([type, value]) => [type, Buffer.from(value)]));
      expect(read && new Map(readAttributes(read.payload))).toEqual(expected);
    }),
  );
});
