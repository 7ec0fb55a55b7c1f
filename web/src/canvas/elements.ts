import type { EdgeDataDefinition, NodeDataDefinition } from 'cytoscape';
import { blank, icon, mark, type IconName, type MarkName } from './icons.ts';
import type { CanvasEdge, CanvasNode, Graph, State } from './model.ts';
import { hostInset, podInset } from './styleBlock.ts';
import { isDarkColour, vlanColour, type CanvasColours } from './palette.ts';

/** What Cytoscape gets of a node or an edge: data for the style sheet's mappers, and classes. */
export interface Drawn<Data> {
  data: Data & { id: string };
  classes: string[];
}

export interface DrawContext {
  graph: Graph;
  colours: CanvasColours;
  /** Width of a title in pixels, in the canvas' own font. */
  measure: (text: string, font: string) => number;
}

const forms: Record<string, IconName> = {
  bridge: 'bridge',
  ptp: 'ptp',
  macvlan: 'layers',
  ipvlan: 'layers',
  vlan: 'layers',
};

const iconOf = ({ kind, form }: CanvasNode): IconName | undefined => {
  if (kind === 'port') return undefined;
  if (kind === 'portmap') return 'plug';
  if (kind === 'network') return forms[form] ?? 'network';
  return kind;
};

function iconColour({ kind }: CanvasNode, colours: CanvasColours): string {
  if (kind === 'network' || kind === 'bridge') return colours.bridge;
  if (kind === 'segment') return colours.segment;
  return kind === 'portmap' ? colours.accent : colours.text2;
}

const stateMarks: Partial<Record<State, MarkName>> = {
  extra: 'extra',
  pending: 'pending',
  working: 'working',
  down: 'down',
  missing: 'missing',
  failed: 'failed',
};

const markColour = (state: State, colours: CanvasColours): string =>
  state === 'failed' || state === 'missing'
    ? colours.bad
    : state === 'working'
      ? colours.work
      : state === 'pending'
        ? colours.idle
        : colours.warn;

export function drawNode(node: CanvasNode, context: DrawContext): Drawn<NodeDataDefinition> {
  const { colours, measure } = context;
  const name = iconOf(node);
  const badge = stateMarks[node.state];
  const images = [name ? icon(name, iconColour(node, colours)) : blank];
  if (badge) images.push(mark(badge, markColour(node.state, colours), colours.canvas));
  const isHost = node.kind === 'host';
  const title = measure(node.label, `${isHost ? '700 16px' : '600 14px'} ${colours.font}`);
  return {
    data: {
      id: node.id,
      ...(node.parent === undefined ? {} : { parent: node.parent }),
      label: node.label,
      width: node.width,
      height: node.height,
      minWidth: node.width - 2 * (isHost ? hostInset : podInset),
      titleShift: Math.round(title + (isHost ? 38 : 28)),
      images,
    },
    classes: [node.kind, `state-${node.state}`],
  };
}

/** Where many cables reach one bar, names of their ends show on demand only. */
const crowd = 9;

export function drawEdges(context: DrawContext): Map<string, Drawn<EdgeDataDefinition>> {
  const { edges, nodes } = context.graph;
  const pairs = new Map<string, number>();
  const degree = new Map<string, number>();
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const { source, target } of edges.values()) {
    count(pairs, pairKey(source, target));
    count(degree, source);
    count(degree, target);
  }
  const drawn = new Map<string, Drawn<EdgeDataDefinition>>();
  for (const edge of edges.values()) {
    const isBar = (id: string) => barKinds.has(nodes.get(id)?.kind ?? 'port');
    const isParallel = (pairs.get(pairKey(edge.source, edge.target)) ?? 0) > 1;
    const isCrowded = Math.max(degree.get(edge.source) ?? 0, degree.get(edge.target) ?? 0) > crowd;
    drawn.set(
      edge.id,
      drawEdge(edge, context.colours, [
        ...(isParallel ? ['parallel'] : []),
        ...(isCrowded ? ['crowded'] : []),
        ...(isBar(edge.source) ? ['barSource'] : []),
        ...(isBar(edge.target) ? ['barTarget'] : []),
        ...(nodes.get(edge.target)?.parent === undefined ? [] : ['inside']),
      ]),
    );
  }
  return drawn;
}

const barKinds = new Set<CanvasNode['kind']>(['network', 'bridge', 'segment']);
export const isBarNode = ({ kind }: CanvasNode): boolean => barKinds.has(kind);

const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

function drawEdge(
  edge: CanvasEdge,
  colours: CanvasColours,
  more: string[],
): Drawn<EdgeDataDefinition> {
  const { vlan } = edge;
  return {
    data: {
      id: edge.id,
      source: edge.source,
      target: edge.target,
      ...(edge.label === '' ? {} : { label: edge.label }),
      sourceLabel: edge.sourceLabel,
      targetLabel: edge.targetLabel,
      ...(vlan === undefined ? {} : { vlanColour: vlanColour(vlan, isDarkColour(colours.canvas)) }),
    },
    classes: [edge.kind, `state-${edge.state}`, ...more],
  };
}
