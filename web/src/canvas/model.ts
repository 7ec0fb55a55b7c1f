/** What the canvas draws: one graph of the design and of the kernel, merged by identity. */

export type NodeKind =
  'host' | 'pod' | 'foreign' | 'segment' | 'network' | 'bridge' | 'port' | 'portmap';

export type EdgeKind =
  /** Pod interface ↔ the network that the design attaches it to. */
  | 'attachment'
  /** A veth pair that is no attachment. */
  | 'veth'
  /** Host interface ↔ segment. */
  | 'wire'
  /** Bridge port (other than a folded veth end) ↔ its bridge. */
  | 'member'
  /** VLAN, macvlan, ipvlan, vxlan interface ↔ the interface below it. */
  | 'parent'
  /** Two ends of a VXLAN. */
  | 'tunnel'
  /** Host port ↔ pod interface. */
  | 'portmap';

/**
 * How an element stands between design and kernel. `planned`: not deployed yet; `missing`: deployed
 * but not in the kernel; `extra`: in the kernel but not in the design; `down`: there, but not up.
 */
export type State =
  'up' | 'planned' | 'extra' | 'pending' | 'working' | 'down' | 'missing' | 'failed';

export interface CanvasNode {
  /** Element id (`pod:node1/web`); `link:NAMESPACE/NAME` for what only the kernel has. */
  id: string;
  kind: NodeKind;
  parent: string | undefined;
  label: string;
  /** What the box is in one word or two: `bridge`, `vlan 20`, `ptp`. */
  form: string;
  state: State;
  /** Why it failed, or what differs: one sentence. */
  reason: string | undefined;
  /** Kernel links that this node stands for, as `link:NAMESPACE/NAME`. */
  links: string[];
  /** Pixels at zoom 1; compounds use it while they are empty. */
  width: number;
  height: number;
  /** The host on whose frame a port map sits. */
  frame: string | undefined;
}

export interface CanvasEdge {
  id: string;
  kind: EdgeKind;
  source: string;
  target: string;
  /** Interface names where an end has no node of its own. */
  sourceLabel: string;
  targetLabel: string;
  label: string;
  /** VLAN number that the edge carries alone. */
  vlan: number | undefined;
  state: State;
  reason: string | undefined;
  /** Elements that the edge stands for, source side first: what a click selects. */
  elements: string[];
  /** Pairs of kernel links that a packet passes along this edge, source side first. */
  hops: [string, string][];
}

export interface Graph {
  nodes: Map<string, CanvasNode>;
  edges: Map<string, CanvasEdge>;
  /** Element or link id → id of the node or edge that shows it. */
  shownBy: Map<string, string>;
}

/** The id of a kernel link. The segments' own namespace is the empty one. */
export const linkId = (namespace: string, name: string): string => `link:${namespace}/${name}`;

/** Words for people. */
export const stateWords: Record<State, string> = {
  up: 'up',
  planned: 'planned, not deployed yet',
  extra: 'in the kernel, not in the design',
  pending: 'waiting',
  working: 'being set up',
  down: 'down',
  missing: 'missing in the kernel',
  failed: 'failed',
};

const severity: State[] = [
  'up',
  'planned',
  'extra',
  'pending',
  'working',
  'down',
  'missing',
  'failed',
];

/** The more alarming of two states. */
export const worse = (a: State, b: State): State =>
  severity.indexOf(a) >= severity.indexOf(b) ? a : b;

/** Width of a label in pixels, near enough to size boxes without a font at hand. */
export function textWidth(text: string, fontSize: number): number {
  let units = 0;
  for (const char of text) {
    units += /[ijltf.:\-|/]/.test(char)
      ? 0.34
      : /[mwMW→@]/.test(char)
        ? 0.88
        : /[A-Z0-9]/.test(char)
          ? 0.64
          : 0.57;
  }
  return Math.ceil(units * fontSize);
}
