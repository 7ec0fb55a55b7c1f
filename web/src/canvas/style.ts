import type { Css, NodeSingular, StylesheetJson } from 'cytoscape';
import { podTitle } from './hostLayout.ts';
import { isDarkColour, mix, type CanvasColours } from './palette.ts';
import type { State } from './model.ts';

/** Room around each node for marks on its corners; counts for the size of what holds it, too. */
export const markRoom = 7;
const small = 12;

/**
 * The style sheet of the canvas. States show as border, mark and line style, never as colour
 * alone; what an element is shows as shape and icon.
 */
export function canvasStyle(colours: CanvasColours): StylesheetJson {
  // Cytoscape's own mark of a pressed pointer: our gestures have theirs.
  const core: Css.Core = {
    'active-bg-color': colours.canvas,
    'active-bg-opacity': 0,
    'active-bg-size': 0,
    'selection-box-color': colours.accent,
    'selection-box-border-color': colours.accent,
    'selection-box-border-width': 0,
    'selection-box-opacity': 0,
    'outside-texture-bg-color': colours.canvas,
    'outside-texture-bg-opacity': 0,
  };
  return [
    { selector: 'core', style: core },
    ...nodes(colours),
    ...nodeStates(colours),
    ...edges(colours),
    ...interaction(colours),
  ];
}

const block = (selector: string, style: Css.Node | Css.Edge) => ({ selector, style });

/** Titles start at the left: their own width moves them in from outside the frame. */
const titleShift = (node: NodeSingular): number => {
  const shift: unknown = node.data('titleShift');
  return typeof shift === 'number' ? shift : 0;
};

function nodes(colours: CanvasColours): StylesheetJson {
  const tint = (colour: string) =>
    mix(colour, colours.canvas, isDarkColour(colours.canvas) ? 0.24 : 0.13);
  return [
    block('node', {
      shape: 'round-rectangle',
      'corner-radius': '6px',
      width: 'data(width)',
      height: 'data(height)',
      label: 'data(label)',
      color: colours.text,
      'font-family': colours.font,
      'font-size': 13,
      'font-weight': 500,
      'text-valign': 'center',
      'text-halign': 'center',
      'text-wrap': 'wrap',
      'text-max-width': '400px',
      'min-zoomed-font-size': 6,
      'background-color': colours.podGround,
      'border-width': 1.5,
      'border-color': colours.interface,
      // Every node has a background image, if need be a blank one: Cytoscape 3.18 to 3.34 counts
      // images in two passes per node and, without any, takes each drawn frame for a change of
      // background and applies the style of all nodes again (measured: 8 times slower frames).
      'background-image': 'data(images)',
      'background-fit': ['none', 'none'],
      'background-clip': ['none', 'none'],
      'background-image-containment': ['over', 'over'],
      'background-width': ['16px', '16px'],
      'background-height': ['16px', '16px'],
      'background-position-x': ['10px', '100%'],
      'background-position-y': ['50%', '0%'],
      'background-offset-x': ['0px', '7px'],
      'background-offset-y': ['0px', '-7px'],
      'bounds-expansion': `${markRoom}`,
      'compound-sizing-wrt-labels': 'exclude',
      'overlay-opacity': 0,
      // Frames below cables, cables below boxes: a cable never runs over a name.
      'z-compound-depth': 'orphan',
      'z-index-compare': 'manual',
      'z-index': 2,
    }),
    block('node.host', {
      'z-index': 0,
      'corner-radius': '12px',
      'background-color': colours.hostGround,
      'border-color': colours.hostLine,
      'border-width': 2,
      'font-size': 16,
      'font-weight': 700,
      'text-halign': 'left',
      'text-valign': 'top',
      'text-margin-x': titleShift,
      'text-margin-y': 28,
      'background-width': ['18px', '18px'],
      'background-height': ['18px', '18px'],
      'background-position-x': ['13px', '100%'],
      'background-position-y': ['9px', '0%'],
      padding: '0px',
    }),
    block('node.host:parent', { padding: '29px' }),
    // Hosts below the segments that they are plugged into: cables come in from above.
    block('node.host.titleBelow', {
      'text-valign': 'bottom',
      'text-margin-y': -28,
      'background-position-y': ['100%', '0%'],
      'background-offset-y': ['-12px', '-7px'],
    }),
    block('node.pod, node.foreign', {
      'corner-radius': '8px',
      'border-color': colours.podLine,
      'font-size': 14,
      'font-weight': 600,
      'text-halign': 'left',
      'text-valign': 'top',
      'text-margin-x': titleShift,
      'text-margin-y': podTitle - 1,
      'background-width': ['14px', '16px'],
      'background-height': ['14px', '16px'],
      'background-position-x': ['9px', '100%'],
      'background-position-y': ['8px', '0%'],
      padding: '0px',
    }),
    block('node.pod:parent, node.foreign:parent', {
      padding: '5px',
      // The title's room: added above the interfaces and nowhere else.
      'min-height': `${26 + 2 * markRoom + podTitle}px`,
      'min-height-bias-top': '100%',
      'min-width': 'data(minWidth)',
    }),
    block('node.foreign', { 'border-style': 'dashed' }),
    block('node.port', {
      'z-index': 3,
      'corner-radius': '5px',
      'background-color': tint(colours.interface),
      'border-color': colours.interface,
    }),
    block('node.network, node.bridge', {
      'background-color': tint(colours.bridge),
      'border-color': colours.bridge,
      'border-width': 2,
      'font-size': 14,
      'font-weight': 600,
      'line-height': 1.15,
      'text-margin-x': 9,
    }),
    block('node.segment', {
      'corner-radius': '17px',
      'background-color': tint(colours.segment),
      'border-color': colours.segment,
      'border-width': 2,
      'font-size': 14,
      'font-weight': 600,
      'text-margin-x': 9,
    }),
    block('node.portmap', {
      'corner-radius': '12px',
      'background-color': mix(colours.accent, colours.canvas, 0.16),
      'border-color': colours.accent,
      'background-position-x': ['8px', '100%'],
      'text-margin-x': 9,
      'z-index': 4,
    }),
  ];
}

function nodeStates(colours: CanvasColours): StylesheetJson {
  return [
    block('node.state-planned', {
      'border-color': mix(colours.hostLine, colours.canvas, 0.55),
      'border-style': 'solid',
      color: colours.text2,
    }),
    block('node.state-extra', { 'border-style': 'dashed', 'border-color': colours.warn }),
    block('node.state-pending', { 'border-style': 'dotted', 'border-color': colours.idle }),
    block('node.state-working', { 'border-color': colours.work, 'border-width': 2.5 }),
    block('node.state-down', { 'border-style': 'dashed', color: colours.text2 }),
    block('node.state-missing', {
      'border-style': 'dotted',
      'border-color': colours.bad,
      'border-width': 2.5,
      color: colours.text2,
    }),
    block('node.state-failed', { 'border-color': colours.bad, 'border-width': 3 }),
  ];
}

/** How a line tells each state without colour. */
const lines: Record<State, { dashes: number[] | undefined; width: number }> = {
  up: { dashes: undefined, width: 2 },
  planned: { dashes: undefined, width: 1.5 },
  extra: { dashes: [7, 4], width: 2 },
  pending: { dashes: [2, 4], width: 1.5 },
  working: { dashes: [4, 3], width: 2.5 },
  down: { dashes: [10, 6], width: 1.5 },
  missing: { dashes: [2, 5], width: 2.5 },
  failed: { dashes: [2, 3], width: 3 },
};

function edges(colours: CanvasColours): StylesheetJson {
  const stateColours: Partial<Record<State, string>> = {
    extra: colours.warn,
    pending: colours.idle,
    working: colours.work,
    missing: colours.bad,
    failed: colours.bad,
  };
  const endLabel: Css.Edge = {
    'font-size': small,
    color: colours.text2,
  };
  return [
    block('edge', {
      // Straight lines are the cheapest to draw; only parallel ones need to be told apart.
      'curve-style': 'straight',
      width: 2,
      'line-color': colours.link,
      'source-endpoint': 'data(sourceEnd)',
      'target-endpoint': 'data(targetEnd)',
      'source-arrow-shape': 'none',
      'target-arrow-shape': 'none',
      'font-family': colours.font,
      'min-zoomed-font-size': 6,
      'text-background-color': colours.canvas,
      'text-background-opacity': 0.85,
      'text-background-padding': '2px',
      'text-background-shape': 'roundrectangle',
      'source-text-offset': 18,
      'target-text-offset': 18,
      'overlay-opacity': 0,
      'z-compound-depth': 'orphan',
      'z-index-compare': 'manual',
      'z-index': 1,
      ...endLabel,
    }),
    block('edge.inside', { 'text-background-color': colours.hostGround }),
    block('edge.parallel', { 'curve-style': 'bezier', 'control-point-step-size': 34 }),
    block('edge[label]', { label: 'data(label)', 'font-weight': 600 }),
    block('edge[sourceLabel]', { 'source-label': 'data(sourceLabel)' }),
    block('edge[targetLabel]', { 'target-label': 'data(targetLabel)' }),
    block('edge.crowded', { 'source-label': '', 'target-label': '' }),
    block('edge.wire', { 'line-color': colours.segment }),
    block('edge.attachment, edge.member', { 'line-color': colours.bridge }),
    block('edge.portmap', { 'line-color': colours.accent, 'line-style': 'dashed' }),
    block('edge.tunnel', { 'line-style': 'dashed', 'line-dash-pattern': [12, 5] }),
    block('edge[vlanColour]', { 'line-color': 'data(vlanColour)', color: 'data(vlanColour)' }),
    ...(Object.keys(lines) as State[]).map((state) => {
      const { dashes, width } = lines[state];
      const colour = stateColours[state];
      return block(`edge.state-${state}`, {
        width,
        ...(dashes ? { 'line-style': 'dashed', 'line-dash-pattern': dashes } : {}),
        ...(colour === undefined ? {} : { 'line-color': colour }),
        ...(state === 'planned' ? { 'line-opacity': 0.6 } : {}),
      });
    }),
    block('edge.barSource', { 'source-arrow-shape': 'square', 'arrow-scale': 0.8 }),
    block('edge.barTarget', { 'target-arrow-shape': 'square', 'arrow-scale': 0.8 }),
    ...['source', 'target'].flatMap((end) => [
      block(`edge.attachment, edge.member`, { [`${end}-arrow-color`]: colours.bridge }),
      block(`edge.wire`, { [`${end}-arrow-color`]: colours.segment }),
    ]),
  ];
}

function interaction(colours: CanvasColours): StylesheetJson {
  return [
    block('node.hovered', { 'border-color': colours.accent }),
    block('edge.hovered, edge.selected', {
      width: 3.5,
      'source-label': 'data(sourceLabel)',
      'target-label': 'data(targetLabel)',
    }),
    block('node.selected', {
      'border-color': colours.accent,
      'border-width': 2.5,
      'underlay-color': colours.accent,
      'underlay-opacity': 0.3,
      'underlay-padding': 5,
      'underlay-shape': 'round-rectangle',
    }),
    block('edge.selected', {
      'line-color': colours.accent,
      'underlay-color': colours.accent,
      'underlay-opacity': 0.22,
      'underlay-padding': 4,
    }),
    block('node.candidate', {
      'border-color': colours.ok,
      'border-width': 3,
      'border-style': 'dashed',
    }),
    block('node.targeted', {
      'border-color': colours.ok,
      'border-width': 4,
      'border-style': 'solid',
      'underlay-color': colours.ok,
      'underlay-opacity': 0.28,
      'underlay-padding': 6,
    }),
    block('node.refused', {
      'border-color': colours.bad,
      'border-width': 3,
      'border-style': 'double',
    }),
    block('.muted', { opacity: 0.35 }),
  ];
}
