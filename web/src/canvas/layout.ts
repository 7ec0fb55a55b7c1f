import { add, around, grow, nearby, shift, touches, type Box, type Point } from './geometry.ts';
import { familyOf, hostPadding, hostPlaces, podBox, podPorts, type Family } from './hostLayout.ts';
import type { CanvasNode, Graph } from './model.ts';

/**
 * Places by node id, each relative to the origin of its parent (hosts and segments: absolute).
 * So a host keeps its inside when it is dragged, and dragging it is one position in the document.
 */
export type Places = ReadonlyMap<string, Point>;

const hostGap = 84;
const segmentGap = 92;
/** Hosts stand side by side up to this width, then in a second row below the segments. */
const rowWidth = 1150;

/** The whole graph as it is arranged when nobody arranged it. Deterministic. */
export function idealPlaces(graph: Graph): Map<string, Point> {
  const family = familyOf(graph);
  const places = new Map<string, Point>();
  for (const node of graph.nodes.values()) {
    if (node.kind === 'pod' || node.kind === 'foreign') {
      for (const [id, at] of podPorts(family.children.get(node.id) ?? [])) places.set(id, at);
    }
  }
  const hosts = [...graph.nodes.values()].filter(({ kind }) => kind === 'host');
  const segments = [...graph.nodes.values()].filter(({ kind }) => kind === 'segment');
  const [first = [], ...others] = hostRows(hosts, family, places);
  let y = putRow(first, family, places, 0, false);
  placeSegments(graph, family, places, segments, y + segmentGap);
  y += segmentGap * (segments.length + 1);
  for (const row of others) y = putRow(row, family, places, y, true) + hostGap;
  return places;
}

/** Fills rows from the left; as it does, it arranges the inside of each host. */
function hostRows(
  hosts: readonly CanvasNode[],
  family: Family,
  places: Map<string, Point>,
): CanvasNode[][] {
  const widths = hosts.map((host) => {
    for (const [id, at] of hostPlaces(host.id, family, false)) places.set(id, at);
    return contentBox(host, family, places).width + hostGap;
  });
  const total = widths.reduce((sum, width) => sum + width, 0);
  const widest = Math.max(0, ...widths);
  // Two rows at most: cables to a third one would run through the second.
  const limit = Math.max(rowWidth + hostGap, total / 2 + widest / 2);
  const rows: CanvasNode[][] = [];
  let width = Infinity;
  hosts.forEach((host, at) => {
    const own = widths[at] ?? 0;
    if (width + own > limit) {
      rows.push([]);
      width = 0;
    }
    rows.at(-1)?.push(host);
    width += own;
  });
  return rows;
}

/** Puts hosts beside each other, their networks on one line; gives the row's lower edge. */
function putRow(
  row: readonly CanvasNode[],
  family: Family,
  places: Map<string, Point>,
  y: number,
  isBelowSegments: boolean,
): number {
  const boxes = row.map((host) => {
    if (isBelowSegments) {
      for (const [id, at] of hostPlaces(host.id, family, true)) places.set(id, at);
    }
    return contentBox(host, family, places);
  });
  const top = Math.min(...boxes.map((box) => box.y - box.height / 2));
  const low = Math.max(...boxes.map((box) => box.y + box.height / 2));
  let x = 0;
  row.forEach((host, at) => {
    const box = boxes[at] ?? { x: 0, y: 0, width: 0, height: 0 };
    places.set(host.id, { x: x - (box.x - box.width / 2), y: y - top });
    x += box.width + hostGap;
  });
  return row.length === 0 ? y : y + low - top;
}

/** Below the hosts, each between those that are plugged in. */
function placeSegments(
  graph: Graph,
  family: Family,
  places: Map<string, Point>,
  segments: readonly CanvasNode[],
  top: number,
): void {
  segments.forEach((segment, index) => {
    const xs = (family.peers.get(segment.id) ?? []).map(
      (peer) => absolutePlace(graph, places, peer).x,
    );
    const x = xs.length === 0 ? index * 240 : (Math.min(...xs) + Math.max(...xs)) / 2;
    const y = top + index * segmentGap;
    places.set(segment.id, { x, y });
  });
}

/**
 * Adds a place for every node that has none, beside its peers and clear of everything else. What
 * has a place keeps it: nothing moves by itself.
 */
export function completePlaces(graph: Graph, known: Places): Map<string, Point> {
  const places = new Map([...known].filter(([id]) => graph.nodes.has(id)));
  const isPlaced = ({ id, kind }: CanvasNode) => kind === 'portmap' || places.has(id);
  if ([...graph.nodes.values()].every(isPlaced)) return places;
  const ideal = idealPlaces(graph);
  if (places.size === 0) return ideal;
  const family = familyOf(graph);
  const nodes = [...graph.nodes.values()].filter((node) => !isPlaced(node));
  const depth = ({ kind, parent }: CanvasNode) =>
    kind === 'host' || kind === 'segment' ? 2 : parent?.startsWith('pod:') ? 0 : 1;
  // Inside first: how much room a host needs is known once its content has places.
  for (const node of nodes.toSorted((a, b) => depth(a) - depth(b))) {
    places.set(node.id, findPlace(graph, family, places, ideal, node));
  }
  return places;
}

function findPlace(
  graph: Graph,
  family: Family,
  places: Places,
  ideal: Places,
  node: CanvasNode,
): Point {
  const wanted = anchored(family, places, ideal, node);
  const box = boxOf(node, family, places);
  const isTop = node.kind === 'host' || node.kind === 'segment';
  const siblings = isTop
    ? [...graph.nodes.values()].filter(({ kind }) => kind === 'host' || kind === 'segment')
    : (family.children.get(node.parent ?? '') ?? []);
  const taken = siblings
    .filter(({ id }) => id !== node.id && places.has(id))
    .map((other) => shift(boxOf(other, family, places), places.get(other.id) ?? { x: 0, y: 0 }));
  return freePlace(box, wanted, taken, isTop ? 60 : node.kind === 'port' ? 12 : 16);
}

const sameRowReach = 700;

/**
 * The place nearest to the wanted one where a box (around its own origin) is clear of the others:
 * at the end of the row that it would be in, else ring by ring around.
 */
export function freePlace(box: Box, wanted: Point, taken: readonly Box[], gap: number): Point {
  const isFree = (at: Point) => !taken.some((other) => touches(shift(box, at), other, gap - 1));
  if (isFree(wanted)) return wanted;
  const own = shift(box, wanted);
  const row = taken.filter(({ y, height }) => Math.abs(y - own.y) < (height + own.height) / 4);
  const group = around(row);
  if (group) {
    const end = { x: group.x + group.width / 2 + gap + own.width / 2 - box.x, y: wanted.y };
    if (end.x - wanted.x < sameRowReach && isFree(end)) return end;
  }
  const pitch = { x: (box.width + gap) / 2, y: (box.height + gap) / 2 };
  for (const offset of nearby(pitch, 40)) {
    const at = add(wanted, offset);
    if (isFree(at)) return at;
  }
  const all = around(taken);
  return { x: wanted.x, y: (all ? all.y + all.height / 2 : 0) + box.height + gap };
}

/** The ideal place, moved along with the first peer or sibling that stands elsewhere by now. */
function anchored(family: Family, places: Places, ideal: Places, node: CanvasNode): Point {
  const own = ideal.get(node.id) ?? { x: 0, y: 0 };
  const direct = family.peers.get(node.id) ?? [];
  const through = (family.children.get(node.id) ?? []).flatMap(
    ({ id }) => family.peers.get(id) ?? [],
  );
  const isNear = new Set((family.children.get(node.parent ?? '') ?? []).map(({ id }) => id));
  const anchor = [...direct, ...through].find((peer) => isNear.has(peer) && places.has(peer));
  const [there, meant] = [places.get(anchor ?? ''), ideal.get(anchor ?? '')];
  if (!there || !meant) return own;
  return { x: own.x + there.x - meant.x, y: own.y + there.y - meant.y };
}

/** The box of a node around its own origin. */
function boxOf(node: CanvasNode, family: Family, places: Places): Box {
  if (node.kind === 'host') return contentBox(node, family, places);
  if (node.kind === 'pod' || node.kind === 'foreign') {
    return podBox(node, family.children.get(node.id) ?? []);
  }
  return { x: 0, y: 0, width: node.width, height: node.height };
}

/** The frame of a host around its origin. */
export function contentBox(host: CanvasNode, family: Family, places: Places): Box {
  const boxes = (family.children.get(host.id) ?? []).flatMap((child) => {
    const at = places.get(child.id);
    return at ? [shift(boxOf(child, family, places), at)] : [];
  });
  const inner = around(boxes);
  if (!inner) return { x: 0, y: 0, width: host.width, height: host.height };
  const padded = grow(inner, hostPadding);
  return { ...padded, width: Math.max(padded.width, host.width) };
}

/** Where a node's origin is on the canvas. */
export function absolutePlace(graph: Graph, places: Places, id: string): Point {
  let at: Point = { x: 0, y: 0 };
  for (let node = graph.nodes.get(id); node; node = graph.nodes.get(node.parent ?? '')) {
    at = add(at, places.get(node.id) ?? { x: 0, y: 0 });
  }
  return at;
}
