import { mkdirSync } from 'node:fs';
import { type NetworkList, parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import type { RuntimeConf } from '../../server/src/cni/types.ts';
import { useBench } from './support/bench.ts';
import { args, byReference, capabilityArgs, config04 } from './support/referenceCache.ts';
import { refusalText } from './support/refusal.ts';

// K6 to K9: what is read from the cache, whoever wrote it.

const bench = useBench();
const list = bench.list;

describe('K: a file that is no such record', () => {
  const old: [text: string, given: string][] = [
    ['{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8"}]}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"cniVersion":"0.4.0","interfaces":[{"name":"x"}]}', '"interfaces":[{"name":"x"}]'],
    ['{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8"}}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"ip4":{"ip":"10.0.0.2/8"}}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"kind":"cniCacheV2","result":{"cniVersion":"1.0.0","ips":[]}}', ''],
    ['{"anything":1}', ''],
    ['{"kind":"cniCacheV1","result":{"x":1e999}}', ''],
    ['{}', ''],
    ['null', ''],
  ];
  it.each(old)('K6: %s is read as an old result', async (text, given) => {
    const prevResult = `{"cniVersion":"1.0.0"${given === '' ? '' : `,${given}`}}`;
    for (const command of ['CHECK', 'DEL'] as const) {
      bench.putCache(text);
      await bench.run(command, list(['a']));
    }
    const stdin = `{"cniVersion":"1.0.0","name":"net","prevResult":${prevResult},"type":"a"}`;
    expect(bench.calls().map((call) => call.stdin)).toEqual([stdin, stdin]);
  });

  const spellings: [text: string][] = [
    ['{"KIND":"cniCacheV1","Result":{"CNIVERSION":"1.0.0"}}'],
    ['{"kind":"cniCacheV1","result":{}}'],
    ['{"kind":"cniCacheV1"}'],
  ];
  it.each(spellings)('K6, C24: %s is a record', async (text) => {
    bench.putCache(text);
    await bench.run('DEL', list(['a']));
    expect(bench.calls()[0]?.stdin).toContain('"prevResult":{"cniVersion":"1.0.0"}');
  });
});

describe('K: the name of the file', () => {
  const lacking: [network: string, rt: Partial<RuntimeConf>, parts: string][] = [
    ['', {}, 'network name (""), container ID ("pod1"), and interface name ("eth0")'],
    [
      'net',
      { containerId: '' },
      'network name ("net"), container ID (""), and interface name ("eth0")',
    ],
    ['net', { ifName: '' }, 'network name ("net"), container ID ("pod1"), and interface name ("")'],
  ];
  it.each(lacking)('K7, V5: with "%s" and %j there is none', async (name, changes, parts) => {
    const text = `cache file path requires ${parts}`;
    const [network, rt, runtime] = [
      list(['a'], { name }),
      { ...bench.rt({}), ...changes },
      bench.runtime(),
    ];
    expect(await refusalText(() => bench.run('CHECK', network, rt))).toBe(
      `failed to get network "${name}" cached result: ${text}`,
    );
    expect(await refusalText(() => runtime.getNetworkListCachedResult(network, rt))).toBe(text);
    expect(await refusalText(() => runtime.getNetworkListCachedConfig(network, rt))).toBe(text);
    // DEL does without.
    await bench.run('DEL', network, rt);
    expect(bench.ran()).toEqual(['DEL a']);
  });

  it('K7: a folder in the place of the file is the same as no file', async () => {
    mkdirSync(bench.cacheFile(), { recursive: true });
    for (const command of ['CHECK', 'DEL'] as const) await bench.run(command, list(['a']));
    const stdin = '{"cniVersion":"1.0.0","name":"net","type":"a"}';
    expect(bench.calls().map((call) => call.stdin)).toEqual([stdin, stdin]);
    expect(
      await bench.runtime().getNetworkListCachedResult(list(['a']), bench.rt({})),
    ).toBeUndefined();
    expect(
      await bench.runtime().getNetworkListCachedConfig(list(['a']), bench.rt({})),
    ).toBeUndefined();
  });
});

describe('K: the attachments of the cache', () => {
  const record = (network: string, containerId: string, ifName = 'eth0') =>
    JSON.stringify({ kind: 'cniCacheV1', containerId, ifName, networkName: network });
  const put = (network: string, containerId: string, ifName = 'eth0') =>
    bench.putCache(record(network, containerId, ifName), `${network}-${containerId}-${ifName}`);
  const told = async (containerId?: string) =>
    (await bench.runtime().getCachedAttachments(containerId)).map(
      ({ network, containerId: id, ifName }) => `${network} ${id} ${ifName}`,
    );

  it('K8: are none without the folder', async () => {
    expect(await told()).toEqual([]);
  });

  it('K8: come in the byte order of their file names', async () => {
    for (const [network, id, ifName] of [
      ['net', 'pod2', 'eth0'],
      ['net', 'pod1', 'eth1'],
      ['net', 'pod10', 'eth0'],
      ['net', 'Pod', 'eth0'],
      ['b', 'pod', 'eth0'],
    ] as const) {
      put(network, id, ifName);
    }
    expect(await told()).toEqual([
      ...['b pod eth0', 'net Pod eth0', 'net pod1 eth1', 'net pod10 eth0', 'net pod2 eth0'],
    ]);
  });

  it('K8: have what ADD was given', async () => {
    const network = list([{ type: 'a', capabilities: { portMappings: true } }]);
    const rt = bench.rt({ args, capabilityArgs: { ...capabilityArgs, unused: 1 } });
    await bench.run('ADD', network, rt);
    expect(await bench.runtime().getCachedAttachments()).toEqual([
      { network: 'net', config: network.bytes, ...rt },
    ]);
  });

  const bad: [what: string, text: string][] = [
    ['no JSON', 'garbage'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another kind', '{"kind":"other","networkName":"n","ifName":"i"}'],
    ['a bare result', '{"cniVersion":"1.0.0"}'],
    ['without a network', '{"kind":"cniCacheV1","ifName":"i"}'],
    ['without an interface', '{"kind":"cniCacheV1","networkName":"n"}'],
    ['of a wrong type', '{"kind":"cniCacheV1","networkName":"n","ifName":1}'],
    ['with no base64', '{"kind":"cniCacheV1","networkName":"n","ifName":"i","config":"%"}'],
    [
      'with wrong arguments',
      '{"kind":"cniCacheV1","networkName":"n","ifName":"i","cniArgs":[["a",1]]}',
    ],
    [
      'with wrong capabilities',
      '{"kind":"cniCacheV1","networkName":"n","ifName":"i","capabilityArgs":[]}',
    ],
  ];
  it.each(bad)('K8: a file that is %s is passed over', async (_what, text) => {
    bench.putCache(text, 'a-bad-eth0');
    put('net', 'pod1');
    expect(await told()).toEqual(['net pod1 eth0']);
  });

  it('K8: a record needs no more than network and interface', async () => {
    bench.putCache(
      '{"kind":"cniCacheV1","NETWORKNAME":"n","ifName":"i","cniArgs":[["a"],null,["b","c","d"]]}',
    );
    expect(await bench.runtime().getCachedAttachments()).toEqual([
      {
        network: 'n',
        config: '',
        ...bench.rt({
          containerId: '',
          ifName: 'i',
          netns: '',
          args: [
            ['a', ''],
            ['', ''],
            ['b', 'c'],
          ],
        }),
      },
    ]);
  });

  it('K8: a folder among the files is passed over', async () => {
    mkdirSync(bench.cacheFile('a-folder-eth0'), { recursive: true });
    put('net', 'pod1');
    expect(await told()).toEqual(['net pod1 eth0']);
  });

  it('K8: those of one container have its id in the file name and in the record', async () => {
    put('net', 'pod');
    put('net', 'pod-1');
    put('net', 'x', 'pod-y');
    put('pod', 'z');
    bench.putCache(record('net', 'pod', 'eth5'), 'other name');
    bench.putCache(record('net', 'other', 'eth6'), 'net-pod-eth6');
    expect(await told('pod')).toEqual(['net pod eth0']);
    expect(await told('pod-1')).toEqual(['net pod-1 eth0']);
    expect(await told('none')).toEqual([]);
  });

  it('K8, G7: cannot be told if the folder is a file', async () => {
    bench.put('cache/results', '');
    expect(await refusalText(() => told())).toMatch(/results: not a directory$/);
  });
});

describe('K: the cached result and configuration', () => {
  const rt = () => bench.rt({ netns: '/now', args: [['B', '2']], capabilityArgs: { mac: 'aa' } });
  const single = parsePlugin('{"type":"a","name":"net","cniVersion":"1.0.0"}');

  it('K7, K9: are none without a file', async () => {
    const runtime = bench.runtime();
    expect(await runtime.getNetworkListCachedResult(list(['a']), rt())).toBeUndefined();
    expect(await runtime.getNetworkCachedResult(single, rt())).toBeUndefined();
    expect(await runtime.getNetworkListCachedConfig(list(['a']), rt())).toBeUndefined();
    expect(await runtime.getNetworkCachedConfig(single, rt())).toBeUndefined();
  });

  it('K9: are the bytes of then, and the values of the call with arguments of then', async () => {
    bench.putCache(byReference);
    const then = { config: config04, rt: bench.rt({ netns: '/now', args, capabilityArgs }) };
    const runtime = bench.runtime();
    expect(await runtime.getNetworkListCachedConfig(list(['a']), rt())).toEqual(then);
    expect(await runtime.getNetworkCachedConfig(single, rt())).toEqual(then);
  });

  it('K9: keep the arguments of the call if none are cached, but no capability arguments', async () => {
    bench.putCache('{"kind":"cniCacheV1"}');
    expect(await bench.runtime().getNetworkListCachedConfig(list(['a']), rt())).toEqual({
      config: '',
      rt: bench.rt({ netns: '/now', args: [['B', '2']] }),
    });
  });

  const refused: [text: string, reason: string][] = [
    ['{"kind":"other"}', 'read cached network "net" config has wrong kind: other'],
    ['{}', 'read cached network "net" config has wrong kind: '],
    ['{', 'failed to unmarshal cached network "net" config: unexpected end of JSON input'],
    [
      '[]',
      'failed to unmarshal cached network "net" config: json: cannot unmarshal array into Go value of type libcni.cachedInfo',
    ],
  ];
  it.each(refused)('K9: refuse %s: %s', async (text, reason) => {
    bench.putCache(text);
    expect(
      await refusalText(() => bench.runtime().getNetworkListCachedConfig(list(['a']), rt())),
    ).toBe(reason);
  });

  it('K6, D7: the result comes in the version of the list', async () => {
    bench.putCache(byReference);
    const ofVersion = async (network: NetworkList) =>
      (await bench.runtime().getNetworkListCachedResult(network, rt()))?.cniVersion;
    expect(await ofVersion(list(['a']))).toBe('1.0.0');
    expect(await ofVersion(list(['a'], { cniVersion: '' }))).toBe('0.1.0');
    expect((await bench.runtime().getNetworkCachedResult(single, rt()))?.cniVersion).toBe('1.0.0');
  });
});
