import { type CniError, libraryError } from './errors.ts';
import { type Json, JsonNumber, type JsonObject, isJsonObject, membersOf } from './json.ts';

/**
 * Reading JSON into typed values as Go's decoder does it, because that decides which plugin output
 * counts as a result and what the error says (J6, J7, R9). Its rules, where they surprise:
 * - Keys match in any letter case. Each member is read in the order of the text, into the value
 *   that is there already: of a key that stands twice the later wins, and two objects are merged.
 * - null empties a list, a map or an optional value, and leaves any other as it is.
 * - What has the wrong type is passed over; the first such place is the error, but only at the end.
 *   An error of a type with a reading of its own (an address, a route) ends the reading at once.
 */
export interface GoType<T> {
  /** Go's name of it, for errors. */
  readonly name: string;
  readonly zero: T;
  /** What becomes of the value `before`; what cannot be read is told to the reader. */
  read(json: Json, before: T, reader: Reader): T;
}
export type ValueOf<G> = G extends GoType<infer T> ? T : never;

/** One reading from the top: where it is, and what went wrong first. */
interface Reader {
  struct: string;
  path: string[];
  problem?: TypeProblem;
}

/** A value that does not fit its type; the place is completed on the way out. */
class TypeProblem extends Error {
  readonly value: string;
  readonly type: string;
  struct = '';
  field = '';
  constructor(value: string, type: string, reader: Reader) {
    super();
    this.value = value;
    this.type = type;
    this.locate(reader);
  }
  locate({ struct, path }: Reader): void {
    if (struct === '' && path.length === 0) return;
    this.struct = struct;
    this.field = [...path, ...(this.field === '' ? [] : [this.field])].join('.');
  }
  override get message(): string {
    const place = this.struct === '' && this.field === '' ? '' : `${this.struct}.${this.field}`;
    const into = place === '' ? 'Go value' : `Go struct field ${place}`;
    return `json: cannot unmarshal ${this.value} into ${into} of type ${this.type}`;
  }
}

/** The typed value of a JSON value. Throws a CniError with the text of Go's decoder. */
export function goDecode<T>(type: GoType<T>, json: Json): T {
  const { value, error } = goDecodePartly(type, json);
  if (error) throw error;
  return value;
}

/** The same with what could be read in spite of an error; throws what ends a reading at once. */
export function goDecodePartly<T>(type: GoType<T>, json: Json): { value: T; error?: CniError } {
  try {
    const { value, problem } = read(type, json);
    return { value, ...(problem && { error: libraryError(problem.message) }) };
  } catch (error) {
    throw error instanceof TypeProblem ? libraryError(error.message) : error;
  }
}

function read<T>(type: GoType<T>, json: Json): { value: T; problem: TypeProblem | undefined } {
  const reader: Reader = { struct: '', path: [] };
  const value = type.read(json, type.zero, reader);
  return { value, problem: reader.problem };
}

function misfit<T>(json: Json, type: string, before: T, reader: Reader, text = kindOf(json)): T {
  reader.problem ??= new TypeProblem(text, type, reader);
  return before;
}

/** Go's word for what a JSON value is. */
export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'number';
  if (Array.isArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

export const goString: GoType<string> = {
  name: 'string',
  zero: '',
  read: (json, before, reader) => {
    if (typeof json === 'string') return json;
    return json === null ? before : misfit(json, 'string', before, reader);
  },
};

export const goBool: GoType<boolean> = {
  name: 'bool',
  zero: false,
  read: (json, before, reader) => {
    if (typeof json === 'boolean') return json;
    return json === null ? before : misfit(json, 'bool', before, reader);
  },
};

/** Whole numbers of 64 bits; what a double cannot hold exactly is rounded. */
const wholeNumber = (name: string, form: RegExp, least: bigint, most: bigint): GoType<number> => ({
  name,
  zero: 0,
  read: (json, before, reader) => {
    if (json === null) return before;
    if (!(json instanceof JsonNumber)) return misfit(json, name, before, reader);
    const value = form.test(json.text) ? BigInt(json.text) : undefined;
    return value !== undefined && value >= least && value <= most
      ? Number(value)
      : misfit(json, name, before, reader, `number ${json.text}`);
  },
});
export const goInt = wholeNumber('int', /^-?[0-9]+$/, -(2n ** 63n), 2n ** 63n - 1n);
export const goUint = wholeNumber('uint', /^[0-9]+$/, 0n, 2n ** 64n - 1n);

/** Free-form JSON: only numbers that no double can hold are refused. */
export const goAny: GoType<Json> = {
  name: 'interface {}',
  zero: null,
  read: (json, _before, reader) => {
    refuseHugeNumbers(json, reader);
    return json;
  },
};

function refuseHugeNumbers(json: Json, reader: Reader): void {
  if (json instanceof JsonNumber) {
    if (!Number.isFinite(Number(json.text))) {
      misfit(json, 'float64', null, reader, `number ${json.text}`);
    }
  } else if (Array.isArray(json)) for (const item of json) refuseHugeNumbers(item, reader);
  else if (isJsonObject(json))
    for (const [, item] of membersOf(json)) refuseHugeNumbers(item, reader);
}

/** A map by text; undefined is Go's nil. */
export function goMap<T>(item: GoType<T>): GoType<ReadonlyMap<string, T> | undefined> {
  const name = `map[string]${item.name}`;
  return {
    name,
    zero: undefined,
    read: (json, before, reader) => {
      if (json === null) return undefined;
      if (!isJsonObject(json)) return misfit(json, name, before, reader);
      const map = new Map(before);
      for (const [key, value] of membersOf(json)) {
        map.delete(key);
        map.set(key, item.read(value, item.zero, reader));
      }
      return map;
    },
  };
}

/** Any JSON object; undefined is Go's nil. */
export const goObject: GoType<JsonObject | undefined> = {
  name: 'map[string]interface {}',
  zero: undefined,
  read: (json, before, reader) => {
    if (json === null) return undefined;
    if (!isJsonObject(json)) return misfit(json, 'map[string]interface {}', before, reader);
    refuseHugeNumbers(json, reader);
    return before ? new Map([...before, ...json]) : json;
  },
};

/** A list; undefined is Go's nil. A second list for the same key is read over the first. */
export function goSlice<T>(item: GoType<T>): GoType<readonly T[] | undefined> {
  const name = `[]${item.name}`;
  return {
    name,
    zero: undefined,
    read: (json, before, reader) => {
      if (json === null) return undefined;
      if (!Array.isArray(json)) return misfit(json, name, before, reader);
      return json.map((value, index) => {
        const old = before && index < before.length ? before[index] : undefined;
        return item.read(value, old ?? item.zero, reader);
      });
    },
  };
}

/** Two values of one type: what is missing is empty, what is too much is dropped. */
export function goPair<T>(item: GoType<T>): GoType<readonly [T, T]> {
  const name = `[2]${item.name}`;
  return {
    name,
    zero: [item.zero, item.zero],
    read: (json, before, reader) => {
      if (json === null) return before;
      if (!Array.isArray(json)) return misfit(json, name, before, reader);
      const part = (index: 0 | 1): T => {
        const value = json[index];
        return value === undefined ? item.zero : item.read(value, before[index], reader);
      };
      return [part(0), part(1)];
    },
  };
}

/** What may be absent; null stands for Go's nil pointer. */
export const goPointer = <T>(item: GoType<T>): GoType<T | null> => ({
  name: `*${item.name}`,
  zero: null,
  read: (json, before, reader) =>
    json === null ? null : item.read(json, before ?? item.zero, reader),
});

type Fields = Readonly<Record<string, GoType<unknown>>>;
type Struct<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/**
 * An object with known keys; others are passed over. `name` has Go's package in front; `short` is
 * what errors about a field call it.
 */
export function goStruct<F extends Fields>(
  name: string,
  fields: F,
  short = name.slice(name.lastIndexOf('.') + 1),
): GoType<Struct<F>> {
  const byFolded = new Map(Object.entries(fields).map(([key, type]) => [fold(key), { key, type }]));
  // Each field's own type made its value.
  const complete = (values: Record<string, unknown>) => values as Struct<F>;
  return {
    name,
    zero: complete(
      Object.fromEntries(Object.entries(fields).map(([key, type]) => [key, type.zero])),
    ),
    read: (json, before, reader) => {
      if (json === null) return before;
      if (!isJsonObject(json)) return misfit(json, name, before, reader);
      const outer = reader.struct;
      const values: Record<string, unknown> = { ...before };
      for (const [given, value] of membersOf(json)) {
        const field = byFolded.get(fold(given));
        if (!field) continue;
        reader.struct = short;
        reader.path.push(field.key);
        values[field.key] = field.type.read(value, values[field.key], reader);
        reader.path.pop();
        reader.struct = outer;
      }
      return complete(values);
    },
  };
}

/** Letter case folding as Go's decoder does it: ſ counts as s, the Kelvin sign as k. */
const fold = (key: string): string => key.replaceAll('ſ', 's').toLowerCase();

/**
 * A type with a reading of its own: first as `inner`, from the top and null too; then `make` may
 * throw a CniError. Either error ends the whole reading.
 */
export const goCustom = <I, T>(
  name: string,
  zero: T,
  inner: GoType<I>,
  make: (value: I) => T,
): GoType<T> => ({
  name,
  zero,
  read: (json, _before, reader) => {
    try {
      const { value, problem } = read(inner, json);
      if (problem) throw problem;
      return make(value);
    } catch (error) {
      if (error instanceof TypeProblem) error.locate(reader);
      throw error;
    }
  },
});

/** A type that is read from text; `make` may throw a CniError, which ends the whole reading. */
export const goFromText = <T>(name: string, zero: T, make: (text: string) => T): GoType<T> => ({
  name,
  zero,
  read: (json, before, reader) => {
    if (typeof json === 'string') return make(json);
    return json === null ? zero : misfit(json, name, before, reader);
  },
});
