import { expect, test } from 'vitest';
import { matchesKeys, type KeyPress } from './keys.ts';
import { commands } from './shortcuts.ts';

const press = (key: string, part: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...part,
});

test.each([
  ['Mod+Z', press('z', { ctrlKey: true })],
  ['Mod+Z', press('z', { metaKey: true })],
  ['Mod+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true })],
  ['F', press('f')],
  ['F', press('F')],
  ['?', press('?', { shiftKey: true })],
  ['/', press('/', { shiftKey: true })],
  ['Shift+1', press('!', { shiftKey: true, code: 'Digit1' })],
  ['Delete', press('Delete')],
])('%s is %j', (keys, event) => {
  expect(matchesKeys(keys, event)).toBe(true);
});

test.each([
  ['Mod+Z', press('z')],
  ['Mod+Z', press('Z', { ctrlKey: true, shiftKey: true })],
  ['F', press('f', { ctrlKey: true })],
  ['F', press('F', { shiftKey: true })],
  ['F', press('f', { altKey: true })],
  ['Shift+1', press('1', { code: 'Digit1' })],
])('%s is not %j', (keys, event) => {
  expect(matchesKeys(keys, event)).toBe(false);
});

test('no two commands have the same keys or the same id', () => {
  const keys = commands.flatMap((command) => command.keys ?? []);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
});
