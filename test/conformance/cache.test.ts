import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseNetworkList } from '@cnilab/shared/cni/config';
import { describe, expect, it, vi } from 'vitest';
import { loadNetworkConf } from '../../server/src/cni/load.ts';
import { useBench } from './support/bench.ts';
import { useProgram } from './support/bundle.ts';
import { args, byReference, capabilityArgs, config04 } from './support/referenceCache.ts';

// K1 to K4: the files that ADD leaves for CHECK, DEL and GC, here or by the reference.

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
