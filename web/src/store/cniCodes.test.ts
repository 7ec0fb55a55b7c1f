import { expect, test } from 'vitest';
import { codeMeaning, errorTitle } from './cniCodes.ts';

test.each([
  [11, 'Code 11: try again later.'],
  [50, 'Code 50: not available, it cannot serve an ADD.'],
  [100, 'Code 100 is one of the plugin’s own.'],
  [999, 'Code 999 is one of the plugin’s own.'],
  [0, undefined],
  [60, undefined],
])('code %i means: %s', (code, meaning) => {
  expect(codeMeaning(code)).toBe(meaning);
});

test('an error names who raised it, and its code if it has one', () => {
  expect(errorTitle({ code: 7, msg: '', plugin: 'bridge' })).toBe('bridge failed (code 7).');
  expect(errorTitle({ code: 0, msg: '', plugin: 'bridge' })).toBe('bridge failed.');
  expect(errorTitle({ code: 0, msg: '' })).toBe('Failed.');
  expect(errorTitle({ code: 4, msg: '' })).toBe('Failed (code 4).');
});
