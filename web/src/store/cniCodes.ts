import type { CniErrorObject } from '@cnilab/shared/live/operation';

/** What the spec's error codes mean (SPEC 1.1, "Error"), each to follow “Code N: ”. */
const meanings: Record<number, string> = {
  1: 'it does not take this version of CNI.',
  2: 'the configuration has a field that it does not support.',
  3: 'it does not know this container.',
  4: 'a CNI_ variable is missing or wrong.',
  5: 'reading or writing failed.',
  6: 'it could not read what it was given.',
  7: 'the configuration of the network is not valid.',
  11: 'try again later.',
  50: 'not available, it cannot serve an ADD.',
  51: 'not available, and what is attached already may have limited connectivity.',
};

const firstOwnCode = 100;

/** One sentence on an error's code; undefined where the code says nothing. */
export function codeMeaning(code: number): string | undefined {
  const meaning = meanings[code];
  if (meaning) return `Code ${code}: ${meaning}`;
  if (code < firstOwnCode) return undefined;
  return `Code ${code} is one of the plugin’s own.`;
}

/** Who failed. Code 0 stands for an error of the runtime, which has no codes. */
export function errorTitle({ code, plugin }: CniErrorObject): string {
  if (code === 0) return plugin ? `${plugin} failed.` : 'Failed.';
  return plugin ? `${plugin} failed (code ${code}).` : `Failed (code ${code}).`;
}
