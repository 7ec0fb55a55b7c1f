import type { Core } from 'cytoscape';
import { isBarNode } from './elements.ts';
import type { Box, Point } from './geometry.ts';
import { textWidth, type CanvasNode, type Graph } from './model.ts';

export interface Aim {
  /** Puts every plug and every cable end where its box is now. */
  all(): void;
}

/** Data of an edge that follow from where its ends are. */
export interface EdgeAim {
  sourceEnd: string;
  targetEnd: string;
  /** Pixels from an end to the middle of its name. */
  sourceOffset: number;
  targetOffset: number;
}

export const noAim: EdgeAim = {
  sourceEnd: 'outside-to-node',
  targetEnd: 'outside-to-node',
  sourceOffset: 18,
  targetOffset: 18,
};

/** Names stand across the line: on a flat one, half of them would lie over the box. */
const labelOffset = (label: string, isFlat: boolean): number =>
  isFlat ? Math.max(18, Math.round(textWidth(label, 12) / 2) + 12) : 18;

const plugGap = 8;
const plugRow = 33;
const barMargin = 16;

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
      return plugPlaces(frame, Number.isFinite(title) ? title + plugGap : 0, list);
    });
  };

  const ends = (): { id: string; next: EdgeAim }[] => {
    const { edges, nodes } = graph();
    // Sizes are the graph's own: asking Cytoscape for those of every box costs more than all else.
    const end = (id: string, own: Point, other: Point): string => {
      const node = nodes.get(id);
      if (!node || !isBarNode(node)) return 'outside-to-node';
      return barEnd({ ...own, width: node.width, height: node.height + 2 }, other);
    };
    return [...edges.values()].map(({ id, source, target, sourceLabel, targetLabel }) => {
      const from = cy.getElementById(source).position();
      const to = cy.getElementById(target).position();
      const isFlat = Math.abs(from.x - to.x) > 2 * Math.abs(from.y - to.y);
      return {
        id,
        next: {
          sourceEnd: end(source, from, to),
          targetEnd: end(target, to, from),
          sourceOffset: labelOffset(sourceLabel, isFlat),
          targetOffset: labelOffset(targetLabel, isFlat),
        },
      };
    });
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
          if (Object.entries(data).some(([key, value]) => edge.data(key) !== value)) {
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

/**
 * Port maps stand on the frame, each as near above its pod as the others allow, and in rows above
 * it when the frame is too short for all. The first row leaves room for the title at its left.
 */
export function plugPlaces(
  frame: Box,
  title: number,
  plugs: readonly { node: Pick<CanvasNode, 'id' | 'width'>; wanted: number }[],
): { id: string; at: Point }[] {
  const [left, right] = [frame.x - frame.width / 2, frame.x + frame.width / 2];
  const free: number[] = [];
  return plugs
    .toSorted((a, b) => a.wanted - b.wanted)
    .map(({ node, wanted }) => {
      const half = node.width / 2;
      for (let row = 0; ; row++) {
        const from = free[row] ?? left + (row === 0 ? title : plugGap);
        const at = Math.max(from + half, Math.min(wanted, right - plugGap - half));
        // A plug that is wider than the frame gets a row of its own.
        const isAlone = row > 0 && free[row] === undefined;
        if (at + half > right - plugGap && !isAlone) continue;
        free[row] = at + half + plugGap;
        return { id: node.id, at: { x: at, y: frame.y - frame.height / 2 - row * plugRow } };
      }
    });
}
