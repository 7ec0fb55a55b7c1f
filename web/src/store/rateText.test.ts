import { expect, test } from 'vitest';
import { bitRate, rateText } from './rateText.ts';

test('rates are written with the unit that fits', () => {
  expect([0, 999, 1500, 123_000, 9_990_000, 2.5e9].map(bitRate)).toEqual([
    '0 bit/s',
    '999 bit/s',
    '1.5 kbit/s',
    '123 kbit/s',
    '10.0 Mbit/s',
    '2.5 Gbit/s',
  ]);
});

test('each direction of an interface is packets and bits a second', () => {
  const rate = { rxBits: 8000, rxPackets: 10.4, txBits: 12, txPackets: 123_456 };
  expect(rateText(rate, 'rx')).toBe('10 packets/s, 8.0 kbit/s');
  expect(rateText(rate, 'tx')).toBe('123 k packets/s, 12 bit/s');
});
