import { expect, test } from 'vitest';
import { barEnd, plugPlaces } from './aim.ts';

const bar = { x: 100, y: 50, width: 200, height: 40 };

test('a cable meets a bar straight below or above its other end, and never at a corner', () => {
  expect(barEnd(bar, { x: 130, y: -80 })).toBe('30px -20px');
  expect(barEnd(bar, { x: 130, y: 200 })).toBe('30px 20px');
  expect(barEnd(bar, { x: 900, y: 200 })).toBe('84px 20px');
  expect(barEnd(bar, { x: 900, y: 55 })).toBe('100px 0px');
});

const frame = { x: 150, y: 100, width: 300, height: 200 };
const plug = (id: string, width: number, wanted: number) => ({ node: { id, width }, wanted });

test('a port map stands on the frame above its pod, right of the title', () => {
  expect(plugPlaces(frame, 80, [plug('a', 100, 200)])).toEqual([{ id: 'a', at: { x: 200, y: 0 } }]);
  expect(plugPlaces(frame, 80, [plug('a', 100, 20)])).toEqual([{ id: 'a', at: { x: 130, y: 0 } }]);
});

test('port maps that do not fit beside each other stand in rows and stay within the frame', () => {
  const places = plugPlaces(frame, 80, [
    plug('a', 140, 100),
    plug('b', 140, 110),
    plug('c', 400, 0),
  ]);
  const rows = new Map(places.map(({ id, at }) => [id, at.y]));
  expect(new Set(rows.values()).size).toBe(3);
  const b = places.find(({ id }) => id === 'b');
  expect(b && b.at.x - 70 >= 0 && b.at.x + 70 <= 300).toBe(true);
});
