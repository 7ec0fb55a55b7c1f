import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementAt, textChange } from './textSync.ts';

test('the change turns any text into any other', () => {
  const similar = fc.array(fc.constantFrom('a', 'b', '\n'), { maxLength: 8 });
  fc.assert(
    fc.property(similar, similar, (first, second) => {
      const [before, after] = [first.join(''), second.join('')];
      const change = textChange(before, after);
      const changed = change
        ? before.slice(0, change.from) + change.insert + before.slice(change.to)
        : before;
      expect(changed).toBe(after);
    }),
  );
});

test('only what differs is replaced', () => {
  expect(textChange('name: web\n', 'name: db\n')).toEqual({ from: 6, to: 8, insert: 'd' });
  expect(textChange('same', 'same')).toBeUndefined();
});

test('the element at a place is the last one that began', () => {
  const starts = [
    { element: 'host:a', offset: 10 },
    { element: 'pod:a/b', offset: 20 },
  ];
  expect(elementAt(5, starts)).toBeUndefined();
  expect(elementAt(15, starts)).toBe('host:a');
  expect(elementAt(25, starts)).toBe('pod:a/b');
});
