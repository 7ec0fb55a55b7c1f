import {
  type Json,
  JsonError,
  JsonNumber,
  type JsonObject,
  isJsonObject,
  parseJson,
} from './json.ts';
import { libraryError } from './errors.ts';
import { syntaxReason } from './goSyntax.ts';

/**
 * Typed reading of free-form JSON by the rules of the reference library (J6, J7): keys of typed
 * objects match in any letter case, the last one in the text wins, and null means "not set".
 * All functions throw a CniError whose text starts like the reference's.
 */

/**
 * Parses text; a syntax error comes out in the reference's words. Lone surrogates, which stand for
 * bytes that are no UTF-8, become U+FFFD (J2).
 */
export function parseTyped(text: string): Json {
  try {
    return parseJson(text.toWellFormed());
  } catch (error) {
    if (error instanceof JsonError) throw libraryError(syntaxReason(text, error), error);
    throw error;
  }
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

/** An object; undefined if absent. `type` is Go's name of what it decodes to. */
export function objectField(
  object: JsonObject,
  key: string,
  path: string,
  type = 'object',
): JsonObject | undefined {
  const value = field(object, key);
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw typeError(value, path, type);
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

/** A list of objects or nulls (R13); empty if absent. `type` is Go's name of a member's type. */
export function objectsField(
  object: JsonObject,
  key: string,
  path: string,
  type = 'object',
): (JsonObject | null)[] {
  return arrayField(object, key, path, `[]${type}`).map((item) => {
    if (item !== null && !isJsonObject(item)) throw typeError(item, path, type);
    return item;
  });
}

function arrayField(object: JsonObject, key: string, path: string, type: string): Json[] {
  const value = field(object, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw typeError(value, path, type);
  return value;
}
