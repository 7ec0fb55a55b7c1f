import type { Edit } from '@cnilab/shared/lab/edits';
import { pathOfElement } from '@cnilab/shared/lab/elementId';
import { toPlain } from '@cnilab/shared/cni/json';
import { elementLabel } from '../store/elements.ts';
import { draggable, moveBy } from './gestures.ts';
import type { LinkMode } from './linkMode.ts';
import { stateWords, type CanvasNode } from './model.ts';
import { nodeBox, type CanvasParts } from './parts.ts';
import { listen, terminalOf } from './pointer.ts';
import { nodeElement } from './selection.ts';
import { reveal } from './view.ts';

export interface KeyboardOptions {
  linkMode: LinkMode;
  /** The port map that was clicked last, if it is still what is selected. */
  plug: () => string | undefined;
}

const nudgePixels = 8;
const arrows: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/**
 * Keys while the canvas has the focus: arrows go from element to element, with Alt they move the
 * selected ones, Enter opens a terminal. Everything else is a shortcut of the whole page.
 */
export function createKeyboard(
  parts: CanvasParts,
  { linkMode, plug }: KeyboardOptions,
): () => void {
  const { cy, container, store, sync, announcer } = parts;

  const selected = (): CanvasNode[] =>
    store
      .getState()
      .selection.flatMap((id) => sync.graph.nodes.get(sync.graph.shownBy.get(id) ?? '') ?? []);

  const go = (direction: { x: number; y: number }) => {
    const next = neighbour(parts, selected().at(-1), direction);
    if (!next) return;
    store.getState().select([nodeElement(next.id)]);
    reveal(cy, next.id);
    announcer.say(`${elementLabel(nodeElement(next.id))}, ${stateWords[next.state]}`);
  };

  const nudge = (direction: { x: number; y: number }) => {
    const nodes = selected().flatMap((node) => draggable(parts, node) ?? []);
    if (nodes.length === 0) return;
    moveBy(parts, [...new Set(nodes)], {
      x: direction.x * nudgePixels,
      y: direction.y * nudgePixels,
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (linkMode.key(event)) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const direction = arrows[event.key];
    if (direction) {
      event.preventDefault();
      if (event.altKey) nudge(direction);
      else go(direction);
    } else if (event.key === 'Enter') {
      const target = selected()
        .map(terminalOf)
        .find((id) => id !== undefined);
      if (target === undefined || !store.getState().live?.namespaces[target]) return;
      event.preventDefault();
      store.getState().openTerminal(target, { focus: true });
    }
  };

  /** Comes before the page's Delete, which would remove the whole attachment of a port map. */
  const onDelete = (event: KeyboardEvent) => {
    const id = plug();
    if ((event.key !== 'Delete' && event.key !== 'Backspace') || id === undefined) return;
    if (document.activeElement !== container) return;
    event.preventDefault();
    const state = store.getState();
    const edits = state.lab ? portMapRemoval(state.lab, id) : [];
    if (edits.length > 0) state.edit(edits, 'Delete port map');
  };

  const undos = [
    listen(container, 'keydown', onKeyDown),
    listen(window, 'keydown', onDelete, { capture: true }),
  ];
  return () => {
    for (const undo of undos) undo();
  };
}

/** Takes one port map out of its attachment. */
export function portMapRemoval(lab: Parameters<typeof pathOfElement>[0], id: string): Edit[] {
  const path = pathOfElement(lab, nodeElement(id));
  const [, hostAt, , podAt, , at] = path ?? [];
  if (!path || typeof hostAt !== 'number' || typeof podAt !== 'number' || typeof at !== 'number') {
    return [];
  }
  const capabilities = lab.hosts?.[hostAt]?.pods?.[podAt]?.attachments?.[at]?.capabilities;
  const listed = toPlain(capabilities?.['portMappings'] ?? []);
  const base = [...path, 'capabilities'];
  if (Array.isArray(listed) && listed.length > 1) {
    const index = Number(id.slice(id.lastIndexOf('/') + 1));
    return [{ edit: 'delete', path: [...base, 'portMappings', index] }];
  }
  const isAll = Object.keys(capabilities ?? {}).length === 1;
  return [{ edit: 'delete', path: isAll ? base : [...base, 'portMappings'] }];
}

/** The nearest node in a direction; straight ahead counts more than aside. Without a start: the first. */
function neighbour(
  { cy, sync }: CanvasParts,
  from: CanvasNode | undefined,
  { x, y }: { x: number; y: number },
): CanvasNode | undefined {
  const isWithin = (inner: CanvasNode, outer: CanvasNode): boolean => {
    const above = sync.graph.nodes.get(inner.parent ?? '');
    return above !== undefined && (above === outer || isWithin(above, outer));
  };
  const all = [...sync.graph.nodes.values()].filter(
    (node) => !from || (!isWithin(node, from) && !isWithin(from, node)),
  );
  const start = from && nodeBox(cy, from.id);
  if (!from || !start) return all[0];
  let best: CanvasNode | undefined;
  let least = Infinity;
  for (const node of all) {
    const box = node.id === from.id ? undefined : nodeBox(cy, node.id);
    if (!box) continue;
    const [dx, dy] = [box.x - start.x, box.y - start.y];
    const ahead = dx * x + dy * y;
    const aside = Math.abs(dx * y) + Math.abs(dy * x);
    if (ahead <= 2 || aside > ahead * 2.5) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [node, cost];
  }
  return best;
}
