import type { CniErrorFields } from './errors.ts';

/** Why a name is refused, as the fields of a CNI error; undefined = it is fine. */
export type NameProblem = Omit<CniErrorFields, 'plugin'> | undefined;

const word = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** Unicode white space as Go sees it; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const forbiddenInInterface =
  /[/:\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
/** IFNAMSIZ is 16 and counts the final zero byte. */
const maxInterfaceBytes = 15;

/** Container id (V1). */
export function containerIdProblem(id: string): NameProblem {
  if (id === '') return { code: 3, msg: 'missing containerID' };
  if (!word.test(id)) return { code: 4, msg: 'invalid characters in containerID', details: id };
  return undefined;
}

/** Network name (V2). */
export function networkNameProblem(name: string): NameProblem {
  if (name === '') return { code: 7, msg: 'missing network name:' };
  if (!word.test(name)) {
    return { code: 7, msg: 'invalid characters found in network name', details: name };
  }
  return undefined;
}

/** Interface name (V3). */
export function interfaceNameProblem(name: string): NameProblem {
  if (name === '') return { code: 4, msg: 'interface name is empty' };
  if (utf8Length(name) > maxInterfaceBytes) {
    return {
      code: 4,
      msg: 'interface name is too long',
      details: 'interface name should be less than 16 characters',
    };
  }
  if (name === '.' || name === '..') return { code: 4, msg: 'interface name is . or ..' };
  if (forbiddenInInterface.test(name)) {
    return { code: 4, msg: 'interface name contains / or : or whitespace characters' };
  }
  return undefined;
}

/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
