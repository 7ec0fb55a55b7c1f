/** A text as Go's `%q` prints it: libcni quotes plugin output that way in its errors. */
export function goQuote(text: string): string {
  return `"${text.replace(unprintable, (character) => escapes[character] ?? escapeOther(character))}"`;
}

/** What cannot stand between the quotes as it is. */
const unprintable = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

function escapeOther(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // A byte that is no UTF-8, see `decodeText` of the runtime.
  if (code >= 0xdc80 && code < 0xdd00) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code >= 0xd800 && code < 0xe000) return '\ufffd';
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
