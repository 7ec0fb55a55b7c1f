import type { Core } from 'cytoscape';
import type { Point } from './geometry.ts';

const margin = 40;
/** A small lab does not fill the screen with three boxes. */
const fitZoomMost = 1;
export const zoomRange = { min: 0.08, max: 3 };

/** Shows everything. */
export function fit(cy: Core): void {
  if (cy.nodes().empty()) {
    cy.viewport({ zoom: 1, pan: { x: cy.width() / 2, y: cy.height() / 2 } });
    return;
  }
  cy.fit(undefined, margin);
  if (cy.zoom() > fitZoomMost) zoomTo(cy, fitZoomMost);
  if (cy.zoom() >= fitZoomMost) cy.center();
}

/** Zooms about a point of the container, by default its middle. */
export function zoomTo(cy: Core, level: number, about?: Point): void {
  const renderedPosition = about ?? { x: cy.width() / 2, y: cy.height() / 2 };
  const bounded = Math.min(zoomRange.max, Math.max(zoomRange.min, level));
  cy.zoom({ level: bounded, renderedPosition });
}

/** Brings an element into view if it is not, at a size that can be read. */
export function reveal(cy: Core, id: string): void {
  const element = cy.getElementById(id);
  if (element.empty()) return;
  const { x1, y1, x2, y2 } = element.renderedBoundingBox({});
  const isSeen = x1 >= 0 && y1 >= 0 && x2 <= cy.width() && y2 <= cy.height();
  if (isSeen && cy.zoom() >= 0.5) return;
  if (cy.zoom() < 0.5) cy.zoom(0.8);
  cy.center(element);
}
