import { expect, it } from 'vitest';
import { goQuote } from './goQuote.ts';

it.each([
  ['a\x07\b\f\n\r\t\v\\"\x00\x7f', '"a\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\x00\\x7f"'],
  ["é€\u{1f600}'", '"é€\u{1f600}\'"'],
  ['\u00a0\u200b\u2028\ue000\u{e0001}', '"\\u00a0\\u200b\\u2028\\ue000\\U000e0001"'],
])('quotes %j as Go does', (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});
