import type { EventObject } from 'cytoscape';
import { cardOf } from './card.ts';
import type { HoveredCard } from './HoverCard.tsx';
import { linkEnd } from './linkRules.ts';
import { nodeBox, screenPoint, type CanvasParts } from './parts.ts';
import { listen, type Pointer } from './pointer.ts';

export interface Hover {
  /** Card and handle go away until the pointer moves on. */
  clear(): void;
  /** The graph changed below the pointer. */
  update(): void;
  destroy(): void;
}

export interface HoverOptions {
  handle: HTMLElement;
  pointer: () => Pointer | undefined;
  onCard: (card: HoveredCard | undefined) => void;
}

const cardDelayMs = 350;
/** Time to get from an element to its handle. */
const handleGraceMs = 250;
const cardRoom = { width: 280, height: 220 };

/** What shows when the pointer rests on an element: a card, and the handle that links start from. */
export function createHover(parts: CanvasParts, options: HoverOptions): Hover {
  const { cy, container, sync, store } = parts;
  const { handle, onCard } = options;
  let hovered: string | undefined;
  let linkFrom: string | undefined;
  let cardTimer: ReturnType<typeof setTimeout> | undefined;
  let handleTimer: ReturnType<typeof setTimeout> | undefined;
  let isCardShown = false;

  const setHovered = (id: string | undefined) => {
    if (hovered !== undefined) cy.getElementById(hovered).removeClass('hovered');
    hovered = id;
    if (id !== undefined) cy.getElementById(id).addClass('hovered');
  };

  const showCard = () => {
    if (hovered === undefined || options.pointer()?.isBusy || store.getState().tool !== 'select') {
      return;
    }
    const { lab, live } = store.getState();
    const card = cardOf(sync.graph, lab, live, hovered);
    const element = cy.getElementById(hovered);
    if (!card || element.empty()) return;
    const { x1, x2, y1, y2 } = element.renderedBoundingBox({ includeLabels: false });
    const isEdge = element.group() === 'edges';
    const isBig = sync.graph.nodes.get(hovered)?.kind === 'host';
    const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
    const isLeft = (isEdge ? middle.x : x2) + cardRoom.width > container.clientWidth;
    const isAbove = (isEdge ? middle.y : y1) + cardRoom.height > container.clientHeight;
    onCard({
      card,
      left: (isEdge ? middle.x : isLeft ? x1 : x2) + (isLeft ? -14 : 18),
      top: isEdge ? middle.y + (isAbove ? -10 : 10) : isAbove && !isBig ? y2 : Math.max(8, y1),
      isLeft,
      isAbove: isAbove && !isBig,
    });
    isCardShown = true;
  };

  const hideCard = () => {
    clearTimeout(cardTimer);
    if (isCardShown) onCard(undefined);
    isCardShown = false;
  };

  const placeHandle = (id: string) => {
    const end = linkEnd(sync.graph, sync.graph.nodes.get(id));
    const box = end && nodeBox(cy, end.id);
    if (!end || !box || options.pointer()?.isBusy || store.getState().tool !== 'select') {
      hideHandle();
      return;
    }
    linkFrom = end.id;
    // Cables of pods lead down to their network; everything else has its sides free.
    const isBelow = end.kind === 'pod';
    const at = screenPoint(parts, {
      x: isBelow ? box.x : box.x + box.width / 2,
      y: isBelow ? box.y + box.height / 2 : box.y,
    });
    handle.style.transform = `translate(${Math.round(at.x)}px, ${Math.round(at.y)}px)`;
    handle.hidden = false;
  };
  const hideHandle = () => {
    clearTimeout(handleTimer);
    handle.hidden = true;
    linkFrom = undefined;
  };

  const onOver = (event: EventObject) => {
    if (event.target === cy) return;
    const id = String(event.target.id());
    if (id === hovered || options.pointer()?.isBusy) return;
    hideCard();
    clearTimeout(handleTimer);
    setHovered(id);
    placeHandle(id);
    cardTimer = setTimeout(showCard, cardDelayMs);
  };
  const onOut = (event: EventObject) => {
    if (event.target === cy || String(event.target.id()) !== hovered) return;
    setHovered(undefined);
    hideCard();
    handleTimer = setTimeout(hideHandle, handleGraceMs);
  };

  const clear = () => {
    setHovered(undefined);
    hideCard();
    hideHandle();
  };
  cy.on('mouseover', onOver);
  cy.on('mouseout', onOut);
  cy.on('pan zoom', clear);
  const undos = [
    listen(container, 'pointerleave', () => {
      setHovered(undefined);
      hideCard();
    }),
    listen(handle, 'pointerenter', () => clearTimeout(handleTimer)),
    listen(handle, 'pointerleave', () => {
      handleTimer = setTimeout(hideHandle, handleGraceMs);
    }),
    listen(handle, 'pointerdown', (event) => {
      if (event.button !== 0 || linkFrom === undefined) return;
      const from = linkFrom;
      clear();
      options.pointer()?.startLink(from, event);
    }),
  ];
  return {
    clear,
    update() {
      if (hovered === undefined) return;
      if (cy.getElementById(hovered).empty()) return clear();
      if (!handle.hidden) placeHandle(hovered);
      if (isCardShown) showCard();
    },
    destroy() {
      cy.off('mouseover', onOver);
      cy.off('mouseout', onOut);
      cy.off('pan zoom', clear);
      clearTimeout(cardTimer);
      clearTimeout(handleTimer);
      for (const undo of undos) undo();
    },
  };
}
