import { expect, test } from 'vitest';
import { ratesBetween, type LinkCounts } from './rates.ts';

const counts = (index: number, values: Partial<LinkCounts> = {}): LinkCounts => ({
  index,
  rxBytes: 0,
  rxPackets: 0,
  rxDropped: 0,
  txBytes: 0,
  txPackets: 0,
  txDropped: 0,
  ...values,
});
const none = { rxBits: 0, rxPackets: 0, txBits: 0, txPackets: 0 };

test('rates are what was counted in a second between two readings of an interface', () => {
  const now = [counts(2, { rxBytes: 2500, rxPackets: 10, txBytes: 100, txPackets: 1 }), counts(9)];
  expect(ratesBetween([counts(2, { txBytes: 100 })], now, 2).links).toEqual([
    { ...now[0], rate: { rxBits: 10_000, rxPackets: 5, txBits: 0, txPackets: 0.5 } },
    now[1],
  ]);
});

test('an interface that was made anew does not count backwards', () => {
  const { links } = ratesBetween([counts(2, { rxBytes: 900 })], [counts(2, { rxBytes: 10 })], 1);
  expect(links[0]?.rate).toEqual(none);
});

test('a first reading has no rates', () => {
  expect(ratesBetween(undefined, [counts(1)], 0).links).toEqual([counts(1)]);
});
