import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type NetworkList, parseNetworkList, parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it, vi } from 'vitest';
import { loadNetworkConf } from '../../server/src/cni/load.ts';
import type { RuntimeConf } from '../../server/src/cni/types.ts';
import { useBench } from './support/bench.ts';
import { useProgram } from './support/bundle.ts';
import { refusalText } from './support/refusal.ts';

// K: the files that ADD leaves for CHECK, DEL and GC, here or by the reference.

const bench = useBench();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const list = bench.list;

describe('K: the file of an attachment', () => {
  const names: [network: string, rt: Parameters<typeof bench.rt>[0], file: string][] = [
    ['net', {}, 'net-pod1-eth0'],
    ['net', { containerId: 'Pod_2.x', ifName: 'net1' }, 'net-Pod_2.x-net1'],
    ['a-b', { containerId: 'c-d', ifName: 'e-f' }, 'a-b-c-d-e-f'],
  ];
  it.each(names)('K1: of %s and %j is results/%s', async (name, rt, file) => {
    await bench.run('ADD', list(['a'], { name }), bench.rt(rt));
    expect(readdirSync(bench.at('cache'), { recursive: true })).toEqual([
      'results',
      `results/${file}`,
    ]);
  });

  it('K1: is for its owner alone, as is its folder', async () => {
    await bench.run('ADD', list(['a']));
    expect((statSync(bench.cacheFile()).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(dirname(bench.cacheFile())).mode & 0o777).toString(8)).toBe('700');
  });

  it('K1: is made with all folders above it', async () => {
    const cacheDir = bench.at('var', 'lib', 'cni');
    await bench.run('ADD', list(['a']), bench.rt({}), bench.runtime({ cacheDir }));
    expect(readdirSync(cacheDir)).toEqual(['results']);
  });

  it('K1, K4: is replaced as a whole by a later ADD, and never written into', async () => {
    await bench.run('ADD', list(['a']), bench.rt({ netns: '/first' }));
    const first = bench.cached();
    linkSync(bench.cacheFile(), bench.at('same file'));
    await bench.run('ADD', list(['b']), bench.rt({ netns: '/second' }));
    expect(bench.cached()).toContain('"netns":"/second","result":{"cniVersion":"1.0.0"');
    expect(readFileSync(bench.at('same file'), 'utf8')).toBe(first);
  });

  it('K3: is not there if a plugin failed', async () => {
    bench.answer('b', 'ADD', { exit: 1 });
    await bench.run('ADD', list(['a', 'b'])).catch(() => undefined);
    expect(existsSync(bench.at('cache'))).toBe(false);
  });
});

describe('K: its bytes', () => {
  interface Written {
    what: string;
    /** Files below net.d; the network is named `net`. */
    files: Record<string, string>;
    rt?: Parameters<typeof bench.rt>[0];
    /** What the plugin a prints. */
    printed?: string;
    config: string;
    /** What stands behind the name of the network. */
    rest: string;
  }
  const plain = '{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"a"}]}';
  const netns = '"netns":"/run/netns/pod1"';
  const result = '"result":{"cniVersion":"1.0.0","interfaces":[{"name":"a"}]}';
  const cases: Written[] = [
    {
      what: 'what there is to tell of an ADD',
      files: { 'x.conflist': plain },
      config: plain,
      rest: `,${netns},${result}`,
    },
    {
      what: 'nothing that is empty',
      files: { 'x.conflist': plain },
      rt: { netns: '', args: [], capabilityArgs: {} },
      config: plain,
      rest: `,${result}`,
    },
    {
      what: 'all arguments in their order, and all capability arguments sorted',
      files: { 'x.conflist': plain },
      rt: {
        args: [
          ['B', '1'],
          ['A', '2'],
          ['A', ''],
        ],
        capabilityArgs: { z: 1.0, a: [{ y: null, x: 1e21 }], '10': true },
      },
      config: plain,
      rest:
        `,${netns},"cniArgs":[["B","1"],["A","2"],["A",""]],` +
        `"capabilityArgs":{"10":true,"a":[{"x":1e+21,"y":null}],"z":1},${result}`,
    },
    {
      what: 'escapes for what HTML would mind',
      files: { 'x.conflist': plain },
      rt: { netns: '/a&b<\u2028é>', args: [['K', '<v>']] },
      config: plain,
      rest: `,"netns":"/a\\u0026b\\u003c\\u2028é\\u003e","cniArgs":[["K","\\u003cv\\u003e"]],${result}`,
    },
    {
      what: 'the list file byte by byte, without its drop-ins',
      files: {
        'x.conflist': `\n${plain.replace(',', ' ,\n\t"x": 1.0, "é": "<",')}\r\n`,
        'net/more.conf': '{"type":"b"}',
      },
      config: `\n${plain.replace(',', ' ,\n\t"x": 1.0, "é": "<",')}\r\n`,
      rest: `,${netns},${result.replace('"a"', '"b"')}`,
    },
    {
      what: 'a single configuration as a new list',
      files: { 'x.conf': '{ "type": "a", "name": "net", "cniVersion": "1.0.0", "x": 1.0 }' },
      config:
        '{"cniVersion":"1.0.0","name":"net","plugins":' +
        '[{"cniVersion":"1.0.0","name":"net","type":"a","x":1}]}',
      rest: `,${netns},${result}`,
    },
    {
      what: 'an old result with sorted keys too',
      files: { 'x.conflist': plain.replace('1.0.0', '0.4.0') },
      printed:
        '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}],"routes":[{"dst":"0.0.0.0/0"}]}',
      config: plain.replace('1.0.0', '0.4.0'),
      rest:
        `,${netns},"result":{"cniVersion":"0.4.0","dns":{},` +
        '"ips":[{"address":"10.0.0.2/8","version":"4"}],"routes":[{"dst":"0.0.0.0/0"}]}',
    },
    {
      what: 'a result of another version as it is',
      files: { 'x.conflist': plain },
      printed: '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8","gateway":"10.0.0.1"}}',
      config: plain,
      rest:
        `,${netns},"result":{"cniVersion":"0.2.0","dns":{},` +
        '"ip4":{"gateway":"10.0.0.1","ip":"10.0.0.2/8"}}',
    },
  ];
  it.each(cases)('K2, C13, C16: have $what', async ({ files, rt = {}, printed, config, rest }) => {
    for (const [name, text] of Object.entries(files)) bench.put(`net.d/${name}`, text);
    if (printed !== undefined) bench.answer('a', 'ADD', { stdout: printed });
    await bench.run('ADD', await loadNetworkConf(bench.at('net.d'), 'net'), bench.rt(rt));
    expect(bench.cached()).toBe(
      `{"kind":"cniCacheV1","containerId":"pod1","config":"${base64(config)}","ifName":"eth0",` +
        `"networkName":"net"${rest}}`,
    );
  });
});

/** As the reference writes it after an ADD of a list of version 0.4.0. */
const byReference =
  '{"kind":"cniCacheV1","containerId":"pod1",' +
  '"config":"eyJjbmlWZXJzaW9uIjoiMC40LjAiLCJuYW1lIjoibmV0IiwicGx1Z2lucyI6W3sidHlwZSI6ImEifV19",' +
  '"ifName":"eth0","networkName":"net","netns":"/run/netns/blue",' +
  '"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","web"]],' +
  '"capabilityArgs":{"portMappings":[{"containerPort":80,"hostPort":8080,"protocol":"tcp"}]},' +
  '"result":{"cniVersion":"0.4.0","dns":{},"interfaces":[{"name":"eth0"}],' +
  '"ips":[{"address":"10.0.0.2/8","gateway":"10.0.0.1","interface":0,"version":"4"}]}}';
const config04 = '{"cniVersion":"0.4.0","name":"net","plugins":[{"type":"a"}]}';
const capabilityArgs = {
  portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
};
const args: [string, string][] = [
  ['IgnoreUnknown', '1'],
  ['K8S_POD_NAME', 'web'],
];

describe('K: a file that the reference wrote', () => {
  it('K2: is what this library writes, to the byte', async () => {
    bench.answer('a', 'ADD', {
      stdout:
        '{"interfaces":[{"name":"eth0"}],' +
        '"ips":[{"version":"4","interface":0,"address":"10.0.0.2/8","gateway":"10.0.0.1"}]}',
    });
    const rt = bench.rt({ netns: '/run/netns/blue', args, capabilityArgs });
    await bench.run('ADD', parseNetworkList(config04), rt);
    expect(bench.cached()).toBe(byReference);
  });

  it.each(['CHECK', 'DEL'] as const)('K2, D2, Q3: gives %s its result', async (command) => {
    bench.putCache(byReference);
    await bench.run(command, parseNetworkList(config04));
    expect(bench.calls().map(({ stdin }) => stdin)).toEqual([
      '{"cniVersion":"0.4.0","name":"net","prevResult":{"cniVersion":"0.4.0",' +
        '"interfaces":[{"name":"eth0"}],"ips":[{"version":"4","interface":0,' +
        '"address":"10.0.0.2/8","gateway":"10.0.0.1"}],"dns":{}},"type":"a"}',
    ]);
    expect(bench.cached()).toBe(command === 'CHECK' ? byReference : undefined);
  });

  it('K2, K8: is an attachment with all that the reference was given', async () => {
    bench.putCache(byReference);
    expect(await bench.runtime().getCachedAttachments()).toEqual([
      {
        network: 'net',
        config: config04,
        ...bench.rt({ netns: '/run/netns/blue', args, capabilityArgs }),
      },
    ]);
  });

  it('K2, G2: is collected when it is stale', async () => {
    bench.putCache(byReference);
    await bench.run('GC', parseNetworkList(config04));
    expect(bench.ran()).toEqual(['DEL a']);
    expect(bench.cached()).toBeUndefined();
  });
});

describe('K: a file that is no such record', () => {
  const old: [text: string, given: string][] = [
    ['{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8"}]}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"cniVersion":"0.4.0","interfaces":[{"name":"x"}]}', '"interfaces":[{"name":"x"}]'],
    ['{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8"}}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"ip4":{"ip":"10.0.0.2/8"}}', '"ips":[{"address":"10.0.0.2/8"}]'],
    ['{"kind":"cniCacheV2","result":{"cniVersion":"1.0.0","ips":[]}}', ''],
    ['{"anything":1}', ''],
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

describe('K: a crash', () => {
  const writer = useProgram('cacheWriter.ts');

  const entry = (letter: string, length: number) =>
    `{"kind":"cniCacheV1","containerId":"pod1","config":"${base64(letter.repeat(length))}",` +
    '"ifName":"eth0","networkName":"net",' +
    `"result":{"cniVersion":"1.0.0","interfaces":[{"name":"${letter}"}]}}`;
  const entries = [entry('x', 900_000), entry('y', 90_000)];
  const isWhole = () => entries.includes(bench.cached() ?? '');

  it('K1: at any time leaves a whole file, the old one or the new one', async () => {
    for (let crash = 0; crash < 8; crash++) {
      const child = spawn(process.execPath, [writer.path, bench.at('cache')], { stdio: 'inherit' });
      const ended = once(child, 'exit');
      try {
        await vi.waitFor(() => expect(bench.cached()).toBeDefined(), { timeout: 10_000 });
        // While it writes, nobody ever sees a half file either.
        for (let read = 0; read < 20; read++) expect(isWhole()).toBe(true);
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
      expect(isWhole()).toBe(true);
      expect(await bench.runtime().getCachedAttachments()).toHaveLength(1);
    }
    // What is left behind disturbs nothing that follows.
    await bench.run('GC', list(['a']));
    expect(bench.ran()).toEqual(['DEL a']);
    expect(await bench.runtime().getCachedAttachments()).toEqual([]);
  });
});
