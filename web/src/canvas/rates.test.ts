import { expect, test } from 'vitest';
import { bitRate, ratesBetween } from './rates.ts';

const stats = (rxBytes: number, txBytes: number, index = 2) => ({
  namespace: 'node1',
  index,
  rxBytes,
  txBytes,
  rxPackets: 0,
  txPackets: 0,
  rxDropped: 0,
  txDropped: 0,
});

test('rates are bits per second between two readings of the same interface', () => {
  const rates = ratesBetween(
    { at: 1000, links: [stats(0, 100)] },
    { at: 3000, links: [stats(2500, 100), stats(5, 5, 9)] },
  );
  expect([...rates]).toEqual([['node1 2', { receive: '10 kbit/s', send: '0 bit/s' }]]);
});

test('an interface that was made anew does not count backwards', () => {
  const rates = ratesBetween(
    { at: 0, links: [stats(900, 0)] },
    { at: 1000, links: [stats(10, 0)] },
  );
  expect(rates.get('node1 2')?.receive).toBe('0 bit/s');
});

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
