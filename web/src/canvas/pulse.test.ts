import { expect, test } from 'vitest';
import {
  isOver,
  joinPulse,
  maxMarks,
  pointAt,
  trackLength,
  trackOf,
  type ActivePulse,
} from './pulse.ts';

const track = trackOf([
  { x: 0, y: 0 },
  { x: 100, y: 0 },
  { x: 100, y: 50 },
]);

test('a point moves along its track at even speed and stays at the ends', () => {
  expect(trackLength(track)).toBe(150);
  expect(pointAt(track, 0)).toEqual({ x: 0, y: 0 });
  expect(pointAt(track, 50)).toEqual({ x: 50, y: 0 });
  expect(pointAt(track, 125)).toEqual({ x: 100, y: 25 });
  expect(pointAt(track, 999)).toEqual({ x: 100, y: 50 });
  expect(pointAt(trackOf([]), 1)).toBeUndefined();
});

test('never more marks move than the limit, and the rest is counted', () => {
  let active: ActivePulse[] = [];
  for (let at = 0; at < 40; at++) {
    active = joinPulse(active, { track, ok: true, key: `way ${at}` }, 0, true);
  }
  expect(active.reduce((sum, { marks }) => sum + marks, 0)).toBe(maxMarks);
  active = joinPulse(active, { track, ok: true, key: 'way 1' }, 0, true);
  expect(active.length).toBe(40);
  expect(active[1]?.count).toBe(2);
});

test('with reduced motion nothing moves, and the outcome is there at once', () => {
  const [pulse] = joinPulse([], { track, ok: false, key: 'way' }, 1000, false);
  expect(pulse).toMatchObject({ marks: 0, travelMs: 0 });
  expect(pulse && isOver(pulse, 1100)).toBe(false);
  expect(pulse && isOver(pulse, 9000)).toBe(true);
});
