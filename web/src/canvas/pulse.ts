import type { Point } from './geometry.ts';

/** A way on the canvas as a line of points, with the length up to each. Model coordinates. */
export interface Track {
  points: Point[];
  lengths: number[];
}

export function trackOf(points: readonly Point[]): Track {
  const lengths: number[] = [];
  let length = 0;
  points.forEach((point, at) => {
    const before = points[at - 1];
    if (before) length += Math.hypot(point.x - before.x, point.y - before.y);
    lengths.push(length);
  });
  return { points: [...points], lengths };
}

export const trackLength = ({ lengths }: Track): number => lengths.at(-1) ?? 0;

/** The point at a distance from the start; beyond the ends it is the end. */
export function pointAt({ points, lengths }: Track, distance: number): Point | undefined {
  const at = lengths.findIndex((length) => length >= distance);
  const to = at < 0 ? points.at(-1) : points[at];
  const from = at > 0 ? points[at - 1] : undefined;
  if (!to || !from) return to;
  const [start, end] = [lengths[at - 1] ?? 0, lengths[at] ?? 0];
  const share = end === start ? 1 : Math.max(0, (distance - start) / (end - start));
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** Marks that may move at once; what comes on top is counted and not shown moving. */
export const maxMarks = 30;
const marksPerPulse = 3;
const travelMinMs = 500;
const travelMaxMs = 1400;
const perPixelMs = 1.4;
/** How long the outcome stays. */
export const outcomeMs = 1800;

export interface ActivePulse {
  track: Track;
  ok: boolean;
  started: number;
  travelMs: number;
  marks: number;
  /** How many pulses on this way it stands for. */
  count: number;
  /** Edges of the way, as one text: pulses of the same way join. */
  key: string;
}

/**
 * Adds a pulse to those that run. One that goes the way of a running one, or that would be more
 * moving marks than an eye can follow, is counted on a running one.
 */
export function joinPulse(
  active: readonly ActivePulse[],
  pulse: { track: Track; ok: boolean; key: string },
  now: number,
  mayMove: boolean,
): ActivePulse[] {
  const same = active.find(({ key, ok }) => key === pulse.key && ok === pulse.ok);
  if (same) {
    return active.map((other) => (other === same ? { ...same, count: same.count + 1 } : other));
  }
  const moving = active.reduce((sum, { marks }) => sum + marks, 0);
  const marks = mayMove && pulse.key !== '' ? Math.min(marksPerPulse, maxMarks - moving) : 0;
  const length = trackLength(pulse.track) * perPixelMs;
  const travelMs = marks > 0 ? Math.max(travelMinMs, Math.min(travelMaxMs, length)) : 0;
  return [...active, { ...pulse, started: now, travelMs, marks: Math.max(0, marks), count: 1 }];
}

export const isOver = ({ started, travelMs }: ActivePulse, now: number): boolean =>
  now - started > travelMs + outcomeMs;
