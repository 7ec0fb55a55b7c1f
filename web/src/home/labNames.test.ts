import { expect, test } from 'vitest';
import { countText, freeName } from './labNames.ts';

test.each([
  ['web', [], 'web'],
  ['web', ['web'], 'web-2'],
  ['web', ['web', 'web-2'], 'web-3'],
  ['x'.repeat(64), ['x'.repeat(64)], `${'x'.repeat(62)}-2`],
])('%s beside %j is called %s', (wanted, taken, name) => {
  expect(freeName(wanted, taken)).toBe(name);
});

test('one is not several', () => {
  expect(countText(1, 0)).toBe('1 host, 0 pods');
});
