import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseNetworkList, parsePlugin } from '@cnilab/shared/cni/config';
import { CniError } from '@cnilab/shared/cni/errors';
import { fromPlain, isJsonObject } from '@cnilab/shared/cni/json';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  confFiles,
  injectConf,
  loadNetworkConf,
  loadNetworkPluginConf,
  networkConfFromFile,
} from './load.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cni-load-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const listText = (name: string, ...types: string[]) =>
  JSON.stringify({ cniVersion: '1.0.0', name, plugins: types.map((type) => ({ type })) });
const single = (name: string, type: string) => JSON.stringify({ name, type });
const typesOf = async (name: string) =>
  (await loadNetworkConf(folder, name)).plugins.map(({ type }) => type);
const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CniError);
  return error instanceof Error ? error.message : '';
};
const lookUp = (name = 'n') => refusal(loadNetworkConf(folder, name));

describe('the search for a network', () => {
  it('C1: counts everything but folders as a file, and does not look into folders', async () => {
    put('20-dir.conflist/x.conflist', listText('n', 'a'));
    put('target', listText('n', 'b'));
    symlinkSync('target', join(folder, '30-link.conflist'));
    execFileSync('mkfifo', [join(folder, '40-pipe.conflist')]);
    expect(await confFiles(folder, ['.conflist'])).toEqual([
      join(folder, '30-link.conflist'),
      join(folder, '40-pipe.conflist'),
    ]);
    expect(await typesOf('n')).toEqual(['b']);
    expect(await lookUp('other')).toBe(
      'error parsing configuration list: unexpected end of JSON input',
    );
  });

  it('C1: stumbles over a dangling link when its turn comes', async () => {
    const link = join(folder, '20-link.conflist');
    symlinkSync('nowhere', link);
    put('10.conflist', listText('n', 'a'));
    expect(await typesOf('n')).toEqual(['a']);
    expect(await lookUp('other')).toBe(
      `error reading ${link}: open ${link}: no such file or directory`,
    );
  });

  it('C1: cannot read a folder behind a link', async () => {
    const link = join(folder, 'a.conflist');
    symlinkSync('.', link);
    expect(await lookUp()).toBe(`error reading ${link}: read ${link}: is a directory`);
  });

  it.each(['a.conflist.bak', 'a.txt', 'a.CONFLIST', 'conflist', 'a.conflist~'])(
    'C2: ignores %s',
    async (name) => {
      put(name, listText('n', 'a'));
      expect(await lookUp()).toBe(`no net configurations found in ${folder}`);
    },
  );

  it.each(['.conflist', 'a.b.conflist'])('C2: takes %s', async (name) => {
    put(name, listText('n', 'a'));
    expect(await typesOf('n')).toEqual(['a']);
  });

  it('C3, C12: takes a list before a single configuration, whatever the order of files', async () => {
    put('10.conf', single('n', 'a'));
    put('20.conflist', listText('n', 'b'));
    put('05.json', single('m', 'c'));
    put('06.conf', single('m', 'd'));
    expect(await typesOf('n')).toEqual(['b']);
    expect(await typesOf('m')).toEqual(['c']);
    expect((await loadNetworkPluginConf(folder, 'n')).type).toBe('a');
  });

  it('C4: takes the first of one name, in the byte order of paths', async () => {
    for (const name of ['9-a', '20-b', '10-c', 'Z', 'é', 'a'])
      put(`${name}.conflist`, listText('n', 'x'));
    const names = (await confFiles(folder, ['.conflist'])).map((path) =>
      path.slice(folder.length + 1, -'.conflist'.length),
    );
    expect(names).toEqual(['10-c', '20-b', '9-a', 'Z', 'a', 'é']);
    put('9-a.conflist', listText('n', 'late'));
    put('20-b.conflist', listText('n', 'first'));
    put('10-c.conflist', listText('other', 'x'));
    expect(await typesOf('n')).toEqual(['first']);
  });

  it('C5: fails at a broken file before the match, and never sees one behind it', async () => {
    put('20.conflist', listText('n', 'a'));
    put('30.conflist', '{');
    expect(await typesOf('n')).toEqual(['a']);
    put('10.conflist', listText('m', 'a'));
    put('m/x.conf', '{}');
    expect(await lookUp()).toBe("error parsing configuration: missing 'type'");
  });

  it('C12: a list in a .conf file is no plugin and blocks the search', async () => {
    put('10.conf', listText('n', 'a'));
    put('20.conf', single('n', 'a'));
    expect(await lookUp()).toBe("error parsing configuration: missing 'type'");
  });

  it('C13: makes a list of a single configuration, without drop-ins and flags', async () => {
    put('10.conf', '{"type": "a", "name": "n", "disableCheck": true}');
    put('n/x.conf', single('', 'b'));
    const list = await loadNetworkConf(folder, 'n');
    expect(list).toMatchObject({ disableCheck: false, single: true, plugins: [{ type: 'a' }] });
    expect(list.bytes).toBe(
      '{"cniVersion":"","name":"n","plugins":[{"disableCheck":true,"name":"n","type":"a"}]}',
    );
  });

  it('C14: tells that no file has the name', async () => {
    const missing = `no net configuration with name "n" in ${folder}`;
    put('10.conflist', listText('m', 'a'));
    expect(await lookUp()).toBe(missing);
    put('10.conf', single('m', 'a'));
    expect(await lookUp()).toBe(missing);
    rmSync(join(folder, '10.conflist'));
    expect(await lookUp()).toBe(missing);
    expect(await refusal(loadNetworkPluginConf(folder, 'n'))).toBe(missing);
  });

  it('C15: tells that there is no configuration at all, or what the system says', async () => {
    const none = join(folder, 'none');
    expect(await lookUp()).toBe(`no net configurations found in ${folder}`);
    expect(await refusal(loadNetworkConf(none, 'n'))).toBe(
      `no net configurations found in ${none}`,
    );
    expect(await refusal(loadNetworkPluginConf(none, 'n'))).toBe(
      `no net configurations found in ${none}`,
    );
    put('file', '');
    const file = join(folder, 'file');
    expect(await refusal(loadNetworkConf(file, 'n'))).toBe(`open ${file}: not a directory`);
  });

  it('C17: gives no key of the list to its plugins', async () => {
    put('a.conflist', '{"name":"n","args":{"x":1},"own":2,"plugins":[{"type":"a"}]}');
    const { plugins } = await loadNetworkConf(folder, 'n');
    expect([...(plugins[0]?.raw.keys() ?? [])]).toEqual(['type']);
  });
});

describe('the drop-in directory', () => {
  it('C20, C21, A1: adds its .conf files in their order behind the inline plugins', async () => {
    put('x.conflist', listText('n', 'a'));
    put('n/20.conf', single('', 'c'));
    put('n/10.conf', single('', 'b'));
    put('n/30.json', 'broken');
    put('n/40.conflist', 'broken');
    put('n/50.conf/x', 'a folder');
    expect(await typesOf('n')).toEqual(['a', 'b', 'c']);
  });

  it('C16: is no part of the text that the cache keeps', async () => {
    const text = ` ${listText('n', 'a')}\n`;
    put('x.conflist', text);
    put('n/10.conf', single('', 'b'));
    expect((await loadNetworkConf(folder, 'n')).bytes).toBe(text);
  });

  it('C18: is not looked at for text in memory', () => {
    put('n/10.conf', single('', 'b'));
    expect(parseNetworkList(listText('n', 'a')).plugins).toHaveLength(1);
  });

  it('C20, C23: may hold all the plugins, but some there must be', async () => {
    put('x.conflist', '{"name":"n"}');
    expect(await lookUp()).toBe('no plugin configs found');
    put('n/10.conf', single('', 'b'));
    expect(await typesOf('n')).toEqual(['b']);
  });

  it('C21: may stand elsewhere, for all that loading cares', async () => {
    put('conf/x.conflist', listText('../other', 'a'));
    put('other/10.conf', single('', 'b'));
    const list = await networkConfFromFile(join(folder, 'conf/x.conflist'));
    expect(list.plugins.map(({ type }) => type)).toEqual(['a', 'b']);
  });

  it('C21: must be a folder', async () => {
    put('x.conflist', listText('n', 'a'));
    put('n', 'a file');
    const path = join(folder, 'n');
    expect(await lookUp()).toBe(
      `failed to read plugin config files in ${path}: open ${path}: not a directory`,
    );
  });

  it('C22: is ignored with loadOnlyInlinedPlugins, which then needs plugins of its own', async () => {
    put('n/10.conf', single('', 'b'));
    put(
      'x.conflist',
      '{"name":"n","loadOnlyInlinedPlugins":true,"disableGC":"True","plugins":[{"type":"a"}]}',
    );
    expect(await typesOf('n')).toEqual(['a']);
    expect(await loadNetworkConf(folder, 'n')).toMatchObject({ disableGC: true });
    put('x.conflist', '{"name":"n","loadOnlyInlinedPlugins":"true"}');
    expect(await lookUp()).toBe(
      "error parsing configuration list: `loadOnlyInlinedPlugins` is true, and no 'plugins' key",
    );
  });
});

describe('C19: keys that are set in a configuration', () => {
  const values = (plain: Record<string, unknown>) => {
    const json = fromPlain(plain);
    if (!isJsonObject(json)) throw new TypeError('an object');
    return json;
  };
  const plugin = parsePlugin('{"type":"a","z":1,"a":[]}');

  it('are there afterwards, beside the others', () => {
    const injected = injectConf(plugin, values({ z: { b: 2 }, name: 'n' }));
    expect(injected).toMatchObject({ type: 'a', name: 'n' });
    expect(injected.bytes).toBe('{"a":[],"name":"n","type":"a","z":{"b":2}}');
    expect(plugin.bytes).toBe('{"type":"a","z":1,"a":[]}');
  });

  it.each([
    [{ '': 1 }, 'keys cannot be empty'],
    [{ x: null }, "key 'x' value must not be nil"],
    [{ type: '' }, "error parsing configuration: missing 'type'"],
  ])('are refused if they are %j', (plain, reason) => {
    expect(() => injectConf(plugin, values(plain))).toThrow(reason);
  });
});
