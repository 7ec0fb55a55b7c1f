import { expect, test } from 'vitest';
import { defaultLayout, layoutLimits, readLayout } from './layout.ts';

test.each([null, 'nonsense', '{"left":"wide"}', '[]'])('%j is as good as nothing', (stored) => {
  expect(readLayout(stored)).toEqual(defaultLayout);
});

test('what is remembered in part is completed, and kept within the limits', () => {
  expect(readLayout('{"left": 300, "dock": 99999}')).toEqual({
    ...defaultLayout,
    left: 300,
    dock: layoutLimits.dock.max,
  });
});
