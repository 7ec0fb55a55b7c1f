import { JsonNumber, isJsonObject, type Json } from '../cni/json.ts';

/** Keys and indexes from the top of a document. */
export type DocumentPath = readonly (string | number)[];

/** The value at `path`, or undefined where nothing is. */
export function valueAt(root: Json | undefined, path: DocumentPath): Json | undefined {
  let value = root;
  for (const step of path) {
    if (isJsonObject(value)) value = value.get(String(step));
    else if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else return undefined;
  }
  return value;
}

/** `hosts[0].pods`, for messages. */
export function formatPath(path: DocumentPath): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at ? '.' : ''}${step}`))
    .join('');
}

/** Same keys in the same order, same number texts. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a instanceof JsonNumber || b instanceof JsonNumber) {
    return a instanceof JsonNumber && b instanceof JsonNumber && a.text === b.text;
  }
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, at) => sameJson(item, b[at]))
    );
  }
  if (isJsonObject(a)) {
    if (!isJsonObject(b) || a.size !== b.size) return false;
    const keys = [...b.keys()];
    return [...a].every(([key, item], at) => keys[at] === key && sameJson(item, b.get(key)));
  }
  return a === b;
}
