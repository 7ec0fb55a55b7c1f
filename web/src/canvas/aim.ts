import type { Core } from 'cytoscape';
import { isBarNode } from './elements.ts';
import type { Box, Point } from './geometry.ts';
import type { CanvasNode, Graph } from './model.ts';

export interface Aim {
  /** Puts every plug and every cable end where its box is now. */
  all(): void;
}

const plugGap = 8;
const barMargin = 16;
/** A plug may begin above the end of the title. */
const titleOverlap = 4;

/**
 * What follows from where boxes are: cables reach a bar straight above or below, not at its
 * middle, port maps sit on the frame of their host, above their pod, and titles keep clear of
 * cables.
 */
export function createAim(cy: Core, graph: () => Graph): Aim {
  const boxOf = (id: string): Box | undefined => {
    const node = cy.getElementById(id);
    if (node.empty() || node.group() !== 'nodes') return undefined;
    const { x, y } = node.position();
    return { x, y, width: node.outerWidth(), height: node.outerHeight() };
  };

  const plugs = (): { id: string; at: Point }[] => {
    const byHost = new Map<string, { node: CanvasNode; wanted: number }[]>();
    for (const { kind, target, source } of graph().edges.values()) {
      const node = kind === 'portmap' ? graph().nodes.get(source) : undefined;
      const pod = node && boxOf(target);
      if (!node?.frame || !pod) continue;
      const list = byHost.get(node.frame) ?? [];
      byHost.set(node.frame, list);
      list.push({ node, wanted: pod.x });
    }
    return [...byHost].flatMap(([host, list]) => {
      const frame = boxOf(host);
      if (!frame) return [];
      // Right of the host's title, so that no cable runs through it.
      const title = Number(cy.getElementById(host).data('titleShift'));
      let free = frame.x - frame.width / 2 + (Number.isFinite(title) ? title : 0) - titleOverlap;
      return list
        .toSorted((a, b) => a.wanted - b.wanted)
        .map(({ node, wanted }) => {
          const x = Math.max(wanted, free + node.width / 2);
          free = x + node.width / 2 + plugGap;
          return { id: node.id, at: { x, y: frame.y - frame.height / 2 } };
        });
    });
  };

  const ends = (): { id: string; next: { sourceEnd: string; targetEnd: string } }[] => {
    const { edges, nodes } = graph();
    // Sizes are the graph's own: asking Cytoscape for those of every box costs more than all else.
    const end = (id: string, otherId: string): string => {
      const node = nodes.get(id);
      if (!node || !isBarNode(node)) return 'outside-to-node';
      const { width, height } = node;
      const at = cy.getElementById(id).position();
      const other = cy.getElementById(otherId).position();
      return barEnd({ ...at, width, height: height + 2 }, other);
    };
    return [...edges.values()].map(({ id, source, target }) => ({
      id,
      next: { sourceEnd: end(source, target), targetEnd: end(target, source) },
    }));
  };

  /** Hosts whose cables all come from above have their title below. */
  const titles = (): { id: string; isBelow: boolean }[] => {
    const { edges, nodes } = graph();
    const above = new Map<string, boolean>();
    for (const { kind, source, target } of edges.values()) {
      const host = kind === 'wire' ? nodes.get(source)?.parent : undefined;
      if (host === undefined) continue;
      const isAbove = cy.getElementById(target).position().y < cy.getElementById(host).position().y;
      above.set(host, (above.get(host) ?? true) && isAbove);
    }
    return [...nodes.values()]
      .filter(({ kind }) => kind === 'host')
      .map(({ id }) => ({ id, isBelow: above.get(id) ?? false }));
  };

  return {
    all() {
      // Boxes are measured before the batch: inside one, frames keep the size that they had.
      const places = plugs();
      cy.batch(() => {
        for (const { id, at } of places) {
          const plug = cy.getElementById(id);
          const now = plug.position();
          if (now.x !== at.x || now.y !== at.y) plug.position({ ...at });
        }
      });
      const next = ends();
      const hosts = titles();
      cy.batch(() => {
        for (const { id, isBelow } of hosts) {
          const host = cy.getElementById(id);
          if (host.hasClass('titleBelow') !== isBelow) host.toggleClass('titleBelow', isBelow);
        }
        for (const { id, next: data } of next) {
          const edge = cy.getElementById(id);
          if (
            edge.data('sourceEnd') !== data.sourceEnd ||
            edge.data('targetEnd') !== data.targetEnd
          ) {
            edge.data(data);
          }
        }
      });
    },
  };
}

/** Where a cable meets a bar, from the bar's middle: straight below or above the other end. */
export function barEnd(bar: Box, other: Point): string {
  const [dx, dy] = [other.x - bar.x, other.y - bar.y];
  const reach = Math.max(0, bar.width / 2 - barMargin);
  if (Math.abs(dy) <= bar.height / 2) return `${Math.sign(dx) * Math.round(bar.width / 2)}px 0px`;
  const x = Math.round(Math.max(-reach, Math.min(reach, dx)));
  return `${x}px ${(Math.sign(dy) * bar.height) / 2}px`;
}
