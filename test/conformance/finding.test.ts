import { mkdirSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../server/src/cni/execute.ts';
import { findInPath } from '../../server/src/cni/findInPath.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// F: where the executable of a plugin is looked for. In these tables DIR is the folder of the test.

const folder = useFolder();
const show = (text: string) => text.replaceAll(folder.at(), 'DIR');
const real = (directory: string) => directory.replaceAll('DIR', folder.at());

describe('F: an executable is found', () => {
  const rows: [title: string, files: string[], path: string[], found: string][] = [
    ['F3: in the only folder', ['a/x'], ['DIR/a'], 'DIR/a/x'],
    ['F3: in the first folder that has it', ['a/x', 'b/x'], ['DIR/b', 'DIR/a'], 'DIR/b/x'],
    ['F3: behind folders that have it not', ['a/y', 'b/x'], ['DIR/a', 'DIR/b'], 'DIR/b/x'],
    ['F3: behind folders that are not there', ['b/x'], ['DIR/none', 'DIR/b'], 'DIR/b/x'],
    ['F3: behind files in the place of folders', ['a', 'b/x'], ['DIR/a', 'DIR/b'], 'DIR/b/x'],
    ['F3: in a folder that is written with more slashes', ['a/x'], ['DIR/a//'], 'DIR/a/x'],
    ['F3: in a folder that is written with dots', ['a/x'], ['DIR/b/../a/.'], 'DIR/a/x'],
    ['F4: behind a folder of its name', ['a/x/y', 'b/x'], ['DIR/a', 'DIR/b'], 'DIR/b/x'],
  ];
  it.each(rows)('%s', (_title, files, path, found) => {
    for (const file of files) folder.put(file, '');
    expect(show(findInPath('x', path.map(real)))).toBe(found);
  });

  it('F4: behind a link', () => {
    folder.put('target', '');
    symlinkSync('target', folder.at('x'));
    expect(findInPath('x', [folder.at()])).toBe(folder.at('x'));
  });

  it('F4: when it is not executable, which shows when it is run', async () => {
    const path = folder.put('x', '#!/bin/sh\n', 0o644);
    expect(findInPath('x', [folder.at()])).toBe(path);
    const outcome = await createExec().execute({ path, stdin: '', env: {} });
    expect(outcome.failure).toBe(`fork/exec ${path}: permission denied`);
  });

  it('F6: by a relative path in a relative folder', () => {
    folder.put('a/x', '');
    const directory = relative(process.cwd(), folder.at('a'));
    expect(findInPath('x', [directory])).toBe(`${directory}/x`);
  });

  // The repository's own folder is the working directory of the suite.
  it.each(['', '.', './', 'test/..'])(
    'F6: by its bare name in the folder "%s"',
    async (directory) => {
      expect(findInPath('package.json', [directory])).toBe('package.json');
      const outcome = await createExec().execute({
        path: 'package.json',
        stdin: '',
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(outcome.failure).toBe('exec: "package.json": executable file not found in $PATH');
    },
  );
});

describe('F: an executable is not found', () => {
  const rows: [title: string, type: string, path: string[], reason: string][] = [
    ['F1: without a type', '', ['DIR'], 'no plugin name provided'],
    ['F1: with a slash in its type', 'a/b', ['DIR'], 'invalid plugin name: a/b'],
    ['F1: with a way up in its type', '../x', ['DIR'], 'invalid plugin name: ../x'],
    ['F1: with a slash alone', '/', [], 'invalid plugin name: /'],
    ['F2: without folders', 'x', [], 'no paths provided'],
    ['F1, F2: without either', '', [], 'no plugin name provided'],
    ['F5: in one folder', 'x', ['DIR'], 'failed to find plugin "x" in path [DIR]'],
    [
      'F5: in several folders',
      'x',
      ['DIR/a', '', 'rel'],
      'failed to find plugin "x" in path [DIR/a  rel]',
    ],
    [
      'F5: by a type that needs quoting',
      'a"b\n',
      ['DIR'],
      'failed to find plugin "a\\"b\\n" in path [DIR]',
    ],
    [
      'F5: by a type that no file can have',
      'a\0',
      ['DIR'],
      'failed to find plugin "a\\x00" in path [DIR]',
    ],
    ['F5: as a folder', '..', ['DIR'], 'failed to find plugin ".." in path [DIR]'],
  ];
  it.each(rows)('%s', async (_title, type, path, reason) => {
    expect(show(await refusalText(() => findInPath(type, path.map(real))))).toBe(reason);
  });

  it.each(['folder', 'link to nowhere', 'link to itself', 'device'])(
    'F4, F5: if what has its name is a %s',
    async (kind) => {
      const path = folder.at('x');
      if (kind === 'folder') mkdirSync(path);
      else if (kind === 'device') symlinkSync('/dev/null', path);
      else symlinkSync(kind === 'link to itself' ? 'x' : 'nowhere', path);
      expect(show(await refusalText(() => findInPath('x', [folder.at()])))).toBe(
        'failed to find plugin "x" in path [DIR]',
      );
    },
  );
});
