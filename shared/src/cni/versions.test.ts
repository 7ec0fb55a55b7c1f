import { describe, expect, it } from 'vitest';
import { CniError } from './errors.ts';
import { parseVersion, versionAtLeast } from './versions.ts';

describe('G9: version strings', () => {
  it.each([
    ['', [0, 1, 0]],
    ['1', [1, 0, 0]],
    ['1.0', [1, 0, 0]],
    ['+1.02.3', [1, 2, 3]],
    ['-1', [-1, 0, 0]],
  ])('%j is read', (text, parts) => {
    expect(parseVersion(text)).toEqual(parts);
  });

  it.each([
    ['1.0.0.0', 'invalid version "1.0.0.0": too many parts'],
    ['x.1', 'failed to convert major version part "x": strconv.Atoi: parsing "x": invalid syntax'],
    ['1.', 'failed to convert minor version part "": strconv.Atoi: parsing "": invalid syntax'],
    [
      '1.0.9223372036854775808',
      'failed to convert micro version part "9223372036854775808": strconv.Atoi: ' +
        'parsing "9223372036854775808": value out of range',
    ],
  ])('%j is refused', (text, message) => {
    expect(() => parseVersion(text)).toThrow(new CniError({ code: 0, msg: message }));
  });

  it('are compared part by part', () => {
    expect(versionAtLeast('0.10.0', '0.4.0')).toBe(true);
    expect(versionAtLeast('0.4', '0.4.0')).toBe(true);
    expect(versionAtLeast('0.3.1', '0.4.0')).toBe(false);
    expect(versionAtLeast('', '0.4.0')).toBe(false);
  });
});
