import type { Core } from 'cytoscape';
import type { Point } from './geometry.ts';
import type { CanvasEdge, Graph } from './model.ts';
import { edgePoints } from './overlay.ts';

/** The element that a click on an edge means: of those without a node of their own, the nearer. */
export function edgeElement(cy: Core, graph: Graph, edge: CanvasEdge, at: Point): string {
  const [near = edge.id, far] = edge.elements;
  const isOwn = (id: string) => graph.shownBy.get(id) === edge.id;
  if (far === undefined || !isOwn(far)) return near;
  if (!isOwn(near) && edge.kind !== 'attachment') return far;
  const points = edgePoints(cy, edge.id, false);
  const [start, end] = [points?.[0], points?.at(-1)];
  if (!start || !end) return near;
  const distance = (point: Point) => Math.hypot(point.x - at.x, point.y - at.y);
  return distance(start) <= distance(end) ? near : far;
}

/** What a node stands for when it is selected: a port map is part of its attachment. */
export function nodeElement(id: string): string {
  const [, namespace, name] = /^portmap:(.+)\/([^/]+)\/[0-9]+$/.exec(id) ?? [];
  return namespace === undefined ? id : `attachment:${namespace}/${name ?? ''}`;
}

/** Marks what shows the selected elements. `plug` is a port map that was clicked itself. */
export function markSelected(
  cy: Core,
  graph: Graph,
  selection: readonly string[],
  plug: string | undefined,
): void {
  const wanted = new Set(selection.flatMap((id) => graph.shownBy.get(id) ?? []));
  // Of an attachment both its interface and its cable are marked.
  for (const id of selection) if (graph.edges.has(`edge:${id}`)) wanted.add(`edge:${id}`);
  if (plug !== undefined) wanted.add(plug);
  cy.batch(() => {
    cy.elements('.selected').forEach((element) => {
      if (!wanted.has(element.id())) element.removeClass('selected');
    });
    for (const id of wanted) cy.getElementById(id).addClass('selected');
  });
}
