import {
  type Json,
  JsonError,
  JsonNumber,
  type JsonObject,
  isJsonObject,
  parseJson,
} from './json.ts';
import { libraryError } from './errors.ts';

/**
 * Typed reading of free-form JSON by the rules of the reference library (J6, J7): keys of typed
 * objects match in any letter case, the last one in the text wins, and null means "not set".
 * All functions throw a CniError whose text starts like the reference's.
 */

/** Parses text; a syntax error comes out in the reference's words. */
export function parseTyped(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw libraryError(syntaxReason(text, error), error);
    throw error;
  }
}

const contexts: readonly (readonly [wanted: string, context: string])[] = [
  ['expected nothing more', 'after top-level value'],
  ['expected ":"', 'after object key'],
  ['expected "," or "}"', 'after object key:value pair'],
  ['expected "," or "]"', 'after array element'],
  ['expected a string', 'looking for beginning of object key string'],
  ['expected an escape', 'in string escape code'],
  ['expected an escaped control', 'in string literal'],
];

function syntaxReason(text: string, error: JsonError): string {
  const rest = text.slice(error.offset);
  const cutOff =
    rest === '' || rest === '-' || ['true', 'false', 'null'].some((w) => w.startsWith(rest));
  if (cutOff) return 'unexpected end of JSON input';
  if (!error.message.startsWith('expected')) return error.message;
  const context = contexts.findLast(([wanted]) => error.message.startsWith(wanted))?.[1];
  const literal = ['true', 'false', 'null'].find((word) => word.startsWith(rest.charAt(0)));
  if (context === undefined && literal !== undefined) {
    let same = 1;
    while (literal[same] === rest[same]) same++;
    const expected = `in literal ${literal} (expecting '${literal[same]}')`;
    return `invalid character ${quoteCharacter(characterAt(rest, same))} ${expected}`;
  }
  const where = context ?? 'looking for beginning of value';
  return `invalid character ${quoteCharacter(characterAt(rest, 0))} ${where}`;
}

const characterAt = (text: string, index: number): string =>
  String.fromCodePoint(text.codePointAt(index) ?? 0);

function quoteCharacter(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** The value of a typed key; undefined if absent or null. */
export function field(object: JsonObject, key: string): Exclude<Json, null> | undefined {
  const folded = fold(key);
  let found: Exclude<Json, null> | undefined;
  for (const [other, value] of object) {
    if (value !== null && (other === key || fold(other) === folded)) found = value;
  }
  return found;
}

/** Letter case folding as Go's decoder does it: ſ counts as s, the Kelvin sign as k. */
const fold = (key: string): string => key.replaceAll('ſ', 's').toLowerCase();

export function typeError(value: Json, path: string, type: string) {
  return libraryError(
    `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${path} of type ${type}`,
  );
}

export function jsonKind(value: Json): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'number';
  if (Array.isArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's name of the type that free-form JSON decodes to, as in C6. */
export function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (value instanceof JsonNumber) return 'float64';
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** A string; empty if absent. */
export function stringField(object: JsonObject, key: string, path: string): string {
  const value = field(object, key);
  if (value === undefined) return '';
  if (typeof value !== 'string') throw typeError(value, path, 'string');
  return value;
}

/** A whole number; undefined if absent. */
export function intField(object: JsonObject, key: string, path: string): number | undefined {
  const value = field(object, key);
  if (value === undefined) return undefined;
  if (!(value instanceof JsonNumber)) throw typeError(value, path, 'int');
  if (!/^-?[0-9]+$/.test(value.text) || !Number.isSafeInteger(Number(value.text))) {
    throw libraryError(
      `json: cannot unmarshal number ${value.text} into Go struct field ${path} of type int`,
    );
  }
  return Number(value.text) + 0;
}

export function objectField(object: JsonObject, key: string, path: string): JsonObject | undefined {
  const value = field(object, key);
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw typeError(value, path, 'object');
  return value;
}

/** A list of strings; empty if absent. A null member is an empty string. */
export function stringsField(object: JsonObject, key: string, path: string): string[] {
  return arrayField(object, key, path, '[]string').map((item) => {
    if (item === null) return '';
    if (typeof item !== 'string') throw typeError(item, path, 'string');
    return item;
  });
}

/** A list of objects or nulls (R13); empty if absent. */
export function objectsField(object: JsonObject, key: string, path: string): (JsonObject | null)[] {
  return arrayField(object, key, path, '[]object').map((item) => {
    if (item !== null && !isJsonObject(item)) throw typeError(item, path, 'object');
    return item;
  });
}

function arrayField(object: JsonObject, key: string, path: string, type: string): Json[] {
  const value = field(object, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw typeError(value, path, type);
  return value;
}
