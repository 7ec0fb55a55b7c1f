import type { Edit } from '@cnilab/shared/lab/edits';
import { setPosition } from '@cnilab/shared/lab/buildView';
import type { Point } from './geometry.ts';
import { podTitle } from './hostLayout.ts';
import { absolutePlace, idealPlaces } from './layout.ts';
import type { CanvasParts } from './parts.ts';
import { fit } from './view.ts';

const moveMs = 280;

/**
 * Arranges everything anew: the inside of hosts in rows, hosts and segments as the layout has them.
 * One step of undo; what moves, moves visibly and briefly.
 */
export function tidy(parts: CanvasParts, mayAnimate: boolean): void {
  const { cy, sync, store, overlay } = parts;
  const { graph } = sync;
  const places = idealPlaces(graph);
  const edits: Edit[] = [];
  const targets = new Map<string, Point>();
  for (const node of graph.nodes.values()) {
    const { id, kind, state } = node;
    const at = places.get(id);
    if (!at || kind === 'portmap') continue;
    const isInPod = node.parent?.startsWith('pod:') ?? false;
    if (id.startsWith('link:') || state === 'extra' || isInPod) sync.hold(id, at);
    else edits.push(...setPosition(id, at.x, at.y));
    const element = cy.getElementById(id);
    if (!element.isChildless()) continue;
    const to = absolutePlace(graph, places, id);
    targets.set(id, {
      x: to.x,
      y: kind === 'pod' || kind === 'foreign' ? to.y - podTitle / 2 : to.y,
    });
  }
  const finish = () => {
    cy.batch(() => {
      for (const [id, at] of targets) cy.getElementById(id).position({ ...at });
    });
    sync.follow();
    const before = store.getState().text;
    store.getState().edit(edits, 'Arrange the elements');
    // Refused, or everything stood where it should: then the places that were are those that are.
    if (store.getState().text === before) sync.restore();
    fit(cy);
    overlay.refresh();
  };
  if (!mayAnimate || targets.size === 0) return finish();
  let left = targets.size;
  for (const [id, position] of targets) {
    cy.getElementById(id).animate(
      { position },
      {
        duration: moveMs,
        easing: 'ease-in-out',
        complete: () => {
          left--;
          sync.follow();
          if (left === 0) finish();
        },
      },
    );
  }
}
