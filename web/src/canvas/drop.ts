import { addItem } from '../lab/actions.ts';
import { isPaletteId, paletteDragType, type PaletteId } from '../palette/paletteItems.ts';
import type { Box, Point } from './geometry.ts';
import { freePlace } from './layout.ts';
import type { CanvasNode } from './model.ts';
import { modelPoint, nodeAt, nodeBox, type CanvasParts } from './parts.ts';
import { listen } from './pointer.ts';

/** Takes what is dragged here from the palette, and shows where it will go. */
export function createDrop(parts: CanvasParts): () => void {
  const { cy, container, store, overlay } = parts;
  const clear = () => {
    cy.nodes('.targeted').removeClass('targeted');
    overlay.setSelectionBox(undefined);
  };
  const isOurs = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes(paletteDragType);

  const onOver = (event: DragEvent) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    const at = modelPoint(parts, { x: event.clientX, y: event.clientY });
    clear();
    const target = hostNode(parts, nodeAt(parts, at));
    if (target) cy.getElementById(target.id).addClass('targeted');
    overlay.setSelectionBox({ ...at, width: 96, height: 60 });
  };
  const onDrop = (event: DragEvent) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    clear();
    const item = event.dataTransfer?.getData(paletteDragType) ?? '';
    if (!isPaletteId(item)) return;
    const at = modelPoint(parts, { x: event.clientX, y: event.clientY });
    const under = nodeAt(parts, at);
    const host = hostNode(parts, under) ?? (needsHost(item) ? nearestHost(parts, at) : undefined);
    const onto = [under, under && parts.sync.graph.nodes.get(under.parent ?? ''), host].flatMap(
      (node) => node?.id ?? [],
    );
    const place = placeFor(parts, item, at, host);
    addItem(store.getState(), item, { onto, ...(place ? { at: place } : {}) });
    container.focus({ preventScroll: true });
  };

  const undos = [
    listen(container, 'dragover', onOver),
    listen(container, 'dragleave', clear),
    listen(container, 'drop', onDrop),
  ];
  return () => {
    for (const undo of undos) undo();
  };
}

/** Room that a new element takes around its origin, near enough. */
const sizes: Record<PaletteId, Box> = {
  host: { x: 0, y: 0, width: 220, height: 120 },
  segment: { x: 0, y: 0, width: 180, height: 34 },
  pod: { x: 0, y: -12, width: 92, height: 74 },
  bridgeNetwork: { x: 0, y: 0, width: 160, height: 40 },
  vlan: { x: 0, y: 0, width: 80, height: 26 },
  portMap: { x: 0, y: 0, width: 0, height: 0 },
  vethPair: { x: 0, y: 0, width: 0, height: 0 },
};

const needsHost = (item: PaletteId): boolean => item !== 'host' && item !== 'segment';

function hostNode(
  { sync }: Pick<CanvasParts, 'sync'>,
  node: CanvasNode | undefined,
): CanvasNode | undefined {
  if (!node || node.kind === 'host') return node;
  return hostNode({ sync }, sync.graph.nodes.get(node.parent ?? node.frame ?? ''));
}

/** On empty canvas, what needs a host goes to the nearest one. */
function nearestHost({ cy, sync }: CanvasParts, at: Point): CanvasNode | undefined {
  const distance = (node: CanvasNode) => {
    const box = nodeBox(cy, node.id);
    return box ? Math.hypot(box.x - at.x, box.y - at.y) : Infinity;
  };
  return [...sync.graph.nodes.values()]
    .filter(({ kind }) => kind === 'host')
    .toSorted((a, b) => distance(a) - distance(b))[0];
}

/**
 * The place that is stored with the new element, relative to its host. Inside a host's frame it is
 * where it was dropped; dropped elsewhere, it is placed beside its peers.
 */
function placeFor(
  parts: CanvasParts,
  item: PaletteId,
  at: Point,
  host: CanvasNode | undefined,
): Point | undefined {
  const { graph, places } = parts.sync;
  if (!needsHost(item)) {
    const tops = [...graph.nodes.values()].filter(
      ({ kind }) => kind === 'host' || kind === 'segment',
    );
    const taken = tops.flatMap(({ id }) => nodeBox(parts.cy, id) ?? []);
    return freePlace(sizes[item], at, taken, 24);
  }
  if (item === 'portMap' || item === 'vethPair' || !host) return undefined;
  const frame = nodeBox(parts.cy, host.id);
  const isInside =
    frame &&
    Math.abs(frame.x - at.x) <= frame.width / 2 &&
    Math.abs(frame.y - at.y) <= frame.height / 2;
  if (!isInside) return undefined;
  const origin = places.get(host.id) ?? { x: 0, y: 0 };
  const siblings = [...graph.nodes.values()].filter(({ parent }) => parent === host.id);
  const taken = siblings.flatMap(({ id }) => nodeBox(parts.cy, id) ?? []);
  const free = freePlace(sizes[item], at, taken, 14);
  return { x: free.x - origin.x, y: free.y - origin.y };
}
