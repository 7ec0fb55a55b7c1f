import type { Edit } from './edits.ts';

/** Remembers where the page shows an element. Whole pixels keep the file's differences small. */
export function setPosition(element: string, x: number, y: number): Edit[] {
  const value = { x: Math.round(x), y: Math.round(y) };
  return [{ edit: 'set', path: ['view', 'positions', element], value }];
}
