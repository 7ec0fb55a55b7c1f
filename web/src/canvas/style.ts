import type { Css, StylesheetJson } from 'cytoscape';
import { edgeStyle } from './edgeStyle.ts';
import { nodeStates, nodeStyle } from './nodeStyle.ts';
import type { CanvasColours } from './palette.ts';
import { block } from './styleBlock.ts';

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
    ...nodeStyle(colours),
    ...nodeStates(colours),
    ...edgeStyle(colours),
    ...interaction(colours),
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
