import { type Json, JsonError, JsonNumber, isJsonObject, parseJson } from './json.ts';
import { libraryError } from './errors.ts';
import { syntaxReason } from './goSyntax.ts';

/**
 * Parses text; a syntax error comes out in the reference's words. Lone surrogates, which stand for
 * bytes that are no UTF-8, become U+FFFD (J2). Throws a CniError.
 */
export function parseTyped(text: string): Json {
  try {
    return parseJson(text.toWellFormed());
  } catch (error) {
    if (error instanceof JsonError) throw libraryError(syntaxReason(text, error), error);
    throw error;
  }
}

/** Go's name of the type that free-form JSON decodes to, as in C6. */
export function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (value instanceof JsonNumber) return 'float64';
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
