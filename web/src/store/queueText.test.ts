import { expect, test } from 'vitest';
import { queueText } from './queueText.ts';

test.each([
  [
    { rate: 125_000, linkLayer: 'ethernet', burst: 10_240, limit: 16_490, latency: 50_000 },
    'rate 1.0 Mbit/s, burst 10240 bytes, latency 50 ms',
  ],
  [{ delay: 20_000, jitter: 500, loss: 0.005 }, 'delay 20 ms, jitter 500 µs, loss 0.5 %'],
  [{ rate: { rate: 1 } }, ''],
  [undefined, ''],
])('%j is told as %s', (settings, text) => {
  expect(queueText(settings ? { settings } : {})).toBe(text);
});
