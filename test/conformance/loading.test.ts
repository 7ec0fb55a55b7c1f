import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../server/src/cni/goText.ts';
import {
  loadNetworkConf,
  loadNetworkPluginConf,
  networkConfFromFile,
} from '../../server/src/cni/load.ts';
import { list, one, plugin } from './support/configs.ts';
import { fakePlugins } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// C, the part about files: which ones are read, in which order, and what is made of them. Why a
// network is not found, see loadingFailures.test.ts.

const folder = useFolder();
type Files = Record<string, string>;

/** The types of the plugins of network `n`. */
const load = async (name = 'n') =>
  (await loadNetworkConf(folder.at(), name)).plugins.map(({ type }) => type);
describe('C: a network is found', () => {
  const rows: [title: string, files: Files, plugins: string[]][] = [
    [
      'C1: beside a folder with the name of a file',
      { 'a.conflist/x': '{', 'b.conflist': list('n', 'b') },
      ['b'],
    ],
    [
      'C1: not in a folder below',
      { 'sub/a.conflist': list('n', 'a'), 'z.conf': one('n', 'z') },
      ['z'],
    ],
    ['C2: with two dots in the name of its file', { 'a.b.conflist': list('n', 'a') }, ['a']],
    ['C2: with nothing but an extension', { '.conflist': list('n', 'a') }, ['a']],
    ['C2: in .conf', { 'a.conf': one('n', 'a') }, ['a']],
    ['C2: in .json', { 'a.json': one('n', 'a') }, ['a']],
    [
      'C3: in a list before a single configuration',
      { '10.conf': one('n', 'a'), '20.conflist': list('n', 'b') },
      ['b'],
    ],
    [
      'C3: in a single configuration if no list has it',
      { '10.conflist': list('m', 'a'), '20.conf': one('n', 'b') },
      ['b'],
    ],
    [
      'C4: in the first file of that name',
      { '20.conflist': list('n', 'b'), '10.conflist': list('n', 'a') },
      ['a'],
    ],
    [
      'C4: where 10- comes before 20- and that before 9-',
      {
        '9-x.conflist': list('n', 'c'),
        '20-x.conflist': list('n', 'b'),
        '10-x.conflist': list('m', 'a'),
      },
      ['b'],
    ],
    [
      'C4: where capitals come before small letters',
      { 'a.conflist': list('n', 'a'), 'Z.conflist': list('n', 'z') },
      ['z'],
    ],
    [
      'C4: where bytes decide and not letters',
      { 'é.conflist': list('n', 'é'), 'z.conflist': list('n', 'z') },
      ['z'],
    ],
    ['C5: before a broken file', { '10.conflist': list('n', 'a'), '20.conflist': '{' }, ['a']],
    [
      'C5: in a list, whatever is wrong with single ones',
      { '10.conf': '{', '20.conflist': list('n', 'a') },
      ['a'],
    ],
    [
      'C12: in .json before .conf, for both are sorted together',
      { '1.json': one('n', 'a'), '2.conf': one('n', 'b') },
      ['a'],
    ],
    ['C12: in .conf before .json', { '1.conf': one('n', 'a'), '2.json': one('n', 'b') }, ['a']],
    [
      'C12, C24: by a name in any letter case in a single one',
      { 'a.conf': '{"NAME":"n","Type":"a"}' },
      ['a'],
    ],
    [
      'C20: with the plugins beside it behind its own',
      { 'x.conflist': list('n', 'a', 'b'), 'n/1.conf': plugin('c') },
      ['a', 'b', 'c'],
    ],
    [
      'C20: with all of its plugins beside it',
      { 'x.conflist': '{"name":"n"}', 'n/1.conf': plugin('a') },
      ['a'],
    ],
    [
      'C20: without those of another network',
      { 'x.conflist': list('n', 'a'), 'm/1.conf': plugin('b') },
      ['a'],
    ],
    [
      'C20: where each drop-in may be the same again',
      { 'x.conflist': list('n', 'a'), 'n/1.conf': plugin('a'), 'n/2.conf': plugin('a') },
      ['a', 'a', 'a'],
    ],
    [
      'C20: with a flag that says false',
      { 'x.conflist': '{"name":"n","loadOnlyInlinedPlugins":"False"}', 'n/1.conf': plugin('a') },
      ['a'],
    ],
    [
      'C21: with drop-ins in the order of their names',
      {
        'x.conflist': list('n', 'a'),
        'n/20.conf': plugin('c'),
        'n/9.conf': plugin('d'),
        'n/10.conf': plugin('b'),
      },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'C21: without what is not .conf',
      { 'x.conflist': list('n', 'a'), 'n/1.json': '{', 'n/2.conflist': '{', 'n/3.CONF': '{' },
      ['a'],
    ],
    [
      'C21: without folders',
      { 'x.conflist': list('n', 'a'), 'n/1.conf/x.conf': plugin('b') },
      ['a'],
    ],
    ['C21: without a folder of drop-ins', { 'x.conflist': list('n', 'a') }, ['a']],
    [
      'C22: with its inline plugins only, if it says so',
      {
        'x.conflist': '{"name":"n","loadOnlyInlinedPlugins":true,"plugins":[{"type":"a"}]}',
        'n/1.conf': '{',
      },
      ['a'],
    ],
  ];
  it.each(rows)('%s', async (_title, files, plugins) => {
    folder.putAll(files);
    expect(await load()).toEqual(plugins);
  });

  it('C20, C21: with the single configurations around it, if its name is empty', async () => {
    folder.putAll({ 'x.conflist': list('', 'a'), 'y.conf': one('m', 'b') });
    expect(await load('')).toEqual(['a', 'b']);
  });

  it('C21: with drop-ins from elsewhere, if its name leads there', async () => {
    folder.putAll({ 'conf/x.conflist': list('../other', 'a'), 'other/1.conf': plugin('b') });
    const { plugins } = await networkConfFromFile(folder.at('conf/x.conflist'));
    expect(plugins.map(({ type }) => type)).toEqual(['a', 'b']);
  });

  it('C1, C4: in a file whose name is no UTF-8, in the order of its bytes', async () => {
    // U+10FFFF, then a byte that begins nothing: as bytes f4 8f bf bf and ff.
    folder.put('\u{10ffff}.conflist', list('n', 'first'));
    const name = Buffer.concat([Buffer.from(folder.at('x')), Buffer.from('ff', 'hex')]);
    writeFileSync(Buffer.concat([name, Buffer.from('.conflist')]), list('m', 'last'));
    writeFileSync(
      Buffer.concat([Buffer.from(folder.at('')), Buffer.from('/\xff.conflist', 'latin1')]),
      list('n', 'last'),
    );
    expect(await load()).toEqual(['first']);
    expect(await load('m')).toEqual(['last']);
  });

  it('C1: behind a link', async () => {
    folder.put('target', list('n', 'a'));
    symlinkSync('target', folder.at('x.conflist'));
    expect(await load()).toEqual(['a']);
  });

  it('C1: before a link to nowhere', async () => {
    folder.put('10.conflist', list('n', 'a'));
    symlinkSync('nowhere', folder.at('20.conflist'));
    expect(await load()).toEqual(['a']);
  });

  it('C3: as a single configuration if that is what is asked for', async () => {
    folder.putAll({ '10.conflist': list('n', 'a'), '20.conf': one('n', 'b') });
    expect((await loadNetworkPluginConf(folder.at(), 'n')).type).toBe('b');
  });
});

describe('C: what is kept of a file', () => {
  const single: [text: string, bytes: string][] = [
    [
      '{"type": "a", "name": "n", "mtu": 1.0}',
      '{"cniVersion":"","name":"n","plugins":[{"mtu":1,"name":"n","type":"a"}]}',
    ],
    [
      '{"name":"n","cniVersion":"0.4.0","type":"a","disableCheck":true}',
      '{"cniVersion":"0.4.0","name":"n","plugins":' +
        '[{"cniVersion":"0.4.0","disableCheck":true,"name":"n","type":"a"}]}',
    ],
    ['{"TYPE":"a","Name":"n"}', '{"cniVersion":"","name":"n","plugins":[{"Name":"n","TYPE":"a"}]}'],
  ];
  it.each(single)('C13: of the single %s it is %s', async (text, bytes) => {
    folder.putAll({ 'x.conf': text, 'n/1.conf': '{' });
    const found = await loadNetworkConf(folder.at(), 'n');
    expect(found).toMatchObject({ bytes, disableCheck: false, single: true });
    expect(found.plugins).toHaveLength(1);
  });

  const contents: [title: string, content: string | Uint8Array][] = [
    ['its white space', ` ${list('n', 'a')}\n\n`],
    ['its order and numbers', '{"z":1.0,"plugins":[{"type":"a"}],"name":"n"}'],
    [
      'bytes that are no UTF-8',
      Buffer.from('{"name":"n","\xff":"\xe2\x82","plugins":[{"type":"a"}]}', 'latin1'),
    ],
  ];
  it.each(contents)('C16: of a list it is every byte: %s', async (_title, content) => {
    folder.put('x.conflist', content);
    folder.put('n/1.conf', plugin('b'));
    const { bytes } = await loadNetworkConf(folder.at(), 'n');
    expect(encodeText(bytes)).toEqual(Buffer.from(content));
  });

  it.each(contents)('C16, K2: and that is what the cache gets: %s', async (_title, content) => {
    const file = folder.put('x.conflist', content);
    folder.put('n/1.conf', plugin('b'));
    const { runtime, rt } = fakePlugins(folder.at('cache'));
    await runtime.addNetworkList(await networkConfFromFile(file), rt);
    const cached: unknown = JSON.parse(
      readFileSync(folder.at('cache/results/n-pod1-eth0'), 'utf8'),
    );
    expect(cached).toMatchObject({ config: Buffer.from(content).toString('base64') });
    const [attachment] = await runtime.getCachedAttachments();
    expect(encodeText(attachment?.config ?? '')).toEqual(Buffer.from(content));
  });

  it('C21, V2: a name that leads elsewhere is refused by ADD', async () => {
    folder.putAll({ 'conf/x.conflist': list('../n', 'a'), 'n/1.conf': plugin('b') });
    const found = await networkConfFromFile(folder.at('conf/x.conflist'));
    const { runtime, rt, told } = fakePlugins(folder.at('cache'));
    expect(await refusalText(() => runtime.addNetworkList(found, rt))).toBe(
      'plugin type="a" failed (add): invalid characters found in network name; ../n',
    );
    expect(told).toEqual([]);
  });
});
