import type { Graph } from './model.ts';

/** One edge of a packet's way, and whether the packet runs against the edge's own direction. */
export interface PathStep {
  edge: string;
  reverse: boolean;
}

/**
 * The edges that a packet passes, from the links that it passes (`link:NAMESPACE/NAME`, in order;
 * see `packetPath` of the store for how they are found). Steps inside one namespace, from one
 * interface to the next by routing, have no edge.
 */
export function pathEdges(graph: Graph, links: readonly string[]): PathStep[] {
  const hops = new Map<string, PathStep>();
  for (const { id, hops: pairs } of graph.edges.values()) {
    for (const [from, to] of pairs) {
      hops.set(`${from} ${to}`, { edge: id, reverse: false });
      hops.set(`${to} ${from}`, { edge: id, reverse: true });
    }
  }
  const steps: PathStep[] = [];
  links.forEach((link, at) => {
    const step = hops.get(`${links[at - 1] ?? ''} ${link}`);
    const last = steps.at(-1);
    if (!step || (last?.edge === step.edge && last.reverse === step.reverse)) return;
    steps.push(step);
  });
  return steps;
}
