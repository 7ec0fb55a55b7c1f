import type { EdgeSingular, StylesheetJson } from 'cytoscape';
import type { State } from './model.ts';
import type { CanvasColours } from './palette.ts';
import { block, numberOf, small } from './styleBlock.ts';

interface LineLook {
  dashes?: number[];
  width: number;
  colour?: (colours: CanvasColours) => string;
}

/** How a line tells each state; without its colour, too. */
const lines: Record<State, LineLook> = {
  up: { width: 2 },
  planned: { width: 1.5 },
  extra: { dashes: [7, 4], width: 2, colour: ({ warn }) => warn },
  pending: { dashes: [2, 4], width: 1.5, colour: ({ idle }) => idle },
  working: { dashes: [4, 3], width: 2.5, colour: ({ work }) => work },
  down: { dashes: [10, 6], width: 1.5 },
  missing: { dashes: [2, 5], width: 2.5, colour: ({ bad }) => bad },
  failed: { dashes: [2, 3], width: 3, colour: ({ bad }) => bad },
};

export function edgeStyle(colours: CanvasColours): StylesheetJson {
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
      'source-text-offset': (edge: EdgeSingular) => numberOf(edge, 'sourceOffset'),
      'target-text-offset': (edge: EdgeSingular) => numberOf(edge, 'targetOffset'),
      'overlay-opacity': 0,
      'z-compound-depth': 'orphan',
      'z-index-compare': 'manual',
      'z-index': 1,
      'font-size': small,
      color: colours.text2,
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
    ...Object.entries(lines).map(([state, { dashes, width, colour: pick }]) => {
      const colour = pick?.(colours);
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
