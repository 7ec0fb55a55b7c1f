import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInPath } from './findInPath.ts';

let folder: string;
let first: string;
let second: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cni-'));
  [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const directory of [first, second]) mkdirSync(directory);
  writeFileSync(join(first, 'both'), '');
  writeFileSync(join(second, 'both'), '');
  writeFileSync(join(second, 'plain'), '');
  chmodSync(join(second, 'plain'), 0o644);
  mkdirSync(join(first, 'plain'));
  symlinkSync(join(second, 'plain'), join(first, 'link'));
  symlinkSync(join(folder, 'nowhere'), join(first, 'dangling'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('finding a plugin', () => {
  it('F1: needs a name without slashes', () => {
    expect(() => findInPath('', [first])).toThrow('no plugin name provided');
    expect(() => findInPath('../x', [first])).toThrow('invalid plugin name: ../x');
  });

  it('F2: needs directories', () => {
    expect(() => findInPath('both', [])).toThrow('no paths provided');
  });

  it('F3: takes the first directory that has it', () => {
    expect(findInPath('both', [join(folder, 'missing'), first, second])).toBe(join(first, 'both'));
    expect(findInPath('both', [`${second}//`, first])).toBe(join(second, 'both'));
  });

  it('F4: takes regular files, also behind links, executable or not', () => {
    expect(findInPath('plain', [first, second])).toBe(join(second, 'plain'));
    expect(findInPath('link', [first])).toBe(join(first, 'link'));
  });

  it('F5: names the plugin and the directories when there is none', () => {
    expect(() => findInPath('dangling', [first, second])).toThrow(
      `failed to find plugin "dangling" in path [${first} ${second}]`,
    );
  });

  it('F6: joins an empty directory to the bare name', () => {
    expect(findInPath('package.json', ['', first])).toBe('package.json');
  });
});
