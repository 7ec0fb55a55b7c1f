import type { Lab } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import type { Core, EdgeDataDefinition, NodeDataDefinition } from 'cytoscape';
import { createAim, noAim } from './aim.ts';
import { drawEdges, drawNode, type DrawContext, type Drawn } from './elements.ts';
import type { Box, Point } from './geometry.ts';
import { buildGraph } from './graph.ts';
import { podTitle } from './hostLayout.ts';
import { absolutePlace, completePlaces, type Places } from './layout.ts';
import type { Graph } from './model.ts';
import { readColours, type CanvasColours } from './palette.ts';
import { storedPlaces } from './positions.ts';
import { canvasStyle } from './style.ts';

/** What an element that is gone looked like, for the overlay to fade out. Model coordinates. */
export type Ghost =
  { kind: 'box'; box: Box; isDashed: boolean } | { kind: 'line'; from: Point; to: Point };

export interface SyncOptions {
  cy: Core;
  container: HTMLElement;
  /** Whether things may fade. */
  mayAnimate: () => boolean;
  /** After a change is on the canvas. */
  onChange: (change: { before: Graph; now: Graph; ghosts: Ghost[] }) => void;
}

export interface CanvasSync {
  /** What is drawn. */
  readonly graph: Graph;
  /** Places by node id, each relative to its parent's origin. */
  readonly places: Places;
  readonly colours: CanvasColours;
  /**
   * Draws this lab: with the next frame what was edited, and at once what only the kernel changed,
   * which the store tells once a frame.
   */
  show(lab: Lab | undefined, live: Snapshot | undefined): void;
  /** Reads the page's colours again. */
  restyle(): void;
  /** Puts plugs and cable ends where their boxes are; for whoever moves nodes. */
  follow(): void;
  /** Puts every node where `places` says, after a drag that was called off. */
  restore(): void;
  /** Keeps a node that the document does not know at a place, for as long as the page is open. */
  hold(id: string, at: Point): void;
  destroy(): void;
}

const fadeMs = 220;
/** Visible in its first frame. */
const fadeFrom = 0.3;
/** More than this many at once come without fading: a whole lab coming up is no time for it. */
const fadeLimit = 24;
/** In a graph with more elements than this, frames are worth more than fading. */
const calmSize = 500;
/** At most this part of the time goes into drawing changes: a flood of events must not freeze. */
const workShare = 0.3;
const longestWaitMs = 250;
/** A frame with a change that takes longer than this is slow. */
const slowMs = 34;
const emptyGraph: Graph = { nodes: new Map(), edges: new Map(), shownBy: new Map() };

/** Keeps Cytoscape equal to the graph of the lab: one batch per frame, and only what changed. */
export function createSync({ cy, container, mayAnimate, onChange }: SyncOptions): CanvasSync {
  let graph = emptyGraph;
  let places = new Map<string, Point>();
  /** Places that nobody chose. Kept, so that an undone drag goes back to where it was. */
  const automatic = new Map<string, Point>();
  let nodes = new Map<string, Drawn<NodeDataDefinition>>();
  let edges = new Map<string, Drawn<EdgeDataDefinition>>();
  let colours = readColours(container);
  let latest: { lab: Lab | undefined; live: Snapshot | undefined } | undefined;
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let restUntil = 0;
  let fading = 0;
  const measure = textMeasure();
  const aim = createAim(cy, () => graph);
  cy.style(canvasStyle(colours));

  const draw = (): { added: string[]; ghosts: Ghost[] } => {
    const context: DrawContext = { graph, colours, measure };
    const nextNodes = new Map([...graph.nodes.values()].map((n) => [n.id, drawNode(n, context)]));
    const nextEdges = drawEdges(context);
    const gone = [
      ...[...edges.keys()].filter((id) => !nextEdges.has(id)),
      ...[...nodes.keys()].filter((id) => !nextNodes.has(id)),
    ];
    const ghosts = gone.length <= fadeLimit && mayAnimate() ? gone.flatMap(ghostOf) : [];
    const added: string[] = [];
    cy.batch(() => {
      for (const [id, item] of nextNodes) if (putNode(nodes.get(id), item)) added.push(id);
      for (const [id, item] of nextEdges) if (putEdge(edges.get(id), item)) added.push(id);
      for (const id of gone) cy.getElementById(id).remove();
    });
    [nodes, edges] = [nextNodes, nextEdges];
    return { added, ghosts };
  };

  const ghostOf = (id: string): Ghost[] => {
    const element = cy.getElementById(id);
    if (element.empty()) return [];
    const isEdge = element.group() === 'edges';
    if (isEdge) {
      return [{ kind: 'line', from: element.sourceEndpoint(), to: element.targetEndpoint() }];
    }
    const { x, y } = element.position();
    const box = { x, y, width: element.outerWidth(), height: element.outerHeight() };
    return [{ kind: 'box', box, isDashed: element.hasClass('state-extra') }];
  };

  /** True if it is new. */
  const putNode = (
    old: Drawn<NodeDataDefinition> | undefined,
    item: Drawn<NodeDataDefinition>,
  ): boolean => {
    const { id } = item.data;
    if (!old) {
      cy.add({ group: 'nodes', data: { ...item.data }, classes: item.classes });
      return true;
    }
    const node = cy.getElementById(id);
    if (old.data.parent !== item.data.parent) node.move({ parent: item.data.parent ?? null });
    change(node, old, item);
    return false;
  };

  const putEdge = (
    old: Drawn<EdgeDataDefinition> | undefined,
    item: Drawn<EdgeDataDefinition>,
  ): boolean => {
    const { id, source, target } = item.data;
    if (!old) {
      const ends = noAim;
      cy.add({ group: 'edges', data: { ...ends, ...item.data }, classes: item.classes });
      return true;
    }
    const edge = cy.getElementById(id);
    if (old.data.source !== source || old.data.target !== target) edge.move({ source, target });
    change(edge, old, item);
    return false;
  };

  const change = <D extends object>(
    element: ReturnType<Core['getElementById']>,
    old: Drawn<D>,
    item: Drawn<D>,
  ) => {
    if (JSON.stringify(old.data) !== JSON.stringify(item.data)) {
      const stale = Object.keys(old.data).filter((key) => !(key in item.data) && key !== 'parent');
      if (stale.length > 0) element.removeData(stale.join(' '));
      const {
        parent: _,
        source: __,
        target: ___,
        id: ____,
        ...rest
      } = { ...item.data } as Record<string, unknown>;
      element.data(rest);
    }
    // Other classes on the element (hovered, selected, …) belong to the interactions.
    const gone = old.classes.filter((name) => !item.classes.includes(name));
    const come = item.classes.filter((name) => !old.classes.includes(name));
    if (gone.length > 0) element.removeClass(gone);
    if (come.length > 0) element.addClass(come);
  };

  const place = () => {
    const parents = new Set([...graph.nodes.values()].map(({ parent }) => parent));
    cy.batch(() => {
      for (const { id, kind } of graph.nodes.values()) {
        if (parents.has(id) || kind === 'portmap') continue;
        const at = absolutePlace(graph, places, id);
        const y = kind === 'pod' || kind === 'foreign' ? at.y - podTitle / 2 : at.y;
        const node = cy.getElementById(id);
        const now = node.position();
        if (now.x !== at.x || now.y !== y) node.position({ x: at.x, y });
      }
    });
    aim.all();
  };

  const fadeIn = (ids: readonly string[]) => {
    for (const id of ids) {
      if (fading >= fadeLimit) return;
      fading++;
      const element = cy.getElementById(id);
      const complete = () => {
        fading--;
        element.removeStyle('opacity');
      };
      element.style('opacity', fadeFrom);
      element.animate({ style: { opacity: 1 } }, { duration: fadeMs, complete });
    }
  };

  /** At once or with the next frame; later when the last change was much work. */
  const schedule = (atOnce: boolean) => {
    if (frame !== undefined || timer !== undefined) return;
    const now = performance.now();
    const wait = restUntil - now;
    if (wait <= 0) {
      if (atOnce) apply(now);
      else frame = requestAnimationFrame(apply);
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      frame = requestAnimationFrame(apply);
    }, wait);
  };

  const apply = (began: number) => {
    frame = undefined;
    if (!latest) return;
    const { lab, live } = latest;
    const before = graph;
    graph = buildGraph(lab, live);
    const known = new Map([...automatic, ...storedPlaces(lab)]);
    places = completePlaces(graph, known);
    for (const [id, at] of places) if (!known.has(id)) automatic.set(id, at);
    const { added, ghosts } = draw();
    place();
    const isFirst = before.nodes.size === 0;
    const isCalm = graph.nodes.size + graph.edges.size <= calmSize;
    if (!isFirst && isCalm && mayAnimate() && added.length <= fadeLimit) fadeIn(added);
    onChange({ before, now: graph, ghosts });
    // Cytoscape draws after this frame's callbacks: what that took is known with the next ones.
    requestAnimationFrame((next) => {
      const cost = next - began;
      if (cost < slowMs) return;
      restUntil = next + Math.min(longestWaitMs, cost / workShare - cost);
    });
  };

  return {
    get graph() {
      return graph;
    },
    get places() {
      return places;
    },
    get colours() {
      return colours;
    },
    show(lab, live) {
      if (latest?.lab === lab && latest?.live === live) return;
      const isEdited = latest?.lab !== lab;
      latest = { lab, live };
      schedule(!isEdited);
    },
    restyle() {
      colours = readColours(container);
      cy.style(canvasStyle(colours));
      draw();
    },
    follow: () => aim.all(),
    restore: place,
    hold(id, at) {
      automatic.set(id, at);
      places.set(id, at);
    },
    destroy() {
      clearTimeout(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}

/** Width of a text in pixels, in a CSS font. */
function textMeasure(): (text: string, font: string) => number {
  const pen = document.createElement('canvas').getContext('2d');
  return (text, font) => {
    if (!pen) return text.length * 8;
    pen.font = font;
    return pen.measureText(text).width;
  };
}
