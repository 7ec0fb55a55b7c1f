import type { Core } from 'cytoscape';
import type { Box, Point } from './geometry.ts';
import { drawPulse, drawTag, drawText, roundedBox } from './overlayDraw.ts';
import { nodeBox } from './parts.ts';
import type { PathStep } from './path.ts';
import type { CanvasColours } from './palette.ts';
import { isOver, joinPulse, trackOf, type ActivePulse } from './pulse.ts';
import type { Ghost } from './sync.ts';

/** The line that follows the pointer while two elements are being joined. Model coordinates. */
export interface GhostLine {
  from: Point;
  to: Point;
  /** What would happen, or why it cannot. */
  label: string;
  ok: boolean | undefined;
}

/** A few words beside a selected element, such as its addresses. */
export interface Tag {
  node: string;
  lines: string[];
}

/**
 * One canvas above Cytoscape for what moves or comes and goes. It costs the same however big the
 * graph is, and draws nothing while nothing happens.
 */
export interface Overlay {
  /** A packet's way lights up; one that failed ends with a cross. */
  pulse(steps: readonly PathStep[], ok: boolean): void;
  /** Elements that just changed light up for a moment. */
  glow(ids: Iterable<string>): void;
  /** What was removed fades out where it was. */
  fade(ghosts: readonly Ghost[]): void;
  setGhostLine(line: GhostLine | undefined): void;
  setSelectionBox(box: Box | undefined): void;
  setTags(tags: readonly Tag[]): void;
  /** Draws once, after something below moved. */
  refresh(): void;
  destroy(): void;
}

export interface OverlayOptions {
  cy: Core;
  canvas: HTMLCanvasElement;
  colours: () => CanvasColours;
  mayAnimate: () => boolean;
}

const glowMs = 900;
const fadeMs = 260;
const maxGlows = 40;

export function createOverlay({ cy, canvas, colours, mayAnimate }: OverlayOptions): Overlay {
  const pen = canvas.getContext('2d');
  let pulses: ActivePulse[] = [];
  let glows = new Map<string, number>();
  let ghosts: { ghost: Ghost; started: number }[] = [];
  let line: GhostLine | undefined;
  let selection: Box | undefined;
  let tags: readonly Tag[] = [];
  let frame: number | undefined;
  let isDirty = false;

  const request = () => {
    frame ??= requestAnimationFrame(draw);
  };
  const isMoving = () => pulses.length > 0 || glows.size > 0 || ghosts.length > 0;

  const draw = (now: number) => {
    frame = undefined;
    if (!pen) return;
    pulses = pulses.filter((pulse) => !isOver(pulse, now));
    glows = new Map([...glows].filter(([, started]) => now - started < glowMs));
    ghosts = ghosts.filter(({ started }) => now - started < fadeMs);
    const ratio = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (
      canvas.width !== Math.round(width * ratio) ||
      canvas.height !== Math.round(height * ratio)
    ) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    } else if (isDirty) {
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, canvas.width, canvas.height);
    }
    const [zoom, pan] = [cy.zoom(), cy.pan()];
    pen.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * pan.x, ratio * pan.y);
    isDirty = isMoving() || line !== undefined || selection !== undefined || tags.length > 0;
    drawAll(pen, now, zoom);
    if (isMoving()) request();
  };

  const drawAll = (on: CanvasRenderingContext2D, now: number, zoom: number) => {
    const paint = colours();
    for (const { ghost, started } of ghosts) {
      on.globalAlpha = 1 - (now - started) / fadeMs;
      drawGhost(on, ghost, paint);
    }
    for (const [id, started] of glows) {
      on.globalAlpha = Math.max(0, 1 - (now - started) / glowMs);
      drawGlow(on, id, paint, zoom);
    }
    on.globalAlpha = 1;
    for (const pulse of pulses) drawPulse(on, pulse, now, paint, zoom);
    for (const tag of tags) {
      const box = nodeBox(cy, tag.node);
      if (box) drawTag(on, box, tag.lines, paint, zoom);
    }
    if (selection) {
      on.fillStyle = paint.accent;
      on.globalAlpha = 0.1;
      roundedBox(on, selection, 2 / zoom);
      on.fill();
      on.globalAlpha = 1;
      on.strokeStyle = paint.accent;
      on.lineWidth = 1.5 / zoom;
      on.stroke();
    }
    if (line) drawLine(on, line, paint, zoom);
  };

  const drawLine = (
    on: CanvasRenderingContext2D,
    { from, to, label, ok }: GhostLine,
    paint: CanvasColours,
    zoom: number,
  ) => {
    on.strokeStyle = ok === undefined ? paint.accent : ok ? paint.ok : paint.bad;
    on.lineWidth = 2.5 / zoom;
    on.setLineDash(ok ? [] : [7 / zoom, 5 / zoom]);
    on.beginPath();
    on.moveTo(from.x, from.y);
    on.lineTo(to.x, to.y);
    on.stroke();
    on.setLineDash([]);
    if (label === '') return;
    const sign = ok === undefined ? '' : ok ? '✓ ' : '✕ ';
    drawText(on, { x: to.x + 14 / zoom, y: to.y + 20 / zoom }, [sign + label], paint, zoom);
  };

  const drawGlow = (
    on: CanvasRenderingContext2D,
    id: string,
    paint: CanvasColours,
    zoom: number,
  ) => {
    const width = 4 / Math.min(1, zoom);
    on.strokeStyle = paint.accent;
    on.lineWidth = width;
    const points = edgePoints(cy, id, false);
    if (points) {
      on.beginPath();
      points.forEach(({ x, y }, at) => (at === 0 ? on.moveTo(x, y) : on.lineTo(x, y)));
      on.stroke();
      return;
    }
    const box = nodeBox(cy, id);
    if (!box) return;
    const room = 3 + width / 2;
    roundedBox(on, { ...box, width: box.width + 2 * room, height: box.height + 2 * room }, 9);
    on.stroke();
  };

  const drawGhost = (on: CanvasRenderingContext2D, ghost: Ghost, paint: CanvasColours) => {
    on.strokeStyle = paint.link;
    on.lineWidth = 2;
    if (ghost.kind === 'line') {
      on.beginPath();
      on.moveTo(ghost.from.x, ghost.from.y);
      on.lineTo(ghost.to.x, ghost.to.y);
    } else {
      if (ghost.isDashed) on.setLineDash([6, 4]);
      roundedBox(on, ghost.box, 6);
    }
    on.stroke();
    on.setLineDash([]);
  };

  // Pan, zoom and layout move what is below; `render` would fire for each drawn frame.
  const follow = () => {
    if (isDirty) request();
  };
  cy.on('pan zoom resize', follow);

  return {
    pulse(steps, ok) {
      const points = steps.flatMap(({ edge, reverse }) => edgePoints(cy, edge, reverse) ?? []);
      if (points.length === 0) return;
      const key = steps.map(({ edge, reverse }) => `${edge}${reverse ? '<' : '>'}`).join(' ');
      const pulse = { track: trackOf(points), ok, key };
      pulses = joinPulse(pulses, pulse, performance.now(), mayAnimate());
      request();
    },
    glow(ids) {
      const now = performance.now();
      for (const id of ids) if (glows.has(id) || glows.size < maxGlows) glows.set(id, now);
      if (glows.size > 0) request();
    },
    fade(more) {
      const started = performance.now();
      ghosts.push(...more.map((ghost) => ({ ghost, started })));
      if (more.length > 0) request();
    },
    setGhostLine(next) {
      line = next;
      request();
    },
    setSelectionBox(next) {
      selection = next;
      request();
    },
    setTags(next) {
      tags = next;
      request();
    },
    refresh: request,
    destroy() {
      cy.off('pan zoom resize', follow);
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}

/** The line of a drawn edge, with its bend if it has one; undefined if it is no edge. */
export function edgePoints(cy: Core, id: string, reverse: boolean): Point[] | undefined {
  const edge = cy.getElementById(id);
  if (edge.empty() || edge.group() !== 'edges') return undefined;
  const points = [edge.sourceEndpoint(), edge.midpoint(), edge.targetEndpoint()];
  if (points.some(({ x, y }) => !Number.isFinite(x) || !Number.isFinite(y))) return undefined;
  return reverse ? points.toReversed() : points;
}
