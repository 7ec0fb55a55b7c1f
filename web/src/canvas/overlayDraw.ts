import type { Box, Point } from './geometry.ts';
import type { CanvasColours } from './palette.ts';
import { outcomeMs, pointAt, trackLength, type ActivePulse } from './pulse.ts';

export function roundedBox(on: CanvasRenderingContext2D, box: Box, radius: number): void {
  on.beginPath();
  on.roundRect(box.x - box.width / 2, box.y - box.height / 2, box.width, box.height, radius);
}

/** Words on a small card; `at` is its upper left corner. Always the same size on the screen. */
export function drawText(
  on: CanvasRenderingContext2D,
  at: Point,
  lines: readonly string[],
  colours: CanvasColours,
  zoom: number,
): void {
  const unit = 1 / zoom;
  on.font = `500 ${12 * unit}px ${colours.font}`;
  const width = Math.max(...lines.map((line) => on.measureText(line).width)) + 14 * unit;
  const height = (lines.length * 16 + 8) * unit;
  const box = { x: at.x + width / 2, y: at.y + height / 2, width, height };
  roundedBox(on, box, 5 * unit);
  on.fillStyle = colours.surface;
  on.fill();
  on.strokeStyle = colours.hostLine;
  on.lineWidth = unit;
  on.stroke();
  on.fillStyle = colours.text;
  on.textBaseline = 'middle';
  lines.forEach((line, index) => {
    on.fillText(line, at.x + 7 * unit, at.y + (4 + 16 * index + 8.5) * unit);
  });
}

/** Words to the right of an element, where no cable leaves it. */
export function drawTag(
  on: CanvasRenderingContext2D,
  box: Box,
  lines: readonly string[],
  colours: CanvasColours,
  zoom: number,
): void {
  if (lines.length === 0) return;
  const height = (lines.length * 16 + 8) / zoom;
  const at = { x: box.x + box.width / 2 + 9 / zoom, y: box.y - height / 2 };
  drawText(on, at, lines, colours, zoom);
}

const spacing = 16;

/** A packet's way: lit as far as the marks have come, then its outcome at the end. */
export function drawPulse(
  on: CanvasRenderingContext2D,
  pulse: ActivePulse,
  now: number,
  colours: CanvasColours,
  zoom: number,
): void {
  const { track, ok, started, travelMs, marks, count } = pulse;
  const unit = 1 / Math.min(1, zoom);
  const length = trackLength(track);
  const passed = now - started;
  const share = travelMs === 0 ? 1 : Math.min(1, passed / travelMs);
  const leaving = Math.max(0, passed - travelMs) / outcomeMs;
  const colour = ok ? colours.ok : colours.bad;
  const head = length * share;

  on.globalAlpha = 0.4 * (1 - leaving);
  on.strokeStyle = colour;
  on.lineWidth = 7 * unit;
  on.lineJoin = 'round';
  on.lineCap = 'round';
  on.beginPath();
  track.points.forEach((point, at) => {
    if ((track.lengths[at] ?? 0) > head) return;
    if (at === 0) on.moveTo(point.x, point.y);
    else on.lineTo(point.x, point.y);
  });
  const end = pointAt(track, head);
  if (end) on.lineTo(end.x, end.y);
  on.stroke();

  on.globalAlpha = 1;
  on.fillStyle = colour;
  const moving = share < 1 ? marks : 0;
  for (let mark = 0; mark < moving; mark++) {
    const at = head - mark * spacing * unit;
    const point = at >= 0 ? pointAt(track, at) : undefined;
    if (!point) continue;
    on.beginPath();
    on.arc(point.x, point.y, (5 - mark) * unit, 0, 2 * Math.PI);
    on.fill();
  }
  if (share < 1 || !end) return;
  on.globalAlpha = 1 - leaving ** 3;
  drawOutcome(on, end, ok, colours, unit);
  if (count > 1)
    drawText(on, { x: end.x + 14 * unit, y: end.y - 26 * unit }, [`× ${count}`], colours, zoom);
  on.globalAlpha = 1;
}

/** A tick or a cross on a disc. */
function drawOutcome(
  on: CanvasRenderingContext2D,
  { x, y }: Point,
  ok: boolean,
  colours: CanvasColours,
  unit: number,
): void {
  on.fillStyle = ok ? colours.ok : colours.bad;
  on.beginPath();
  on.arc(x, y, 11 * unit, 0, 2 * Math.PI);
  on.fill();
  on.strokeStyle = colours.surface;
  on.lineWidth = 2.5 * unit;
  const strokes: [number, number][][] = ok
    ? [
        [
          [-5, 0],
          [-1.5, 4],
          [5, -4],
        ],
      ]
    : [
        [
          [-4, -4],
          [4, 4],
        ],
        [
          [4, -4],
          [-4, 4],
        ],
      ];
  for (const stroke of strokes) {
    on.beginPath();
    stroke.forEach(([dx, dy], at) => {
      if (at === 0) on.moveTo(x + dx * unit, y + dy * unit);
      else on.lineTo(x + dx * unit, y + dy * unit);
    });
    on.stroke();
  }
}
