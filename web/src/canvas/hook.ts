import type { Core } from 'cytoscape';
import type { Point } from './geometry.ts';
import { screenPoint, type CanvasParts } from './parts.ts';

/**
 * What a browser test may ask of the element with `data-testid="canvas"`: a canvas has no elements
 * of its own that a test could find. Nothing of the page uses it.
 */
export interface CanvasHook {
  readonly cy: Core;
  /** Middle of an element in pixels of the page's window; undefined when it is not drawn. */
  positionOf(element: string): Point | undefined;
  /** Ids of what is drawn: nodes and edges. */
  drawn(): string[];
}

declare global {
  interface HTMLElement {
    canvasNode?: CanvasHook;
  }
}

export function exposeHook(parts: CanvasParts): () => void {
  const { cy, container, sync } = parts;
  container.canvasNode = {
    cy,
    positionOf(element) {
      const found = cy.getElementById(sync.graph.shownBy.get(element) ?? element);
      if (found.empty()) return undefined;
      const at = found.group() === 'edges' ? found.midpoint() : found.position();
      const { x, y } = screenPoint(parts, at);
      const { left, top } = container.getBoundingClientRect();
      return { x: x + left, y: y + top };
    },
    drawn: () => cy.elements().map((element) => element.id()),
  };
  return () => delete container.canvasNode;
}
