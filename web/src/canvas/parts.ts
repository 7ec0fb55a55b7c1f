import type { Core } from 'cytoscape';
import type { LabStoreApi } from '../store/labStore.ts';
import type { Announcer } from './announcer.ts';
import type { Box, Point } from './geometry.ts';
import type { CanvasNode } from './model.ts';
import type { Overlay } from './overlay.ts';
import type { CanvasSync } from './sync.ts';

/** What the interactions of one canvas share. */
export interface CanvasParts {
  cy: Core;
  container: HTMLElement;
  store: LabStoreApi;
  sync: CanvasSync;
  overlay: Overlay;
  announcer: Announcer;
}

/** Something that a pointer is in the middle of. What it computes, it computes from its start. */
export interface Gesture {
  move(event: PointerEvent): void;
  end(event: PointerEvent): void;
  /** Puts everything back as it was. */
  cancel(): void;
}

/** From the window's to the graph's coordinates. */
export function modelPoint({ cy, container }: CanvasParts, event: Point | PointerEvent): Point {
  const at = 'clientX' in event ? { x: event.clientX, y: event.clientY } : event;
  const { left, top } = container.getBoundingClientRect();
  const [pan, zoom] = [cy.pan(), cy.zoom()];
  return { x: (at.x - left - pan.x) / zoom, y: (at.y - top - pan.y) / zoom };
}

/** From the graph's coordinates to pixels from the container's corner. */
export function screenPoint({ cy }: Pick<CanvasParts, 'cy'>, at: Point): Point {
  const [pan, zoom] = [cy.pan(), cy.zoom()];
  return { x: at.x * zoom + pan.x, y: at.y * zoom + pan.y };
}

/** The box of a drawn node, frames included. */
export function nodeBox(cy: Core, id: string): Box | undefined {
  const node = cy.getElementById(id);
  if (node.empty() || !node.isNode()) return undefined;
  const { x, y } = node.position();
  return { x, y, width: node.outerWidth(), height: node.outerHeight() };
}

/** The innermost node at a point of the graph. */
export function nodeAt({ cy, sync }: CanvasParts, { x, y }: Point): CanvasNode | undefined {
  let found: CanvasNode | undefined;
  let smallest = Infinity;
  for (const node of sync.graph.nodes.values()) {
    const box = nodeBox(cy, node.id);
    if (!box) continue;
    const isInside = Math.abs(box.x - x) <= box.width / 2 && Math.abs(box.y - y) <= box.height / 2;
    const area = box.width * box.height;
    if (isInside && area < smallest) [found, smallest] = [node, area];
  }
  return found;
}
