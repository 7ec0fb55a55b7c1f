import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFileWatch, type FileWatch } from './fileWatch.ts';

let root: string;
let watch: FileWatch;
const put = (path: string, text = '') => writeFileSync(join(root, path), text);
const drained = () => watch.drain().map(({ host, path, change }) => `${host} ${change} ${path}`);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cnilab-files-'));
  mkdirSync(join(root, 'lib/networks'), { recursive: true });
  put('lib/networks/old');
  watch = createFileWatch();
  watch.add('node1', root, '/lib');
});
afterEach(() => {
  watch.remove('node1');
  rmSync(root, { recursive: true });
});

it('tells what came, was written and went, at once', () => {
  put('lib/networks/lease');
  put('lib/networks/old', 'x');
  expect(drained()).toEqual(['node1 new /lib/networks/lease', 'node1 written /lib/networks/old']);
  rmSync(join(root, 'lib/networks/lease'));
  expect(drained()).toEqual(['node1 gone /lib/networks/lease']);
  expect(drained()).toEqual([]);
});

it('follows into folders that are made, with what is in them by then', () => {
  mkdirSync(join(root, 'lib/results/deep'), { recursive: true });
  put('lib/results/deep/a');
  expect(drained()).toEqual(['node1 new /lib/results/deep/a']);
  put('lib/results/deep/b');
  expect(drained()).toEqual(['node1 new /lib/results/deep/b']);
});

it('leaves out locks, files on their way to another name, and what came and went', () => {
  put('lib/networks/lock');
  put('lib/.result-1');
  put('lib/passing');
  rmSync(join(root, 'lib/passing'));
  renameSync(join(root, 'lib/.result-1'), join(root, 'lib/result'));
  expect(drained()).toEqual(['node1 new /lib/result']);
});

it('finds everything again after more than the kernel queues', () => {
  // fs.inotify.max_queued_events is 16384 by default.
  for (let i = 0; i < 17_000; i++) {
    const name = `lib/networks/${i % 2 === 0 ? 'even' : 'odd'}`;
    put(name);
    if (i % 2 === 1) rmSync(join(root, name));
  }
  put('lib/networks/last');
  expect(drained().toSorted()).toEqual([
    'node1 new /lib/networks/even',
    'node1 new /lib/networks/last',
  ]);
});

it('tells nothing of a host that is gone', () => {
  watch.remove('node1');
  put('lib/networks/lease');
  expect(drained()).toEqual([]);
});
