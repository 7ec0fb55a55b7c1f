import { around, grow, type Box, type Point } from './geometry.ts';
import { textWidth, type CanvasNode, type Graph } from './model.ts';

/**
 * How a host is arranged when nobody arranged it: pods above, each over the network that it is
 * attached to; networks and bridges on the line y = 0; interfaces below, the stacked ones over
 * those that they stand on. Coordinates count from the host's own origin.
 */

export const podPadding = 12;
export const hostPadding = 36;
/** A pod's title takes this much above its interfaces. */
export const podTitle = 24;
const gap = { pod: 16, bar: 30, port: 20, row: 26 };
const podsAbove = 100;
const sideStep = 70;
const portsBelow = 84;
const maxColumns = 16;

/** Who lives where, computed once per graph. */
export interface Family {
  children: Map<string, CanvasNode[]>;
  /** Node → the nodes that its edges lead to, in the graph's order. */
  peers: Map<string, string[]>;
  /** Nodes joined by a cable with names at its ends → room that those names take, both ways. */
  joints: Map<string, number>;
  /** Node → its parent, and hosts → their place in the file. */
  parents: Map<string, string>;
  hostOrder: Map<string, number>;
}

const jointKey = (a: string, b: string): string => `${a} ${b}`;

export function familyOf(graph: Graph): Family {
  const children = new Map<string, CanvasNode[]>();
  const peers = new Map<string, string[]>();
  const put = <T>(map: Map<string, T[]>, key: string, item: T) => {
    const list = map.get(key);
    if (list) list.push(item);
    else map.set(key, [item]);
  };
  for (const node of graph.nodes.values()) {
    if (node.parent !== undefined) put(children, node.parent, node);
  }
  const joints = new Map<string, number>();
  for (const { source, target, sourceLabel, targetLabel, label } of graph.edges.values()) {
    put(peers, source, target);
    put(peers, target, source);
    const names = [sourceLabel, targetLabel, label].filter((text) => text !== '');
    if (names.length === 0) continue;
    const room = names.reduce((sum, text) => sum + textWidth(text, 12) + 12, 24);
    joints.set(jointKey(source, target), room);
    joints.set(jointKey(target, source), room);
  }
  const parents = new Map<string, string>();
  const hostOrder = new Map<string, number>();
  for (const { id, kind, parent } of graph.nodes.values()) {
    if (parent !== undefined) parents.set(id, parent);
    if (kind === 'host') hostOrder.set(id, hostOrder.size);
  }
  return { children, peers, joints, parents, hostOrder };
}

/** Interfaces of a pod stand in a row, the first one at the pod's origin. */
export function podPorts(ports: readonly CanvasNode[]): Map<string, Point> {
  const places = new Map<string, Point>();
  let x = -(ports[0]?.width ?? 0) / 2;
  for (const { id, width } of ports) {
    places.set(id, { x: x + width / 2, y: 0 });
    x += width + 10;
  }
  return places;
}

/** The box that a pod takes, relative to its origin. */
export function podBox(pod: CanvasNode, ports: readonly CanvasNode[]): Box {
  const places = podPorts(ports);
  const inner = around(
    ports.map((port) => ({ ...port, ...(places.get(port.id) ?? { x: 0, y: 0 }) })),
  );
  // An empty pod takes the room of one with an interface, so that its frame stays when it gets one.
  if (!inner) return { x: 0, y: -podTitle / 2, width: pod.width, height: pod.height };
  const padded = grow(inner, podPadding);
  return {
    x: padded.x,
    y: padded.y - podTitle / 2,
    width: Math.max(padded.width, pod.width),
    height: padded.height + podTitle,
  };
}

/**
 * Places of a host's own children (pods by their origin), relative to the host's origin. Upside
 * down for hosts below the segments that they are plugged into.
 */
export function hostPlaces(
  host: string,
  family: Family,
  isUpsideDown: boolean,
): Map<string, Point> {
  const places = uprightPlaces(host, family);
  if (!isUpsideDown) return places;
  const isPod = new Set(
    (family.children.get(host) ?? [])
      .filter(({ kind }) => kind === 'pod' || kind === 'foreign')
      .map(({ id }) => id),
  );
  return new Map(
    [...places].map(([id, { x, y }]) => [id, { x, y: isPod.has(id) ? podTitle - y : -y }]),
  );
}

function uprightPlaces(host: string, family: Family): Map<string, Point> {
  const { children, peers, joints } = family;
  const own = children.get(host) ?? [];
  const bars = besideEachOther(
    own.filter(({ kind }) => kind === 'network' || kind === 'bridge'),
    peers,
  );
  const pods = own.filter(({ kind }) => kind === 'pod' || kind === 'foreign');
  const ports = own.filter(({ kind }) => kind === 'port');
  const barIds = new Set(bars.map(({ id }) => id));
  const bays = new Map<string | undefined, CanvasNode[]>(bars.map(({ id }) => [id, []]));
  for (const pod of pods) {
    const bar = (children.get(pod.id) ?? [])
      .flatMap((port) => peers.get(port.id) ?? [])
      .find((peer) => barIds.has(peer));
    const bay = bays.get(bar);
    if (bay) bay.push(pod);
    else bays.set(bar, [pod]);
  }
  const places = new Map<string, Point>();
  const widths = new Map(bars.map(({ id, width }) => [id, width]));
  let left = 0;
  let before: string | undefined;
  for (const [bar, members] of bays) {
    const joint = joints.get(jointKey(before ?? '', bar ?? '')) ?? 0;
    left += Math.max(0, joint - gap.bar);
    before = bar;
    const boxes = members.map((pod) => podBox(pod, children.get(pod.id) ?? []));
    const width = Math.max(bar === undefined ? 0 : (widths.get(bar) ?? 0), podsWidth(boxes));
    const centre = left + width / 2;
    if (bar !== undefined) places.set(bar, { x: centre, y: 0 });
    // Also while there is no network: the first one that comes finds its line free.
    placePods(places, members, boxes, { x: centre, y: -podsAbove });
    left += width + gap.bar;
  }
  placePorts(places, ports, family, Math.max(0, left - gap.bar) / 2);
  return places;
}

/** Bars that are joined stand side by side, so that their cable runs through no other. */
function besideEachOther(bars: readonly CanvasNode[], peers: Family['peers']): CanvasNode[] {
  const left = new Map(bars.map((bar) => [bar.id, bar]));
  const ordered: CanvasNode[] = [];
  const take = (bar: CanvasNode) => {
    if (!left.delete(bar.id)) return;
    ordered.push(bar);
    for (const peer of peers.get(bar.id) ?? []) {
      const next = left.get(peer);
      if (next) take(next);
    }
  };
  for (const bar of bars) take(bar);
  return ordered;
}

const columnsFor = (count: number): number =>
  count <= 6 ? count : Math.min(maxColumns, Math.max(6, Math.ceil(Math.sqrt(count * 1.8))));

function podsWidth(boxes: readonly Box[]): number {
  if (boxes.length === 0) return 0;
  return columnsFor(boxes.length) * pitchOf(boxes) - gap.pod;
}

const pitchOf = (boxes: readonly Box[]): number =>
  Math.max(...boxes.map(({ width }) => width)) + gap.pod;

/** Rows from the bottom up, each centred. `at` is the centre of the lowest row's interfaces. */
function placePods(
  places: Map<string, Point>,
  pods: readonly CanvasNode[],
  boxes: readonly Box[],
  at: Point,
): void {
  const columns = columnsFor(pods.length);
  const pitch = boxes.length === 0 ? 0 : pitchOf(boxes);
  const rowPitch = Math.max(0, ...boxes.map(({ height }) => height)) + gap.row;
  pods.forEach((pod, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, pods.length - row * columns);
    const x = at.x + ((index % columns) - (inRow - 1) / 2) * pitch - (boxes[index]?.x ?? 0);
    places.set(pod.id, { x, y: at.y - row * rowPitch });
  });
}

/** Those that stand on another interface of the host go in the row above it. */
function placePorts(
  places: Map<string, Point>,
  ports: readonly CanvasNode[],
  { peers, parents, hostOrder }: Family,
  centre: number,
): void {
  /** Cables to earlier hosts leave at the left, those to later hosts at the right. */
  const side = (port: CanvasNode): number | undefined => {
    const own = hostOrder.get(port.parent ?? '') ?? 0;
    for (const peer of peers.get(port.id) ?? []) {
      const host = parents.get(peer);
      const other = host === port.parent ? undefined : hostOrder.get(host ?? '');
      if (other !== undefined) return centre + Math.sign(other - own) * sideStep;
    }
    return undefined;
  };
  const isOwn = new Set(ports.map(({ id }) => id));
  const isStacked = (port: CanvasNode) =>
    /^(vlan|vxlan|macvlan|ipvlan)\b/.test(port.form) &&
    (peers.get(port.id) ?? []).some((peer) => isOwn.has(peer));
  const rows = [ports.filter(isStacked), ports.filter((port) => !isStacked(port))];
  let y = portsBelow;
  for (const row of rows) {
    if (row.length === 0) continue;
    const wanted = (port: CanvasNode) =>
      (peers.get(port.id) ?? []).map((peer) => places.get(peer)?.x).find((x) => x !== undefined);
    for (const [port, x] of spread(
      row.map((item) => [item, wanted(item) ?? side(item) ?? centre]),
    )) {
      places.set(port.id, { x, y });
    }
    y += 78;
  }
}

/** Each as near to where it wants to be as the others leave room for. */
function spread(wishes: readonly (readonly [CanvasNode, number])[]): [CanvasNode, number][] {
  const placed: [CanvasNode, number][] = [];
  let free = -Infinity;
  for (const [port, x] of wishes.toSorted((a, b) => a[1] - b[1])) {
    const at = Math.max(x, free + port.width / 2);
    placed.push([port, at]);
    free = at + port.width / 2 + gap.port;
  }
  const pushed = placed.map(
    ([port, x]) => x - (wishes.find(([other]) => other === port)?.[1] ?? x),
  );
  const back = pushed.length === 0 ? 0 : Math.max(...pushed) / 2;
  // Pushed only to the right so far: half of it back again keeps a group about its middle.
  return placed.map(([port, x]) => [port, x - back]);
}
