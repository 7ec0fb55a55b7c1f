import type { Css, EdgeSingular, NodeSingular } from 'cytoscape';

/** Room around each node for marks on its corners; counts for the size of what holds it, too. */
export const markRoom = 7;
/** Paddings of frames. With the room for marks they make what the layout reckons with. */
export const hostInset = 29;
export const podInset = 5;
/** Font size of names at cables, in pixels. */
export const small = 12;

export const block = (selector: string, style: Css.Node | Css.Edge) => ({ selector, style });

/** A number of an element's data; 0 when it has none. */
export function numberOf(element: NodeSingular | EdgeSingular, key: string): number {
  const value: unknown = element.data(key);
  return typeof value === 'number' ? value : 0;
}
