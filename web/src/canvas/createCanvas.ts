import cytoscape from 'cytoscape';
import { changedElements } from './changes.ts';
import { createAnnouncer, eventSentence } from './announcer.ts';
import { createDrop } from './drop.ts';
import { createHover, type Hover } from './hover.ts';
import type { HoveredCard } from './HoverCard.tsx';
import { exposeHook } from './hook.ts';
import { createKeyboard } from './keyboard.ts';
import { createLinkMode } from './linkMode.ts';
import type { Graph } from './model.ts';
import { createOverlay } from './overlay.ts';
import type { CanvasParts } from './parts.ts';
import { pathEdges } from './path.ts';
import { createPointer, type Pointer } from './pointer.ts';
import { createProbeMode } from './probeMode.ts';
import { markSelected } from './selection.ts';
import { createSync } from './sync.ts';
import { addressTags } from './tags.ts';
import { tidy } from './tidy.ts';
import { fit, reveal, zoomRange, zoomTo } from './view.ts';
import { themeStore } from '../design/theme.ts';
import type { LabStoreApi } from '../store/labStore.ts';

export interface CanvasOptions {
  store: LabStoreApi;
  /** The focusable element that Cytoscape draws into. */
  container: HTMLElement;
  overlayCanvas: HTMLCanvasElement;
  handle: HTMLElement;
  /** An aria-live region. */
  region: HTMLElement;
  onCard: (card: HoveredCard | undefined) => void;
}

const zoomStep = 1.25;

/** Puts the canvas of a lab into the page and keeps it up to date; returns the undo of it all. */
export function createCanvas(options: CanvasOptions): () => void {
  const { store, container, overlayCanvas, handle, region, onCard } = options;
  const motion = matchMedia('(prefers-reduced-motion: reduce)');
  const mayAnimate = () => !motion.matches && document.visibilityState === 'visible';
  const cy = cytoscape({
    container,
    elements: [],
    layout: { name: 'preset' },
    minZoom: zoomRange.min,
    maxZoom: zoomRange.max,
    // Our own gestures do all of this: they can be called off, and write one edit at their end.
    userPanningEnabled: false,
    userZoomingEnabled: false,
    boxSelectionEnabled: false,
    autoungrabify: true,
    autounselectify: true,
  });
  let hover: Hover | undefined;
  let pointer: Pointer | undefined;
  let plug: string | undefined;
  let hasView = false;
  /** To be brought into view as soon as it is drawn: what was just added comes with the next frame. */
  let wanted: string | undefined;

  const bringIntoView = (element: string, { shownBy }: Graph) => {
    const shown = shownBy.get(element);
    wanted = shown === undefined ? element : undefined;
    if (shown === undefined) return;
    reveal(cy, shown);
    overlay.glow([shown]);
  };

  const sync = createSync({
    cy,
    container,
    mayAnimate,
    onChange({ before, now, ghosts }) {
      overlay.fade(ghosts);
      markSelected(cy, now, store.getState().selection, plug);
      overlay.setTags(addressTags(now, store.getState()));
      linkMode.update();
      hover?.update();
      overlay.refresh();
      if (!hasView && now.nodes.size > 0 && before.nodes.size === 0) {
        fit(cy);
        hasView = true;
      }
      if (wanted !== undefined) bringIntoView(wanted, now);
      wanted = undefined;
    },
  });
  const overlay = createOverlay({
    cy,
    canvas: overlayCanvas,
    colours: () => sync.colours,
    mayAnimate,
  });
  const announcer = createAnnouncer(region);
  const parts: CanvasParts = { cy, container, store, sync, overlay, announcer };
  const linkMode = createLinkMode(parts);
  const probeMode = createProbeMode(parts);
  const setPlug = (id: string | undefined) => {
    plug = id;
    markSelected(cy, sync.graph, store.getState().selection, plug);
  };
  pointer = createPointer(parts, {
    linkMode,
    probeMode,
    onPlug: setPlug,
    onBusy: () => hover?.clear(),
  });
  hover = createHover(parts, { handle, pointer: () => pointer, onCard });

  const show = () => {
    const { lab, live } = store.getState();
    sync.show(lab, live);
  };
  show();
  container.dataset['tool'] = store.getState().tool;
  const undos = [
    createDrop(parts),
    createKeyboard(parts, { linkMode, plug: () => plug }),
    exposeHook(parts),
    store.subscribe((now, before) => {
      if (now.lab !== before.lab || now.live !== before.live) show();
      if (now.selection !== before.selection) {
        plug = undefined;
        markSelected(cy, sync.graph, now.selection, plug);
        overlay.setTags(addressTags(sync.graph, now));
      }
      if (now.tool !== before.tool) {
        container.dataset['tool'] = now.tool;
        hover?.clear();
      }
      if (now.pulse && now.pulse !== before.pulse) {
        const { links, kind } = now.pulse;
        overlay.pulse(pathEdges(sync.graph, links), kind === 'ok');
      }
    }),
    listenToEvents(parts, mayAnimate),
    themeStore.subscribe(() => {
      sync.restyle();
      overlay.refresh();
    }),
    store.getState().onCommand((command) => {
      hover?.clear();
      switch (command.command) {
        case 'fit':
          return fit(cy);
        case 'zoom100':
          return zoomTo(cy, 1);
        case 'zoomIn':
          return zoomTo(cy, cy.zoom() * zoomStep);
        case 'zoomOut':
          return zoomTo(cy, cy.zoom() / zoomStep);
        case 'focus':
          return container.focus();
        case 'layout':
          return tidy(parts, mayAnimate());
        case 'reveal':
          return bringIntoView(command.element, sync.graph);
      }
    }),
    followSize(cy, container, () => overlay.refresh()),
  ];
  return () => {
    for (const undo of undos) undo();
    hover?.destroy();
    pointer?.destroy();
    linkMode.destroy();
    probeMode.destroy();
    overlay.destroy();
    announcer.destroy();
    sync.destroy();
    cy.destroy();
  };
}

/** Changes light up and are said. */
function listenToEvents(parts: CanvasParts, mayAnimate: () => boolean): () => void {
  const { store, sync, overlay, announcer } = parts;
  let before = store.getState().live;
  return store.getState().onEvents((events) => {
    const shown = changedElements(sync.graph, events, before);
    if (mayAnimate()) overlay.glow(shown);
    for (const event of events) {
      const sentence = eventSentence(event, before);
      if (sentence !== undefined) announcer.say(sentence);
    }
    before = store.getState().live;
  });
}

/** The middle of the view stays in the middle when a panel beside it changes its width. */
function followSize(cy: cytoscape.Core, container: HTMLElement, onChange: () => void): () => void {
  let [width, height] = [container.clientWidth, container.clientHeight];
  const observer = new ResizeObserver(() => {
    const [dx, dy] = [container.clientWidth - width, container.clientHeight - height];
    if (dx === 0 && dy === 0) return;
    [width, height] = [container.clientWidth, container.clientHeight];
    cy.resize();
    cy.panBy({ x: dx / 2, y: dy / 2 });
    onChange();
  });
  observer.observe(container);
  return () => observer.disconnect();
}
