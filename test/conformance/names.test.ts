import {
  type NameProblem,
  containerIdProblem,
  interfaceNameProblem,
  networkNameProblem,
} from '@cnilab/shared/cni/names';
import { describe, expect, it } from 'vitest';
import { fakeList, fakePlugins, runCommand } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';
import { refusalOf } from './support/refusal.ts';

// V: which names ADD takes, what it says about others, and who looks at them at all.

describe('V: names that are fine', () => {
  it.each(['a', 'Z', '0', 'a_b.c-d', '9-', 'x'.repeat(500)])('V1: as a container id, %s', (id) => {
    expect(containerIdProblem(id)).toBeUndefined();
  });

  it.each(['a', 'mynet', '10.0.0.0', 'a-b_c.d', 'x'.repeat(500)])(
    'V2: as a network name, %s',
    (name) => {
      expect(networkNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    'eth0',
    'x'.repeat(15),
    'ééééééé1',
    '...',
    '.x',
    '-',
    'a%b',
    'a\0b',
    'a\u200bb',
    'a\\b',
    '\ufeff',
  ])('V3: as an interface name, %j', (name) => {
    expect(interfaceNameProblem(name)).toBeUndefined();
  });
});

describe('V: names that are refused', () => {
  it.each(['_a', '.a', '-a', 'a/b', '../a', 'a b', 'a:b', 'é', 'aé', 'a\n', 'a\0', '{}'])(
    'V1, V2: as a container id and as a network name, %j',
    (name) => {
      expect(containerIdProblem(name)).toEqual({
        code: 4,
        msg: 'invalid characters in containerID',
        details: name,
      });
      expect(networkNameProblem(name)).toEqual({
        code: 7,
        msg: 'invalid characters found in network name',
        details: name,
      });
    },
  );

  it('V1: no container id', () => {
    expect(containerIdProblem('')).toEqual({ code: 3, msg: 'missing containerID' });
  });

  it('V2: no network name', () => {
    expect(networkNameProblem('')).toEqual({ code: 7, msg: 'missing network name:' });
  });

  const tooLong = {
    msg: 'interface name is too long',
    details: 'interface name should be less than 16 characters',
  };
  const forbidden = { msg: 'interface name contains / or : or whitespace characters' };
  const rows: [name: string, problem: Omit<NonNullable<NameProblem>, 'code'>][] = [
    ['', { msg: 'interface name is empty' }],
    ['x'.repeat(16), tooLong],
    ['éééééééé', tooLong],
    ['\u{1f600}'.repeat(4), tooLong],
    [' '.repeat(16), tooLong],
    ['.', { msg: 'interface name is . or ..' }],
    ['..', { msg: 'interface name is . or ..' }],
    ['a/b', forbidden],
    ['a:b', forbidden],
    ['a b', forbidden],
    ['\t', forbidden],
    ['a\n', forbidden],
    ['\v\f\r', forbidden],
    ['a\u0085', forbidden],
    ['a\u00a0', forbidden],
    ['\u1680', forbidden],
    ['\u2000', forbidden],
    ['\u2028', forbidden],
    ['\u202f', forbidden],
    ['\u3000', forbidden],
  ];
  it.each(rows)('V3: as an interface name, %j', (name, problem) => {
    expect(interfaceNameProblem(name)).toEqual({ code: 4, ...problem });
  });
});

describe('V: who looks at names', () => {
  const folder = useFolder();
  const bad = { containerId: '-', ifName: 'a/b' };

  const order: [
    title: string,
    type: string,
    network: string,
    rt: Partial<typeof bad>,
    text: string,
  ][] = [
    ['the executable first', 'missing', '-', bad, 'failed to find plugin "missing" in path [/bin]'],
    ['then the container id', 'a', '-', bad, 'invalid characters in containerID; -'],
    [
      'then the network name',
      'a',
      '-',
      { ifName: 'a/b' },
      'invalid characters found in network name; -',
    ],
    [
      'then the interface name',
      'a',
      'net',
      { ifName: 'a/b' },
      'interface name contains / or : or whitespace characters',
    ],
  ];
  it.each(order)('V4: ADD, and it looks at %s', async (_title, type, network, changes, text) => {
    const { runtime, rt, told } = fakePlugins(folder.at('cache'));
    const list = fakeList([type], { name: network });
    const error = await refusalOf(() => runtime.addNetworkList(list, { ...rt, ...changes }));
    expect(error.message).toBe(`plugin type="${type}" failed (add): ${text}`);
    expect(told).toEqual([]);
  });

  it('V4: ADD, before each plugin, so that a missing second one comes too late for the first', async () => {
    const { runtime, rt, told } = fakePlugins(folder.at('cache'));
    const error = await refusalOf(() => runtime.addNetworkList(fakeList(['a', 'missing']), rt));
    expect(error.plugin).toBe('missing');
    expect(told.map(({ type }) => type)).toEqual(['a']);
  });

  it.each(['DEL', 'CHECK', 'GC', 'STATUS'] as const)(
    'V5: not %s, whatever the names are',
    async (command) => {
      const plugins = fakePlugins(folder.at('cache'));
      const rt = { ...plugins.rt, containerId: '-', ifName: 'a:b' };
      const list = fakeList(['a'], { name: '-', cniVersion: '1.1.0' });
      await runCommand({ runtime: plugins.runtime, rt }, command, list);
      expect(plugins.told.map((call) => call.command)).toEqual([command]);
    },
  );

  const empty: [changes: Partial<typeof bad>, parts: string][] = [
    [{ containerId: '' }, 'network name ("net"), container ID (""), and interface name ("eth0")'],
    [{ ifName: '' }, 'network name ("net"), container ID ("pod1"), and interface name ("")'],
  ];
  it.each(empty)(
    'V5, K7: CHECK fails at the cache with %j, which DEL does not mind',
    async (changes, parts) => {
      const { runtime, rt, told } = fakePlugins(folder.at('cache'));
      const list = fakeList(['a']);
      const error = await refusalOf(() => runtime.checkNetworkList(list, { ...rt, ...changes }));
      expect(error.message).toBe(
        `failed to get network "net" cached result: cache file path requires ${parts}`,
      );
      expect(told).toEqual([]);
      await runtime.delNetworkList(list, { ...rt, ...changes });
      expect(told).toHaveLength(1);
    },
  );
});
