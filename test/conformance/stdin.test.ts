import { parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import { pluginStdin } from '../../server/src/cni/stdin.ts';
import { runtimeConf } from '../../server/src/cni/testBench.ts';
import { fakeList, fakePlugins, runCommand } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';

// S: what a plugin reads. In tables: its entry of the list, and what it gets on ADD with the name
// `n` and version 1.0.0.

interface Given {
  capabilityArgs?: unknown;
  prevResult?: string;
  cniVersion?: string;
}
const stdin = (entry: string, { capabilityArgs, prevResult, cniVersion = '1.0.0' }: Given = {}) =>
  pluginStdin(parsePlugin(entry), {
    name: 'n',
    cniVersion,
    capabilityArgs: runtimeConf({ capabilityArgs }).capabilityArgs,
    ...(prevResult === undefined ? {} : { prevResult }),
  });
const head = '"cniVersion":"1.0.0","name":"n"';

describe('S: the configuration of a plugin', () => {
  const rows: [title: string, entry: string, reads: string][] = [
    ['S1: is one line without a newline', '{\n "type" : "x"\n}\n', `{${head},"type":"x"}`],
    [
      'S1, J1, J3: has sorted keys and plain numbers',
      '{"type":"x","b":1.0,"a":{"d":1,"c":2}}',
      `{"a":{"c":2,"d":1},"b":1,${head},"type":"x"}`,
    ],
    [
      "S2: has the list's name and version, not its own",
      '{"type":"x","name":"own","cniVersion":"0.1.0"}',
      `{${head},"type":"x"}`,
    ],
    [
      'S2: has them beside others of another letter case',
      '{"type":"x","Name":"own"}',
      `{"Name":"own",${head},"type":"x"}`,
    ],
    [
      'S2: has them instead of null',
      '{"type":"x","name":null,"cniVersion":null}',
      `{${head},"type":"x"}`,
    ],
    [
      'S4: keeps a prevResult of the file',
      '{"type":"x","prevResult":{"b":1,"a":2}}',
      `{${head},"prevResult":{"a":2,"b":1},"type":"x"}`,
    ],
    [
      'S5: keeps capabilities',
      '{"type":"x","capabilities":{"mac":true,"ips":false}}',
      `{"capabilities":{"ips":false,"mac":true},${head},"type":"x"}`,
    ],
    [
      'S5: keeps args',
      '{"type":"x","args":{"cni":{"labels":[]}}}',
      `{"args":{"cni":{"labels":[]}},${head},"type":"x"}`,
    ],
    [
      'S5: keeps ipam, dns and what nobody knows',
      '{"type":"x","ipam":{"type":"i"},"dns":{},"?":null,"":0}',
      `{"":0,"?":null,${head.replace('"name"', '"dns":{},"ipam":{"type":"i"},"name"')},"type":"x"}`,
    ],
    ['S5, C24: keeps the spelling of typed keys', '{"TYPE":"x"}', `{"TYPE":"x",${head}}`],
    [
      'S7: keeps a runtimeConfig of the file',
      '{"type":"x","runtimeConfig":{"own":1}}',
      `{${head},"runtimeConfig":{"own":1},"type":"x"}`,
    ],
    [
      'S10: keeps valid attachments of the file',
      '{"type":"x","cni.dev/valid-attachments":[]}',
      `{"cni.dev/valid-attachments":[],${head},"type":"x"}`,
    ],
  ];
  it.each(rows)('%s', (_title, entry, reads) => {
    expect(stdin(entry)).toBe(reads);
  });

  it('S2: has an empty version if the list has none', () => {
    expect(stdin('{"type":"x","cniVersion":"1.0.0"}', { cniVersion: '' })).toBe(
      '{"cniVersion":"","name":"n","type":"x"}',
    );
  });

  it('S3: has the prevResult of the runtime instead of that of the file', () => {
    const prevResult = '{"cniVersion":"0.4.0","interfaces":[],"dns":{}}';
    expect(stdin('{"type":"x","prevResult":{"old":1}}', { prevResult })).toBe(
      `{${head},"prevResult":${prevResult},"type":"x"}`,
    );
  });
});

describe('S: runtimeConfig', () => {
  it.each([
    [undefined, '{"cniVersion":"0.4.0","interfaces":[{"name":"a","mac":"b"}],"dns":{}}'],
    [{ mac: 'm' }, '{"cniVersion":"0.4.0","dns":{},"interfaces":[{"mac":"b","name":"a"}]}'],
  ])('J1, S3, S6: of %j leaves a 0.x prevResult as %s', (capabilityArgs, gets) => {
    // To add it, the reference reads the whole object and writes it a second time.
    const prevResult = '{"cniVersion":"0.4.0","interfaces":[{"name":"a","mac":"b"}],"dns":{}}';
    const entry = '{"type":"x","capabilities":{"mac":true}}';
    expect(stdin(entry, { capabilityArgs, prevResult })).toContain(`"prevResult":${gets}`);
  });

  const declares = '{"type":"x","capabilities":{"mac":true,"ips":false,"dns":true}}';
  const own = '{"type":"x","capabilities":{"mac":true},"runtimeConfig":{"own":1}}';
  const rows: [title: string, entry: string, args: unknown, gets: string | undefined][] = [
    ['S6: has what is declared and given', declares, { mac: 'aa' }, '{"mac":"aa"}'],
    ['S6: has all of that', declares, { mac: 'aa', dns: {} }, '{"dns":{},"mac":"aa"}'],
    ['S6: has not what is declared as false', declares, { mac: 'aa', ips: [] }, '{"mac":"aa"}'],
    ['S6: has not what is not declared', declares, { mac: 'aa', portMappings: [] }, '{"mac":"aa"}'],
    ['S6: is absent if nothing is given', declares, {}, undefined],
    ['S6: is absent if nothing matches', declares, { ips: [], portMappings: [] }, undefined],
    ['S6: is absent if nothing is declared', '{"type":"x"}', { mac: 'aa' }, undefined],
    ['S6: is absent if names differ in letter case', declares, { MAC: 'aa' }, undefined],
    [
      'S6: has values as they are, with sorted keys',
      declares,
      { mac: [{ b: 1, a: null }] },
      '{"mac":[{"a":null,"b":1}]}',
    ],
    ["S7: replaces the file's", own, { mac: 'aa' }, '{"mac":"aa"}'],
    ["S7: leaves the file's if nothing matches", own, { ips: [] }, '{"own":1}'],
    ['S7: has null for a value of null', own, { mac: null }, '{"mac":null}'],
  ];
  it.each(rows)('%s', (_title, entry, capabilityArgs, gets) => {
    const found = /"runtimeConfig":(.*),"type"/.exec(stdin(entry, { capabilityArgs }))?.[1];
    expect(found).toBe(gets);
  });
});

describe('S: what the plugins of a chain read', () => {
  const folder = useFolder();
  const start = (answers: Record<string, string> = {}) => fakePlugins(folder.at('cache'), answers);
  const stdins = ({ told }: ReturnType<typeof fakePlugins>) => told.map((call) => call.stdin);
  const with10 = (type: string, more = '') =>
    `{"cniVersion":"1.0.0","name":"net"${more},"type":"${type}"}`;

  it('S1, S2: each its own configuration with the name and version of the list', async () => {
    const plugins = start();
    const list = fakeList([
      { type: 'a', name: 'own', x: 1 },
      { type: 'b', y: 2 },
    ]);
    await runCommand(plugins, 'STATUS', { ...list, cniVersion: '1.1.0' });
    expect(stdins(plugins)).toEqual([
      '{"cniVersion":"1.1.0","name":"net","type":"a","x":1}',
      '{"cniVersion":"1.1.0","name":"net","type":"b","y":2}',
    ]);
  });

  it('S3, S4: on ADD the result before, and the first one what the file says', async () => {
    const plugins = start({
      a: '{"x":1,"ips":[{"address":"10.0.0.2/8","interface":0}]}',
      b: '{"dns":{"domain":"b"}}',
    });
    await runCommand(plugins, 'ADD', fakeList([{ type: 'a', prevResult: { own: 1 } }, 'b', 'c']));
    expect(stdins(plugins)).toEqual([
      with10('a', ',"prevResult":{"own":1}'),
      with10(
        'b',
        ',"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8","interface":0}]}',
      ),
      with10('c', ',"prevResult":{"cniVersion":"1.0.0","dns":{"domain":"b"}}'),
    ]);
  });

  it.each(['CHECK', 'DEL'] as const)(
    'S3, S9: on %s the cached result, all of them',
    async (command) => {
      const plugins = start({ b: '{"dns":{"domain":"last"}}' });
      const list = fakeList(['a', 'b'], { args: { x: 1 }, disableGC: true, prevResult: {} });
      await runCommand(plugins, 'ADD', list);
      plugins.told.length = 0;
      await runCommand(plugins, command, list);
      const prevResult = ',"prevResult":{"cniVersion":"1.0.0","dns":{"domain":"last"}}';
      expect(stdins(plugins).toSorted()).toEqual([
        with10('a', prevResult),
        with10('b', prevResult),
      ]);
    },
  );

  it.each(['CHECK', 'DEL'] as const)('S3: on %s none, if none is cached', async (command) => {
    const plugins = start();
    await runCommand(plugins, command, fakeList(['a']));
    expect(stdins(plugins)).toEqual([with10('a')]);
  });

  it.each(['GC', 'STATUS'] as const)(
    'S3, S10: on %s nothing about an attachment',
    async (command) => {
      const plugins = start();
      const list = fakeList([{ type: 'a', capabilities: { mac: true } }], { cniVersion: '1.1.0' });
      const rt = runtimeConf({ capabilityArgs: { mac: 'aa' } });
      await plugins.runtime.addNetworkList(list, rt);
      plugins.told.length = 0;
      // Another network, so that there is nothing to delete.
      await runCommand(plugins, command, { ...list, name: 'other' });
      expect(stdins(plugins)).toEqual([
        '{"capabilities":{"mac":true},"cniVersion":"1.1.0","name":"other","type":"a"}',
      ]);
    },
  );

  it('S8, D8: runtimeConfig of this call and not of the one that is cached', async () => {
    const plugins = start();
    const list = fakeList([{ type: 'a', capabilities: { mac: true, ips: true } }]);
    const conf = (capabilityArgs: unknown) => runtimeConf({ capabilityArgs });
    await plugins.runtime.addNetworkList(list, conf({ mac: 'aa', ips: [] }));
    await plugins.runtime.checkNetworkList(list, conf({ mac: 'bb' }));
    await plugins.runtime.delNetworkList(list, conf({}));
    const found = stdins(plugins).map((text) => /"runtimeConfig":(.*?),"type"/.exec(text)?.[1]);
    expect(found).toEqual(['{"ips":[],"mac":"aa"}', '{"mac":"bb"}', undefined]);
  });

  it('S9, C17: nothing of the keys of the list', async () => {
    const plugins = start();
    const keys = { disableCheck: true, args: { x: 1 }, capabilities: { mac: true }, custom: [] };
    await runCommand(plugins, 'ADD', fakeList(['a'], keys));
    expect(stdins(plugins)).toEqual([with10('a')]);
  });

  const attachments = [
    { containerId: 'p1', ifName: 'eth0' },
    { containerId: 'p2', ifName: 'net1' },
  ];
  const told = '[{"containerID":"p1","ifname":"eth0"},{"containerID":"p2","ifname":"net1"}]';
  const collected: [
    title: string,
    args: Parameters<ReturnType<typeof start>['runtime']['gcNetworkList']>[1],
    list: string | undefined,
  ][] = [
    ['no arguments', undefined, undefined],
    ['arguments without a set', {}, 'null'],
    ['an empty set', { validAttachments: [] }, '[]'],
    ['two attachments', { validAttachments: attachments }, told],
  ];
  it.each(collected)('S10: on GC with %s', async (_title, args, list) => {
    const plugins = start();
    await plugins.runtime.gcNetworkList(fakeList(['a'], { cniVersion: '1.1.0' }), args);
    const keys =
      list === undefined
        ? ''
        : `"cni.dev/attachments":${list},"cni.dev/valid-attachments":${list},`;
    expect(stdins(plugins)).toEqual([`{${keys}"cniVersion":"1.1.0","name":"net","type":"a"}`]);
  });
});
