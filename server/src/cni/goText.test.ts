import fc from 'fast-check';
import { expect, it } from 'vitest';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { decodeText, encodeText } from './goText.ts';

it('gives back the bytes of any text, UTF-8 or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect([...encodeText(decodeText(bytes))]).toEqual([...bytes]);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeText(Buffer.from(text))).toBe(text);
    }),
  );
});

it.each<[bytes: number[], text: string, wellFormed: string, quoted: string]>([
  [[0x61, 0xff, 0x62], 'a\udcffb', 'a\ufffdb', '"a\\xffb"'],
  // Two of three bytes of €, then a whole one: Go counts bytes and not beginnings.
  [[0xe2, 0x82, 0xe2, 0x82, 0xac], '\udce2\udc82€', '\ufffd\ufffd€', '"\\xe2\\x82€"'],
  // A surrogate in UTF-8, and a character that is written too long.
  [[0xed, 0xa0, 0x80], '\udced\udca0\udc80', '\ufffd\ufffd\ufffd', '"\\xed\\xa0\\x80"'],
  [[0xc0, 0xaf], '\udcc0\udcaf', '\ufffd\ufffd', '"\\xc0\\xaf"'],
  [[0xf0, 0x9f, 0x98, 0x80], '\u{1f600}', '\u{1f600}', '"\u{1f600}"'],
])('reads the bytes %j', (bytes, text, wellFormed, quoted) => {
  expect(decodeText(Uint8Array.from(bytes))).toBe(text);
  expect(text.toWellFormed()).toBe(wellFormed);
  expect(goQuote(text)).toBe(quoted);
});
