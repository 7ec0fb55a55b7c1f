import type { NodeSingular, StylesheetJson } from 'cytoscape';
import { podTitle } from './hostLayout.ts';
import { isDarkColour, mix, type CanvasColours } from './palette.ts';
import { block, hostInset, markRoom, numberOf, podInset } from './styleBlock.ts';

/** Titles start at the left: their own width moves them in from outside the frame. */
const titleShift = (node: NodeSingular): number => numberOf(node, 'titleShift');

export function nodeStyle(colours: CanvasColours): StylesheetJson {
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
    block('node.host:parent', { padding: `${hostInset}px`, 'min-width': 'data(minWidth)' }),
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
      padding: `${podInset}px`,
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

export function nodeStates(colours: CanvasColours): StylesheetJson {
  return [
    block('node.state-planned', {
      'border-color': mix(colours.hostLine, colours.canvas, 0.7),
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
