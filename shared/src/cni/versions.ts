import { libraryError } from './errors.ts';
import { goQuote } from './goQuote.ts';

/** The spec version that the runtime implements. */
export const currentVersion = '1.1.0';

/** Versions that a result may have, oldest first (R8). */
export const resultVersions = [
  '0.1.0',
  '0.2.0',
  '0.3.0',
  '0.3.1',
  '0.4.0',
  '1.0.0',
  '1.1.0',
] as const;

export type Version = readonly [major: number, minor: number, micro: number];

/** Reads `1`, `1.0` or `1.0.0`; empty means 0.1.0. Throws a CniError on anything else (G9). */
export function parseVersion(text: string): Version {
  if (text === '') return [0, 1, 0];
  const parts = text.split('.');
  if (parts.length > 3) throw libraryError(`invalid version ${goQuote(text)}: too many parts`);
  const [major, minor, micro] = (['major', 'minor', 'micro'] as const).map((part, index) => {
    const digits = parts[index] ?? '0';
    const problem = !/^[+-]?[0-9]+$/.test(digits)
      ? 'invalid syntax'
      : exceedsInt64(digits)
        ? 'value out of range'
        : undefined;
    if (problem !== undefined) {
      throw libraryError(
        `failed to convert ${part} version part ${goQuote(digits)}: ` +
          `strconv.Atoi: parsing ${goQuote(digits)}: ${problem}`,
      );
    }
    return Number(digits);
  });
  return [major ?? 0, minor ?? 0, micro ?? 0];
}

const exceedsInt64 = (digits: string): boolean => {
  const magnitude = BigInt(digits.replace(/^[+-]/, ''));
  return magnitude > (digits.startsWith('-') ? 2n ** 63n : 2n ** 63n - 1n);
};

/** Negative, zero or positive, as for sorting. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** True if `version` is not older than `floor`. Throws a CniError if `version` cannot be read. */
export function versionAtLeast(version: string, floor: string): boolean {
  return compareVersions(parseVersion(version), parseVersion(floor)) >= 0;
}
