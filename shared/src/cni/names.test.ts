import { expect, it } from 'vitest';
import { utf8Length } from './names.ts';

// Which names are refused: test/conformance/names.test.ts.

it('counts bytes of UTF-8', () => {
  expect(['a', 'é', '€', '\u{1f600}', 'aé€\u{1f600}'].map(utf8Length)).toEqual([1, 2, 3, 4, 10]);
});
