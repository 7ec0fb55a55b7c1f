import { goQuote } from './goQuote.ts';
import type { JsonError } from './json.ts';

/** Where Go's JSON scanner says that it is, by what our parser expected there. */
const contexts: readonly (readonly [expected: string, context: string])[] = [
  ['nothing more', 'after top-level value'],
  ['":"', 'after object key'],
  ['"," or "}"', 'after object key:value pair'],
  ['"," or "]"', 'after array element'],
  ['a string', 'looking for beginning of object key string'],
  ['an escaped control character', 'in string literal'],
];
const literals = ['true', 'false', 'null'];
const numberBefore = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** Why a text is no JSON, as Go words it (J8). */
export function syntaxReason(text: string, { message, offset }: JsonError): string {
  const [at, context] = failure(text, message, offset);
  if (context === undefined) return message;
  if (at >= text.length) {
    // At the end Go's scanner reads one more blank, and complains of that where none may stand.
    const blankMayFollow = !/^in (?:literal|numeric|exponent|\\u|string esc)|^after dec/.test(
      context,
    );
    return blankMayFollow ? 'unexpected end of JSON input' : `invalid character ' ' ${context}`;
  }
  return `invalid character ${quoteFirstByte(text, at)} ${context}`;
}

/** The place that Go's scanner, which reads byte by byte, fails at; its context. */
function failure(
  text: string,
  message: string,
  offset: number,
): [at: number, context: string | undefined] {
  const expected = (words: string) => message.startsWith(`expected ${words}, found `);
  if (expected('the end of a string')) return [text.length, 'in string literal'];
  if (expected('an escape sequence')) return escapeFailure(text, offset);
  if (expected('a JSON value')) return valueFailure(text, offset);
  const context = contexts.find(([words]) => expected(words))?.[1];
  return context === undefined ? [offset, undefined] : numberFailure(text, offset, context);
}

function escapeFailure(text: string, offset: number): [number, string] {
  if (text[offset + 1] !== 'u') return [offset + 1, 'in string escape code'];
  let at = offset + 2;
  while (/^[0-9a-fA-F]$/.test(text.charAt(at))) at++;
  return [at, 'in \\u hexadecimal character escape'];
}

function valueFailure(text: string, offset: number): [number, string] {
  const first = text.charAt(offset);
  if (first === '-') return [offset + 1, 'in numeric literal'];
  const literal = first && literals.find((word) => word.startsWith(first));
  if (!literal) return [offset, 'looking for beginning of value'];
  let same = 1;
  while (literal[same] === text[offset + same]) same++;
  return [offset + same, `in literal ${literal} (expecting '${literal[same]}')`];
}

/** What our parser takes for something behind a number can be a fraction that goes wrong. */
function numberFailure(text: string, offset: number, context: string): [number, string] {
  const number = numberBefore.exec(text.slice(Math.max(0, offset - 400), offset));
  if (!number || !/[.eE]/.test(text.charAt(offset))) return [offset, context];
  const [, fraction, exponent] = number;
  if (exponent !== undefined) return [offset, context];
  if (text[offset] !== '.') {
    const signed = /[+-]/.test(text.charAt(offset + 1));
    return [offset + (signed ? 2 : 1), 'in exponent of numeric literal'];
  }
  return fraction === undefined
    ? [offset + 1, 'after decimal point in numeric literal']
    : [offset, context];
}

/** Go names the first byte of a character, as if that were one: ï for a byte order mark. */
function quoteFirstByte(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  const byte =
    code < 0x80
      ? code
      : code >= 0xdc80 && code < 0xdd00
        ? code - 0xdc00
        : code < 0x800
          ? 0xc0 + (code >> 6)
          : code < 0x10000
            ? 0xe0 + (code >> 12)
            : 0xf0 + (code >> 18);
  const character = String.fromCharCode(byte);
  if (character === "'") return "'\\''";
  return character === '"' ? "'\"'" : `'${goQuote(character).slice(1, -1)}'`;
}
