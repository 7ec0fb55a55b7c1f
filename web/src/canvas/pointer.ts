import type { EventObject } from 'cytoscape';
import { boxGesture, dragGesture, draggable, linkGesture, panGesture } from './gestures.ts';
import type { Point } from './geometry.ts';
import type { LinkMode } from './linkMode.ts';
import { linkEnd } from './linkRules.ts';
import type { CanvasNode } from './model.ts';
import { modelPoint, type CanvasParts, type Gesture } from './parts.ts';
import type { ProbeMode } from './probeMode.ts';
import { edgeElement, nodeElement } from './selection.ts';
import { zoomTo } from './view.ts';

export interface PointerOptions {
  linkMode: LinkMode;
  probeMode: ProbeMode;
  /** A port map was clicked, or something else was. */
  onPlug: (id: string | undefined) => void;
  /** Something began: cards and handles go away. */
  onBusy: () => void;
}

export interface Pointer {
  readonly isBusy: boolean;
  /** Starts a link by dragging from an element's handle. */
  startLink(from: string, event: PointerEvent): void;
  destroy(): void;
}

/** Below this a press is a click, in pixels. */
const clickSlack = 4;
const wheelRate = 0.0016;

/** Turns what pointer and wheel do into gestures: one at a time, and Escape calls it off. */
export function createPointer(parts: CanvasParts, options: PointerOptions): Pointer {
  const { cy, container, store, sync } = parts;
  const { linkMode, probeMode, onPlug, onBusy } = options;
  let gesture:
    { start: Point; begin: () => Gesture; click: () => void; running?: Gesture } | undefined;
  let isSpaceDown = false;

  const press = (start: Point, begin: () => Gesture, click: () => void = () => undefined) => {
    gesture?.running?.cancel();
    gesture = { start, begin, click };
    onBusy();
  };

  const onMove = (event: PointerEvent) => {
    if (!gesture) {
      if (linkMode.isOn) linkMode.hover(event);
      else if (store.getState().tool === 'probe') probeMode.hover(event);
      return;
    }
    const far = Math.hypot(event.clientX - gesture.start.x, event.clientY - gesture.start.y);
    if (!gesture.running && far < clickSlack) return;
    gesture.running ??= gesture.begin();
    gesture.running.move(event);
  };
  const onUp = (event: PointerEvent) => {
    const ended = gesture;
    gesture = undefined;
    if (!ended) return;
    if (ended.running) ended.running.end(event);
    else ended.click();
  };
  const callOff = (): boolean => {
    const wasRunning = gesture?.running !== undefined;
    gesture?.running?.cancel();
    gesture = undefined;
    return wasRunning;
  };

  const onTap = (event: EventObject) => {
    const original: unknown = event.originalEvent;
    const start = pointOf(original);
    if (!start) return;
    container.focus({ preventScroll: true });
    const { tool } = store.getState();
    if (tool === 'pan' || isSpaceDown) return press(start, () => panGesture(parts, start));
    const id = event.target === cy ? undefined : String(event.target.id());
    const node = id === undefined ? undefined : sync.graph.nodes.get(id);
    if (tool === 'link') return pressLink(start, node);
    if (tool === 'probe') {
      return press(
        start,
        () => panGesture(parts, start),
        () => probeMode.click(node),
      );
    }
    const isAdding =
      original instanceof MouseEvent && (original.shiftKey || original.ctrlKey || original.metaKey);
    if (id === undefined) return pressEmpty(start, isAdding);
    const edge = sync.graph.edges.get(id);
    const element = edge
      ? edgeElement(cy, sync.graph, edge, modelPoint(parts, start))
      : nodeElement(id);
    const click = () => {
      select(element, isAdding);
      onPlug(node?.kind === 'portmap' ? id : undefined);
    };
    const moving = node && draggable(parts, node);
    if (!moving) return press(start, () => panGesture(parts, start), click);
    press(start, () => dragGesture(parts, draggedWith(moving, element), start), click);
  };

  const pressLink = (start: Point, node: CanvasNode | undefined) => {
    const from = linkEnd(sync.graph, node);
    const begin = () => {
      if (!from) return panGesture(parts, start);
      store.getState().setTool('select');
      return linkGesture(parts, from);
    };
    press(start, begin, () => linkMode.click(node));
  };

  const pressEmpty = (start: Point, isAdding: boolean) => {
    if (isAdding) return press(start, () => boxGesture(parts, start));
    press(
      start,
      () => panGesture(parts, start),
      () => {
        store.getState().select([]);
        onPlug(undefined);
      },
    );
  };

  /** The whole selection moves when one of it is dragged. */
  const draggedWith = (moving: CanvasNode, element: string): CanvasNode[] => {
    const { selection } = store.getState();
    if (!selection.includes(element) && !selection.includes(moving.id)) {
      store.getState().select([moving.id]);
      return [moving];
    }
    return [
      moving,
      ...selection.flatMap((id) => {
        const node = sync.graph.nodes.get(id);
        return (node && draggable(parts, node)) ?? [];
      }),
    ];
  };

  const select = (id: string, isAdding: boolean) => {
    const state = store.getState();
    const { selection } = state;
    if (!isAdding) return state.select([id]);
    state.select(
      selection.includes(id) ? selection.filter((other) => other !== id) : [...selection, id],
    );
  };

  const onDoubleTap = (event: EventObject) => {
    if (event.target === cy || store.getState().tool !== 'select') return;
    const node = sync.graph.nodes.get(String(event.target.id()));
    const target = node && terminalOf(node);
    if (target !== undefined && store.getState().live?.namespaces[target]) {
      store.getState().openTerminal(target);
    }
  };

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 1) return;
    event.preventDefault();
    const start = { x: event.clientX, y: event.clientY };
    press(start, () => panGesture(parts, start));
  };

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { left, top } = container.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // Pinching on a touch pad comes as a wheel with Ctrl and small steps.
    const rate = wheelRate * lines * (event.ctrlKey ? 6 : 1);
    const factor = Math.exp(-event.deltaY * rate);
    onBusy();
    zoomTo(cy, cy.zoom() * factor, { x: event.clientX - left, y: event.clientY - top });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Registered before the page's own shortcuts: Escape first calls off what is under way.
    if (event.key === 'Escape' && callOff()) event.preventDefault();
    if (event.code === 'Space' && document.activeElement === container) {
      isSpaceDown = true;
      container.dataset['space'] = '';
      event.preventDefault();
    }
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.code !== 'Space') return;
    isSpaceDown = false;
    delete container.dataset['space'];
  };

  cy.on('tapstart', onTap);
  cy.on('dbltap', onDoubleTap);
  const undos = [
    listen(container, 'pointerdown', onPointerDown),
    listen(container, 'wheel', onWheel, { passive: false }),
    listen(window, 'pointermove', onMove),
    listen(window, 'pointerup', onUp),
    listen(window, 'pointercancel', () => void callOff()),
    listen(window, 'blur', () => void callOff()),
    listen(window, 'keydown', onKeyDown, { capture: true }),
    listen(window, 'keyup', onKeyUp, { capture: true }),
  ];
  return {
    get isBusy() {
      return gesture !== undefined;
    },
    startLink(from, event) {
      const node = sync.graph.nodes.get(from);
      if (!node) return;
      event.preventDefault();
      const start = { x: event.clientX, y: event.clientY };
      press(start, () => linkGesture(parts, node));
    },
    destroy() {
      cy.off('tapstart', onTap);
      cy.off('dbltap', onDoubleTap);
      callOff();
      for (const undo of undos) undo();
    },
  };
}

/** HOST or HOST/POD of the namespace that a node is, or is in. */
export function terminalOf({ id, kind, parent, frame }: CanvasNode): string | undefined {
  if (kind === 'segment') return undefined;
  const owner = kind === 'host' || kind === 'pod' || kind === 'foreign' ? id : (parent ?? frame);
  return owner?.slice(owner.indexOf(':') + 1);
}

function pointOf(event: unknown): Point | undefined {
  if (event instanceof MouseEvent) return { x: event.clientX, y: event.clientY };
  const touch =
    typeof TouchEvent !== 'undefined' && event instanceof TouchEvent ? event.touches[0] : undefined;
  return touch && { x: touch.clientX, y: touch.clientY };
}

/** Listens, and returns the undo. */
export function listen<K extends keyof GlobalEventHandlersEventMap>(
  target: GlobalEventHandlers,
  type: K,
  listener: (event: GlobalEventHandlersEventMap[K]) => void,
  options?: AddEventListenerOptions,
): () => void {
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}
