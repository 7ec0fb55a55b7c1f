/**
 * JSON as CNI needs it. Plugins define their own keys, so what a person wrote must survive to the
 * letter: the order of keys (also of keys that look like integers, and `__proto__`) and the text of
 * numbers. JavaScript objects and numbers lose both, hence Maps and `JsonNumber`.
 */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** The value as an IEEE double. */
  valueOf(): number {
    return Number(this.text);
  }
}

export type JsonObject = Map<string, Json>;
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;

/** Where strict JSON text stops being JSON. `offset` counts UTF-16 units from 0. */
export class JsonError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = 'JsonError';
    this.offset = offset;
  }
}

const numberAt = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const spaceAt = /[ \t\n\r]*/y;
const maxDepth = 512;

/** All members of the objects in which a key stands twice, in the order of the text. */
const repeated = new WeakMap<JsonObject, [key: string, value: Json][]>();

/**
 * The members of an object as they were written: where a key stands twice, `parseJson` keeps only
 * the last one, but readers of typed values look at each.
 */
export const membersOf = (object: JsonObject): Iterable<[key: string, value: Json]> =>
  repeated.get(object) ?? object;

/** Reads exactly one JSON value (RFC 8259). Duplicate keys: the last one wins, at its own place. */
export function parseJson(text: string): Json {
  let at = 0;
  const skip = () => {
    spaceAt.lastIndex = at;
    spaceAt.exec(text);
    at = spaceAt.lastIndex;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const fail = (wanted: string, offset = at): never => {
    const rest = text.slice(offset, offset + 12);
    const seen = rest === '' ? 'the end of the text' : JSON.stringify(rest);
    throw new JsonError(`expected ${wanted}, found ${seen}`, offset);
  };
  // A loop and not a regular expression: those overflow the stack on strings of some megabytes.
  const string = (): string => {
    if (text[at] !== '"') fail('a string');
    let end = at + 1;
    for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(end)) {
      if (end >= text.length) fail('the end of a string', text.length);
      if (code < 0x20) fail('an escaped control character', end);
      if (code !== 0x5c) end++;
      else if (escapeAt(end)) end += text[end + 1] === 'u' ? 6 : 2;
      else fail('an escape sequence', end);
    }
    const quoted = text.slice(at, end + 1);
    at = end + 1;
    const value = JSON.parse(quoted) as string;
    // Half a surrogate pair, which only an escape can make, is no character and cannot be written.
    return quoted.includes('\\u') ? value.toWellFormed() : value;
  };
  const escapeAt = (offset: number): boolean => {
    escape.lastIndex = offset;
    return escape.test(text);
  };
  const value = (depth: number): Json => {
    if (depth > maxDepth) throw new JsonError(`nested deeper than ${maxDepth} levels`, at);
    skip();
    const first = text[at];
    if (first === '{') {
      const object: JsonObject = new Map();
      let all: [string, Json][] | undefined;
      at++;
      skip();
      if (text[at] === '}') return (at++, object);
      for (;;) {
        skip();
        const key = string();
        skip();
        if (text[at] !== ':') fail('":"');
        at++;
        const item = value(depth + 1);
        if (object.has(key)) {
          all ??= [...object];
          object.delete(key);
          repeated.set(object, all);
        }
        all?.push([key, item]);
        object.set(key, item);
        skip();
        const next = text[at];
        if (next !== '}' && next !== ',') fail('"," or "}"');
        at++;
        if (next === '}') return object;
      }
    }
    if (first === '[') {
      const array: Json[] = [];
      at++;
      skip();
      if (text[at] === ']') return (at++, array);
      for (;;) {
        array.push(value(depth + 1));
        skip();
        const next = text[at];
        if (next !== ']' && next !== ',') fail('"," or "]"');
        at++;
        if (next === ']') return array;
      }
    }
    if (first === '"') return string();
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (text.startsWith(word, at)) return ((at += word.length), meaning);
    }
    return new JsonNumber(match(numberAt) ?? fail('a JSON value'));
  };
  const result = value(0);
  skip();
  if (at < text.length) fail('nothing more');
  return result;
}

export const isJsonObject = (json: Json | undefined): json is JsonObject => json instanceof Map;

/** JSON text that keeps order and number texts. `indent` counts blanks per level; 0 = one line. */
export function stringifyJson(json: Json, indent = 0, level = 0): string {
  if (json === null || typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return JSON.stringify(json);
  if (json instanceof JsonNumber) return json.text;
  const open = indent ? `\n${' '.repeat(indent * (level + 1))}` : '';
  const close = indent ? `\n${' '.repeat(indent * level)}` : '';
  if (Array.isArray(json)) {
    if (json.length === 0) return '[]';
    return `[${json.map((item) => open + stringifyJson(item, indent, level + 1)).join(',')}${close}]`;
  }
  if (json.size === 0) return '{}';
  const colon = indent ? ': ' : ':';
  const entries = [...json].map(
    ([key, item]) => open + JSON.stringify(key) + colon + stringifyJson(item, indent, level + 1),
  );
  return `{${entries.join(',')}${close}}`;
}

/**
 * The bytes that a plugin gets: keys in byte order, no white space, numbers through a double,
 * `<`, `>`, `&` and line separators escaped (libcni behaviour J1–J3). `order: 'kept'` leaves the
 * keys as they are, for results of the 0.x versions. Throws a JsonError on a number too large for
 * a double.
 */
export function canonicalJson(json: Json, order: 'sorted' | 'kept' = 'sorted'): string {
  if (json === null || typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return canonicalString(json);
  if (json instanceof JsonNumber) return canonicalNumber(json);
  if (Array.isArray(json)) return `[${json.map((item) => canonicalJson(item, order)).join(',')}]`;
  const texts = new Map([...json].map(([key, item]) => [key, canonicalJson(item, order)]));
  return canonicalObject(texts, order);
}

/** An object whose values are JSON text already, written like `canonicalJson`. */
export function canonicalObject(
  texts: ReadonlyMap<string, string>,
  order: 'sorted' | 'kept' = 'sorted',
): string {
  const entries = [...texts];
  if (order === 'sorted') entries.sort(([a], [b]) => compareBytes(a, b));
  return `{${entries.map(([key, text]) => `${canonicalString(key)}:${text}`).join(',')}}`;
}

function canonicalNumber(number: JsonNumber): string {
  const value = Number(number.text);
  if (!Number.isFinite(value)) {
    throw new JsonError(
      `json: cannot unmarshal number ${number.text} into Go value of type float64`,
      0,
    );
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

function canonicalString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** UTF-8 byte order, which differs from UTF-16 order above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return a.length - b.length;
  const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
  const [leftHigh, rightHigh] = [
    left >= 0xd800 && left < 0xe000,
    right >= 0xd800 && right < 0xe000,
  ];
  // Surrogates stand for code points above all others.
  return leftHigh === rightHigh ? left - right : leftHigh ? 1 : -1;
}

/** What plain JavaScript code reads: objects without a prototype, numbers as doubles. */
export type Plain = null | boolean | string | number | Plain[] | { [key: string]: Plain };

export function toPlain(json: Json): Plain {
  if (json instanceof JsonNumber) return Number(json.text);
  if (Array.isArray(json)) return json.map(toPlain);
  if (!isJsonObject(json)) return json;
  const object: { [key: string]: Plain } = Object.create(null) as { [key: string]: Plain };
  for (const [key, item] of json) object[key] = toPlain(item);
  return object;
}

export function fromPlain(plain: unknown): Json {
  if (plain === null || typeof plain === 'boolean' || typeof plain === 'string') return plain;
  if (typeof plain === 'number') return new JsonNumber(String(plain));
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (typeof plain === 'object') {
    return new Map(
      Object.entries(plain)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, fromPlain(item)]),
    );
  }
  throw new TypeError(`${typeof plain} is not JSON`);
}
