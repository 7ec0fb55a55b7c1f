import { fromPlain, isJsonObject, type Json, type JsonObject } from '../cni/json.ts';
import type { Edit } from './edits.ts';
import { formatPath, valueAt, type DocumentPath } from './path.ts';

/** An edit that does not fit the document. */
export class EditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EditError';
  }
}

const orders: { at: (path: DocumentPath) => boolean; keys: string[] }[] = [
  {
    at: (path) => path.length === 0,
    keys: ['cnilab', 'name', 'description', 'box', 'segments', 'hosts', 'checks', 'view'],
  },
  {
    at: ([top, , list, ...rest]) => top === 'hosts' && list === undefined && rest.length === 0,
    keys: ['name', 'interfaces', 'routes', 'sysctls', 'dhcp', 'conditions', 'networks', 'pods'],
  },
  {
    at: (path) => path.length === 4 && path[0] === 'hosts' && path[2] === 'pods',
    keys: ['name', 'attachments', 'listen'],
  },
];

/** The key after which a new key goes; undefined = at the end. */
export function predecessorOf(
  path: DocumentPath,
  keys: readonly string[],
  key: string,
): string | undefined {
  const order = orders.find(({ at }) => at(path))?.keys ?? [];
  const rank = order.indexOf(key);
  if (rank < 0) return undefined;
  return keys.toReversed().find((other) => {
    const otherRank = order.indexOf(other);
    return otherRank >= 0 && otherRank < rank;
  });
}

/**
 * The document after one edit; what the edit does not touch is shared with the document before.
 * Throws an EditError if the path leads through a text or number, or past the end of a list.
 */
export function applyEdit(root: Json, edit: Edit): Json {
  const { path } = edit;
  const there = valueAt(root, path);
  if (edit.edit === 'delete') return there === undefined ? root : deleteIn(root, path);
  const value = fromPlain(edit.value);
  if (edit.edit === 'set') return setIn(root, path, value, []);
  if (there !== undefined && there !== null && !Array.isArray(there)) {
    throw new EditError(`${formatPath(path)} is not a list`);
  }
  return setIn(root, path, [...(there ?? []), value], []);
}

function setIn(value: Json | undefined, path: DocumentPath, to: Json, before: DocumentPath): Json {
  const [step, ...rest] = path;
  if (step === undefined) return to;
  const here = [...before, step];
  if (Array.isArray(value) || (isAbsent(value) && typeof step === 'number')) {
    const list = Array.isArray(value) ? value : [];
    if (typeof step !== 'number' || step < 0 || step > list.length || !Number.isInteger(step)) {
      throw new EditError(`${formatPath(here)} is past the end of its list`);
    }
    return list.toSpliced(step, 1, setIn(list[step], rest, to, here));
  }
  if (!isJsonObject(value) && !isAbsent(value)) {
    throw new EditError(`${formatPath(before) || 'the document'} is neither a map nor a list`);
  }
  const map: JsonObject = isJsonObject(value) ? value : new Map();
  const key = String(step);
  const item = setIn(map.get(key), rest, to, here);
  const after = map.has(key) ? undefined : predecessorOf(before, [...map.keys()], key);
  if (after === undefined) return new Map(map).set(key, item);
  return new Map(
    [...map].flatMap((entry): [string, Json][] =>
      entry[0] === after ? [entry, [key, item]] : [entry],
    ),
  );
}

const isAbsent = (value: Json | undefined) => value === undefined || value === null;

function deleteIn(value: Json, path: DocumentPath): Json {
  const [step, ...rest] = path;
  if (step === undefined) throw new EditError('the whole document cannot be deleted');
  if (Array.isArray(value) && typeof step === 'number') {
    const item = value[step];
    if (item === undefined) return value;
    return rest.length === 0 ? value.toSpliced(step, 1) : value.with(step, deleteIn(item, rest));
  }
  if (!isJsonObject(value)) return value;
  const map = new Map(value);
  const item = map.get(String(step));
  if (item === undefined) return value;
  if (rest.length === 0) map.delete(String(step));
  else map.set(String(step), deleteIn(item, rest));
  return map;
}
