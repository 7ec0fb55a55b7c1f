import type { Core } from 'cytoscape';
import { isBarNode } from './elements.ts';
import type { Box } from './geometry.ts';
import type { CanvasNode, Graph } from './model.ts';

export interface Aim {
  /** Puts every plug and every cable end where its box is now. */
  all(): void;
}

const plugGap = 8;
const barMargin = 16;

/**
 * What follows from where boxes are: cables reach a bar straight above or below, not at its
 * middle, and port maps sit on the frame of their host, above their pod.
 */
export function createAim(cy: Core, graph: () => Graph): Aim {
  const boxOf = (id: string): Box | undefined => {
    const node = cy.getElementById(id);
    if (node.empty() || !node.isNode()) return undefined;
    const { x, y } = node.position();
    return { x, y, width: node.outerWidth(), height: node.outerHeight() };
  };

  const plugs = () => {
    const byHost = new Map<string, { node: CanvasNode; wanted: number }[]>();
    for (const { id, kind, target, source } of graph().edges.values()) {
      const node = kind === 'portmap' ? graph().nodes.get(source) : undefined;
      const pod = boxOf(target);
      if (!node?.frame || !pod || id === '') continue;
      const list = byHost.get(node.frame) ?? [];
      byHost.set(node.frame, list);
      list.push({ node, wanted: pod.x });
    }
    for (const [host, list] of byHost) {
      const frame = boxOf(host);
      if (!frame) continue;
      let free = -Infinity;
      for (const { node, wanted } of list.toSorted((a, b) => a.wanted - b.wanted)) {
        const x = Math.max(wanted, free + node.width / 2);
        free = x + node.width / 2 + plugGap;
        const plug = cy.getElementById(node.id);
        const y = frame.y - frame.height / 2;
        const at = plug.position();
        if (at.x !== x || at.y !== y) plug.position({ x, y });
      }
    }
  };

  const ends = () => {
    const { edges, nodes } = graph();
    const boxes = new Map<string, Box | undefined>();
    const box = (id: string) => {
      if (!boxes.has(id)) boxes.set(id, boxOf(id));
      return boxes.get(id);
    };
    const end = (id: string, otherId: string): string => {
      const node = nodes.get(id);
      const [own, other] = [box(id), box(otherId)];
      return node && isBarNode(node) && own && other ? barEnd(own, other) : 'outside-to-node';
    };
    for (const { id, source, target } of edges.values()) {
      const edge = cy.getElementById(id);
      const next = { sourceEnd: end(source, target), targetEnd: end(target, source) };
      if (edge.data('sourceEnd') !== next.sourceEnd || edge.data('targetEnd') !== next.targetEnd) {
        edge.data(next);
      }
    }
  };

  return {
    all() {
      cy.batch(plugs);
      cy.batch(ends);
    },
  };
}

/** Where a cable meets a bar, from the bar's middle: straight below or above the other end. */
export function barEnd(bar: Box, other: Box): string {
  const [dx, dy] = [other.x - bar.x, other.y - bar.y];
  const reach = Math.max(0, bar.width / 2 - barMargin);
  if (Math.abs(dy) <= bar.height / 2) return `${Math.sign(dx) * Math.round(bar.width / 2)}px 0px`;
  const x = Math.round(Math.max(-reach, Math.min(reach, dx)));
  return `${x}px ${(Math.sign(dy) * bar.height) / 2}px`;
}
