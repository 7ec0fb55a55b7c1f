import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { confFiles, loadNetworkConf, loadNetworkPluginConf } from '../../server/src/cni/load.ts';
import { list, one, plugin } from './support/configs.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// C, the part about files: why a network cannot be loaded.

const folder = useFolder();
type Files = Record<string, string>;

/** Why network `n` cannot be loaded; the folder shows as DIR. */
const refusal = async () =>
  (await refusalText(() => loadNetworkConf(folder.at(), 'n'))).replaceAll(folder.at(), 'DIR');

const noType = "error parsing configuration: missing 'type'";
const endOfText = 'error parsing configuration list: unexpected end of JSON input';
const nothing = 'no net configurations found in DIR';
const notFound = 'no net configuration with name "n" in DIR';

describe('C: a network is not found', () => {
  const rows: [title: string, files: Files, reason: string][] = [
    ['C2: in x.conflist.bak', { 'x.conflist.bak': list('n', 'a') }, nothing],
    ['C2: in x.txt', { 'x.txt': list('n', 'a') }, nothing],
    ['C2: in x.CONFLIST', { 'x.CONFLIST': list('n', 'a') }, nothing],
    ['C2: in conflist', { conflist: list('n', 'a') }, nothing],
    ['C2: in x.conflist~', { 'x.conflist~': list('n', 'a') }, nothing],
    ['C2: in x.Json', { 'x.Json': one('n', 'a') }, nothing],
    [
      'C5: behind a list that is not JSON',
      { '10.conflist': '{', '20.conflist': list('n', 'a') },
      endOfText,
    ],
    [
      'C5: behind a list without a name',
      { '10.conflist': '{"plugins":[]}', '20.conflist': list('n', 'a') },
      'error parsing configuration list: no name',
    ],
    [
      'C5: behind a broken drop-in of another network',
      { '10.conflist': list('m', 'a'), 'm/1.conf': '{}', '20.conflist': list('n', 'a') },
      noType,
    ],
    [
      'C5: behind an empty single configuration',
      { '10.conf': '', '20.conf': one('n', 'a') },
      'error parsing configuration: unexpected end of JSON input',
    ],
    [
      'C5: when lists are broken, in single ones',
      { '10.conf': one('n', 'a'), '20.conflist': '' },
      endOfText,
    ],
    [
      'C12: behind a list in .conf',
      { '10.conf': list('n', 'a'), '20.conf': one('n', 'b') },
      noType,
    ],
    ['C12: in a list in .json', { '10.json': list('n', 'a') }, noType],
    ['C14: among other lists', { 'x.conflist': list('m', 'a') }, notFound],
    ['C14: among other single configurations', { 'x.conf': one('m', 'a') }, notFound],
    ['C14: among single configurations without a name', { 'x.conf': plugin('a') }, notFound],
    ['C14: among both', { 'x.conflist': list('m', 'a'), 'x.conf': one('m', 'a') }, notFound],
    ['C14: by a name in another letter case', { 'x.conflist': list('N', 'a') }, notFound],
    ['C15: in an empty folder', {}, nothing],
    ['C15: among files of other kinds', { 'README.md': 'x', 'x.yaml': 'y' }, nothing],
    [
      'C21: with a drop-in that is no JSON',
      { 'x.conflist': list('n', 'a'), 'n/1.conf': '[]' },
      'error parsing configuration: json: cannot unmarshal array into Go value of type types.PluginConf',
    ],
    [
      'C21: with a drop-in without a type',
      { 'x.conflist': list('n', 'a'), 'n/1.conf': '{"name":"n"}' },
      noType,
    ],
    [
      'C21: with a file in the place of drop-ins',
      { 'x.conflist': list('n', 'a'), n: '' },
      'failed to read plugin config files in DIR/n: open DIR/n: not a directory',
    ],
    [
      'C22: without inline plugins, if there may be no others',
      { 'x.conflist': '{"name":"n","loadOnlyInlinedPlugins":true}', 'n/1.conf': plugin('a') },
      "error parsing configuration list: `loadOnlyInlinedPlugins` is true, and no 'plugins' key",
    ],
    ['C23: without any plugin', { 'x.conflist': '{"name":"n"}' }, 'no plugin configs found'],
    [
      'C23: with an empty folder of drop-ins',
      { 'x.conflist': '{"name":"n"}', 'n/1.json': '{}' },
      'no plugin configs found',
    ],
    [
      'C10: with an empty array, whatever is dropped in',
      { 'x.conflist': '{"name":"n","plugins":[]}', 'n/1.conf': plugin('a') },
      'error parsing configuration list: no plugins in list',
    ],
  ];
  it.each(rows)('%s', async (_title, files, reason) => {
    folder.putAll(files);
    expect(await refusal()).toBe(reason);
  });

  const links: [title: string, target: string, reason: string][] = [
    ['C1: behind a link to nowhere', 'nowhere', 'open DIR/x.conflist: no such file or directory'],
    ['C1: behind a link to a folder', '.', 'read DIR/x.conflist: is a directory'],
    [
      'C1: behind a link to itself',
      'x.conflist',
      'open DIR/x.conflist: too many levels of symbolic links',
    ],
  ];
  it.each(links)('%s', async (_title, target, reason) => {
    symlinkSync(target, folder.at('x.conflist'));
    expect(await refusal()).toBe(`error reading DIR/x.conflist: ${reason}`);
  });

  it('C1: behind a pipe without a writer, which counts as an empty file', async () => {
    execFileSync('mkfifo', [folder.at('x.conflist')]);
    expect(await confFiles(folder.at(), ['.conflist'])).toEqual([folder.at('x.conflist')]);
    expect(await refusal()).toBe(endOfText);
  });

  it('C15: in a folder that is not there', async () => {
    rmSync(folder.at(), { recursive: true });
    expect(await refusal()).toBe(nothing);
  });

  it.each([
    ['a file', 'not a directory'],
    ['a link to itself', 'too many levels of symbolic links'],
  ])('C15: in %s', async (kind, reason) => {
    const path = folder.at('x');
    if (kind === 'a file') folder.put('x', '');
    else symlinkSync('x', path);
    expect(await refusalText(() => loadNetworkConf(path, 'n'))).toBe(`open ${path}: ${reason}`);
  });

  it('C14, C15: as a single configuration', async () => {
    const single = () => refusalText(() => loadNetworkPluginConf(folder.at(), 'n'));
    folder.put('x.conflist', list('n', 'a'));
    expect(await single()).toBe(`no net configurations found in ${folder.at()}`);
    folder.put('x.conf', one('m', 'a'));
    expect(await single()).toBe(`no net configuration with name "n" in ${folder.at()}`);
  });
});
