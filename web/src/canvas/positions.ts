import { isJsonObject, toPlain } from '@cnilab/shared/cni/json';
import type { Lab } from '@cnilab/shared/lab/schema';
import type { Point } from './geometry.ts';

/** `view.positions` of the document; entries that are no position are left out. */
export function storedPlaces(lab: Lab | undefined): Map<string, Point> {
  const places = new Map<string, Point>();
  const positions = lab?.view?.['positions'];
  if (!isJsonObject(positions)) return places;
  for (const [id, value] of positions) {
    const plain = toPlain(value);
    if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) continue;
    const { x, y } = plain;
    if (typeof x === 'number' && typeof y === 'number') places.set(id, { x, y });
  }
  return places;
}
