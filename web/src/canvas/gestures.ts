import { setPosition } from '@cnilab/shared/lab/buildView';
import type { Edit } from '@cnilab/shared/lab/edits';
import { connect } from '../lab/actions.ts';
import type { Box, Point } from './geometry.ts';
import { linkAnswer, linkEnd } from './linkRules.ts';
import type { CanvasNode } from './model.ts';
import { modelPoint, nodeAt, nodeBox, type CanvasParts, type Gesture } from './parts.ts';

/** Places snap to this many pixels; Alt lets go of it. */
const grid = 8;

/** Moves the view. */
export function panGesture({ cy, container }: CanvasParts, start: Point): Gesture {
  const pan = { ...cy.pan() };
  container.dataset['grabbing'] = '';
  const stop = () => delete container.dataset['grabbing'];
  return {
    move: ({ clientX, clientY }) =>
      void cy.pan({ x: pan.x + clientX - start.x, y: pan.y + clientY - start.y }),
    end: stop,
    cancel() {
      cy.pan(pan);
      stop();
    },
  };
}

/** Selects what lies wholly inside a box. */
export function boxGesture(parts: CanvasParts, start: Point): Gesture {
  const { cy, store, overlay, sync } = parts;
  const from = modelPoint(parts, start);
  const before = store.getState().selection;
  let box: Box | undefined;
  const stop = () => overlay.setSelectionBox(undefined);
  return {
    move(event) {
      const to = modelPoint(parts, event);
      box = {
        x: (from.x + to.x) / 2,
        y: (from.y + to.y) / 2,
        width: Math.abs(from.x - to.x),
        height: Math.abs(from.y - to.y),
      };
      overlay.setSelectionBox(box);
    },
    end() {
      stop();
      if (!box) return;
      const inside = [...sync.graph.nodes.values()].filter(({ id, kind }) => {
        const own = nodeBox(cy, id);
        return box && own && kind !== 'portmap' && contains(box, own);
      });
      const old = before.flatMap((id) => sync.graph.nodes.get(id) ?? []);
      const ids = topmost(parts, [...old, ...inside]).map(({ id }) => id);
      const others = before.filter((id) => !sync.graph.nodes.has(id));
      store.getState().select([...new Set([...others, ...ids])]);
    },
    cancel: stop,
  };
}

const contains = (outer: Box, inner: Box): boolean =>
  Math.abs(outer.x - inner.x) * 2 + inner.width <= outer.width &&
  Math.abs(outer.y - inner.y) * 2 + inner.height <= outer.height;

/** The node that moves when this one is dragged; undefined for what has its place from others. */
export function draggable(parts: CanvasParts, node: CanvasNode): CanvasNode | undefined {
  if (node.kind === 'portmap') return undefined;
  const parent = parts.sync.graph.nodes.get(node.parent ?? '');
  return node.kind === 'port' && parent && parent.kind !== 'host' ? parent : node;
}

/** Moves nodes with all that is inside them; one step of undo, written at the end. */
export function dragGesture(
  parts: CanvasParts,
  nodes: readonly CanvasNode[],
  start: Point,
): Gesture {
  const { cy, sync, overlay, container } = parts;
  const from = modelPoint(parts, start);
  const roots = topmost(parts, nodes);
  const leaves = roots
    .flatMap(({ id }) => leavesOf(parts, id))
    .map((id) => ({ id, at: { ...cy.getElementById(id).position() } }));
  const first = sync.places.get(roots[0]?.id ?? '') ?? { x: 0, y: 0 };
  let by: Point = { x: 0, y: 0 };
  container.dataset['grabbing'] = '';
  return {
    move(event) {
      const now = modelPoint(parts, event);
      by = { x: now.x - from.x, y: now.y - from.y };
      if (!event.altKey) {
        by = { x: snapped(first.x + by.x) - first.x, y: snapped(first.y + by.y) - first.y };
      }
      cy.batch(() => {
        for (const { id, at } of leaves) {
          cy.getElementById(id).position({ x: at.x + by.x, y: at.y + by.y });
        }
      });
      sync.follow();
      overlay.refresh();
    },
    end() {
      delete container.dataset['grabbing'];
      moveBy(parts, roots, by);
    },
    cancel() {
      delete container.dataset['grabbing'];
      sync.restore();
    },
  };
}

/** The nodes with a place of their own among a node and what it holds. */
function leavesOf({ cy, sync }: CanvasParts, id: string): string[] {
  const own = cy.getElementById(id);
  const inside = own.descendants().map((element) => element.id());
  return [id, ...inside].filter(
    (other) => sync.graph.nodes.has(other) && cy.getElementById(other).isChildless(),
  );
}

const snapped = (value: number): number => Math.round(value / grid) * grid;

/** Without those that move along with one that holds them. */
function topmost({ sync }: CanvasParts, nodes: readonly CanvasNode[]): CanvasNode[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const isHeld = ({ parent }: CanvasNode): boolean => {
    const above = sync.graph.nodes.get(parent ?? '');
    return above !== undefined && (ids.has(above.id) || isHeld(above));
  };
  return [...new Set(nodes)].filter((node) => !isHeld(node));
}

/** Writes new places into the document; what only the kernel has keeps them for this visit. */
export function moveBy(
  { sync, store }: CanvasParts,
  roots: readonly CanvasNode[],
  by: Point,
): void {
  if (by.x === 0 && by.y === 0) return sync.restore();
  const edits: Edit[] = [];
  for (const { id, state } of roots) {
    const at = sync.places.get(id) ?? { x: 0, y: 0 };
    const to = { x: at.x + by.x, y: at.y + by.y };
    if (id.startsWith('link:') || state === 'extra') sync.hold(id, to);
    else edits.push(...setPosition(id, to.x, to.y));
  }
  const before = store.getState().text;
  const [only] = roots;
  const what = roots.length === 1 ? only?.label.split('\n')[0] : `${roots.length} elements`;
  store.getState().edit(edits, `Move ${what ?? ''}`);
  if (edits.length > 0 && store.getState().text === before) sync.restore();
}

/** Draws a line from one element to another and joins them where it ends. */
export function linkGesture(parts: CanvasParts, from: CanvasNode): Gesture {
  const { cy, sync, overlay, store } = parts;
  const box = nodeBox(cy, from.id);
  const start = box ? { x: box.x, y: box.y } : { x: 0, y: 0 };
  let target: CanvasNode | undefined;
  let isAllowed = false;
  const clear = () => void cy.nodes('.targeted, .refused').removeClass('targeted refused');
  const stop = () => {
    clear();
    overlay.setGhostLine(undefined);
  };
  return {
    move(event) {
      const to = modelPoint(parts, event);
      const end = linkEnd(sync.graph, nodeAt(parts, to));
      const answer = end && end.id !== from.id ? linkAnswer(from, end) : undefined;
      if (end !== target) clear();
      target = answer ? end : undefined;
      isAllowed = answer?.ok ?? false;
      if (target) cy.getElementById(target.id).addClass(isAllowed ? 'targeted' : 'refused');
      const label = answer ? (answer.ok ? answer.label : answer.reason) : '';
      overlay.setGhostLine({ from: start, to, label, ok: answer?.ok });
    },
    end() {
      stop();
      if (target && isAllowed) connect(store.getState(), from.id, target.id);
    },
    cancel: stop,
  };
}
