/**
 * Pictures for nodes as data URIs: the page's policy allows images from `data:` and nothing else.
 * Drawn on a 24 × 24 grid with lines of 2, like the icons of the rest of the page.
 */

const shapes = {
  host: '<rect x="3" y="4" width="18" height="7" rx="2"/><rect x="3" y="13" width="18" height="7" rx="2"/><path d="M7 7.5h.01M7 16.5h.01"/>',
  pod: '<path d="M12 2.5 20.5 7v10L12 21.5 3.5 17V7z"/><path d="m3.5 7 8.500 5 8.500-5M12 12v9.500"/>',
  foreign:
    '<rect x="4" y="4" width="16" height="16" rx="3" stroke-dasharray="4 3"/><path d="m9 9 3 3-3 3M13.500 15H16"/>',
  segment: '<path d="M2 12h20M6 12V6M18 12V6M12 12v6"/>',
  bridge: '<path d="M3 8h18M3 16h18M7 8v8M12 8v8M17 8v8"/>',
  ptp: '<circle cx="5" cy="12" r="3"/><circle cx="19" cy="12" r="3"/><path d="M8 12h8"/>',
  layers: '<path d="m12 3 9 5-9 5-9-5zM3 13l9 5 9-5"/>',
  network:
    '<rect x="9" y="3" width="6" height="6" rx="1"/><rect x="3" y="15" width="6" height="6" rx="1"/><rect x="15" y="15" width="6" height="6" rx="1"/><path d="M12 9v3M6 15v-3h12v3"/>',
  plug: '<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>',
} as const;
export type IconName = keyof typeof shapes;

/** Marks of states: each has its own shape, so that colour is never the only signal. */
const marks = {
  pending: '<circle cx="12" cy="12" r="9" stroke-dasharray="3.500 3.500"/>',
  working: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.500 2"/>',
  down: '<path d="M12 4v14M6 12l6 7 6-7"/>',
  missing:
    '<circle cx="12" cy="12" r="9"/><path d="M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.8.400-1 .900-1 1.700M12 17h.01"/>',
  failed: '<circle cx="12" cy="12" r="9"/><path d="m8.500 8.500 7 7M15.500 8.500l-7 7"/>',
  extra: '<path d="M12 5v14M5 12h14"/>',
} as const;
export type MarkName = keyof typeof marks;

/** 1 × 1, transparent. */
export const blank =
  'data:image/svg+xml;utf8,' +
  encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');

export const icon = (name: IconName, colour: string): string => svg(shapes[name], colour, '');

/** A state's mark on a disc of the ground's colour, so that a border behind it does not show. */
export const mark = (name: MarkName, colour: string, ground: string): string =>
  svg(marks[name], colour, `<circle cx="12" cy="12" r="12" fill="${ground}" stroke="none"/>`);

function svg(content: string, colour: string, below: string): string {
  // Twice the size that it is drawn at, because Cytoscape scales bitmaps.
  const text =
    `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24" fill="none" ` +
    `stroke="${colour}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${below}${content}</svg>`;
  return `data:image/svg+xml;utf8,${encodeURIComponent(text)}`;
}
