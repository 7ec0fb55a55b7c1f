import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseNetwork, parsePlugin } from '@cnilab/shared/cni/config';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { CniError } from '@cnilab/shared/cni/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CacheKey, cachePath, readCachedResult, removeCache, writeCache } from './cache.ts';
import { type Bench, createBench, refusal, runtimeConf } from './testBench.ts';

let bench: Bench;
let key: CacheKey;
beforeEach(() => {
  bench = createBench();
  key = { cacheDir: bench.cacheDir, network: 'net', containerId: 'pod1', ifName: 'eth0' };
});
afterEach(() => bench.remove());

const result = parseResult('{"dns":{"domain":"<d>"},"cniVersion":"0.4.0"}', '');

describe('the result cache', () => {
  it('K1: is a private file in a private folder, and nothing else is left', () => {
    writeCache(key, bench.rt, '{}', result);
    expect(cachePath(key)).toBe(bench.cacheFile);
    expect(statSync(bench.cacheFile).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(bench.cacheFile)).mode & 0o777).toBe(0o700);
    expect(readdirSync(bench.cacheDir, { recursive: true })).toEqual([
      'results',
      'results/net-pod1-eth0',
    ]);
  });

  it('K2: is one line with the keys in their order', () => {
    const rt = runtimeConf({
      args: [
        ['B', '1'],
        ['A', '2'],
      ],
      capabilityArgs: { z: 1.0, a: [] },
    });
    writeCache(key, rt, '{"é": 1}\n', result);
    expect(readFileSync(bench.cacheFile, 'utf8')).toBe(
      '{"kind":"cniCacheV1","containerId":"pod1","config":"eyLDqSI6IDF9Cg==","ifName":"eth0",' +
        '"networkName":"net","netns":"/run/netns/pod1","cniArgs":[["B","1"],["A","2"]],' +
        '"capabilityArgs":{"a":[],"z":1},' +
        '"result":{"cniVersion":"0.4.0","dns":{"domain":"\\u003cd\\u003e"}}}',
    );
  });

  it('K2: leaves out what is empty', () => {
    writeCache(key, runtimeConf({ netns: '' }), '', result);
    expect(readFileSync(bench.cacheFile, 'utf8')).toMatch(
      /^{"kind":"cniCacheV1","containerId":"pod1","config":"","ifName":"eth0","networkName":"net","result":/,
    );
  });

  it('K4: is overwritten, read back and removed', () => {
    writeCache(key, bench.rt, '{}', parseResult('{}', '1.0.0'));
    writeCache(key, bench.rt, '{}', result);
    expect(readCachedResult(key)).toEqual(result);
    removeCache(key);
    expect(readCachedResult(key)).toBeUndefined();
    removeCache(key);
  });

  it.each([
    ['{"cniVersion":"0.4.0","dns":{"domain":"d"}}', '0.4.0'],
    ['{"kind":"other","result":{"cniVersion":"1.0.0"}}', '0.1.0'],
    ['{"kind":"cniCacheV1"}', '0.1.0'],
    ['null', '0.1.0'],
    ['{"kind":"cniCacheV1","ifName":1,"result":{"cniVersion":"1.0.0"}}', '0.1.0'],
    ['{"kind":5}', '0.1.0'],
  ])('K6: %s counts as a result of version %s', (text, version) => {
    mkdirSync(dirname(bench.cacheFile), { recursive: true });
    writeFileSync(bench.cacheFile, text);
    expect(readCachedResult(key)?.cniVersion).toBe(version);
  });

  it.each(['', 'garbage', '[]', '{"kind":"cniCacheV1","result":{"cniVersion":"9"}}'])(
    'K6: %j is no result',
    (text) => {
      mkdirSync(dirname(bench.cacheFile), { recursive: true });
      writeFileSync(bench.cacheFile, text);
      expect(() => readCachedResult(key)).toThrow(CniError);
    },
  );

  it('K7: needs all three parts of its name, and a file that can be read', () => {
    expect(() => readCachedResult({ ...key, containerId: '' })).toThrow(
      'cache file path requires network name ("net"), container ID (""), and interface name ("eth0")',
    );
    mkdirSync(bench.cacheFile, { recursive: true });
    expect(readCachedResult(key)).toBeUndefined();
  });

  it('K7: does not wait for a named pipe that someone put there', () => {
    mkdirSync(dirname(bench.cacheFile), { recursive: true });
    execFileSync('mkfifo', [bench.cacheFile]);
    expect(() => readCachedResult(key)).toThrow('unexpected end of JSON input');
  });

  it('never leaves its folder, whatever a DEL asks for', () => {
    const outside = join(bench.cacheDir, 'outside');
    mkdirSync(join(bench.cacheDir, 'results'), { recursive: true });
    writeFileSync(outside, '{}');
    removeCache({ ...key, network: '..', containerId: '/../outside' });
    removeCache({ ...key, network: 'x/../../outside' });
    expect(readFileSync(outside, 'utf8')).toBe('{}');
  });

  it('is put in the place of an old entry as a whole, which is never written into', () => {
    writeCache(key, bench.rt, 'old', result);
    const old = readFileSync(bench.cacheFile, 'utf8');
    const other = join(bench.folder, 'same file');
    linkSync(bench.cacheFile, other);
    writeCache(key, bench.rt, 'new', result);
    expect(readFileSync(other, 'utf8')).toBe(old);
    expect(readFileSync(bench.cacheFile, 'utf8')).not.toBe(old);
  });

  it('leaves nothing behind when it cannot be written', () => {
    mkdirSync(bench.cacheFile, { recursive: true });
    expect(() => writeCache(key, bench.rt, '{}', result)).toThrow('EISDIR');
    expect(readdirSync(bench.cacheDir)).toEqual(['results']);
  });
});

describe('what the cache tells', () => {
  const attach = (containerId: string, ifName = 'eth0', network = 'net') => {
    const rt = runtimeConf({
      containerId,
      ifName,
      args: [['A', '1']],
      capabilityArgs: { mac: 'aa' },
    });
    writeCache({ ...key, containerId, ifName, network }, rt, '{"é": 1}', result);
  };
  const ids = async (containerId?: string) =>
    (await bench.runtime.getCachedAttachments(containerId)).map(
      (found) => `${found.network} ${found.containerId} ${found.ifName}`,
    );

  it('K8: are the attachments in the order of file names, with all that ADD was given', async () => {
    expect(await ids()).toEqual([]);
    attach('pod2');
    attach('pod1', 'eth1');
    attach('pod1');
    attach('Pod', 'eth0', 'a');
    expect(await ids()).toEqual(['a Pod eth0', 'net pod1 eth0', 'net pod1 eth1', 'net pod2 eth0']);
    const [first] = await bench.runtime.getCachedAttachments('Pod');
    expect(first).toEqual({
      network: 'a',
      containerId: 'Pod',
      ifName: 'eth0',
      netns: '/run/netns/pod1',
      args: [['A', '1']],
      capabilityArgs: new Map([['mac', 'aa']]),
      config: '{"é": 1}',
    });
  });

  it('K8: or those of one container, whose id stands in the name and in the record', async () => {
    attach('pod');
    attach('pod-1');
    attach('x', 'pod-y');
    bench.putCache(
      readFileSync(cachePath({ ...key, containerId: 'pod' }) ?? '', 'utf8'),
      'other-name',
    );
    expect(await ids('pod')).toEqual(['net pod eth0']);
    expect(await ids('pod-1')).toEqual(['net pod-1 eth0']);
    expect(await ids('none')).toEqual([]);
  });

  it.each([
    'garbage',
    'null',
    '[]',
    '{"kind":"other","networkName":"n","ifName":"i"}',
    '{"kind":"cniCacheV1","networkName":"n"}',
    '{"kind":"cniCacheV1","ifName":"i"}',
    '{"kind":"cniCacheV1","networkName":"n","ifName":1}',
    '{"kind":"cniCacheV1","networkName":"n","ifName":"i","config":"%"}',
    '{"kind":"cniCacheV1","networkName":"n","ifName":"i","cniArgs":[["a",1]]}',
    '{"kind":"cniCacheV1","networkName":"n","ifName":"i","capabilityArgs":[]}',
  ])('K8: pass over %s', async (text) => {
    bench.putCache(text, 'net-bad-eth0');
    mkdirSync(join(bench.cacheDir, 'results', 'net-folder-eth0'));
    attach('pod1');
    expect(await ids()).toEqual(['net pod1 eth0']);
  });

  it('K8: take a record with the least in it', async () => {
    bench.putCache('{"kind":"cniCacheV1","NETWORKNAME":"n","ifName":"i","cniArgs":[["a"],null]}');
    expect(await bench.runtime.getCachedAttachments()).toMatchObject([
      {
        containerId: '',
        netns: '',
        config: '',
        args: [
          ['a', ''],
          ['', ''],
        ],
      },
    ]);
  });

  it('K8: cannot be told if the folder is none', async () => {
    writeFileSync(bench.cacheDir, '');
    expect((await refusal(bench.runtime.getCachedAttachments())).message).toBe(
      `open ${join(bench.cacheDir, 'results')}: not a directory`,
    );
  });

  const list = parseNetwork('{"name":"net","cniVersion":"1.0.0","plugins":[{"type":"a"}]}');
  const plugin = parsePlugin('{"name":"net","cniVersion":"1.0.0","type":"a"}');

  it('D7, K7: is the result in the version of the list, or none', async () => {
    expect(await bench.runtime.getNetworkListCachedResult(list, bench.rt)).toBeUndefined();
    attach('pod1');
    const found = { ...result, cniVersion: '1.0.0' };
    expect(await bench.runtime.getNetworkListCachedResult(list, bench.rt)).toEqual(found);
    expect(await bench.runtime.getNetworkCachedResult(plugin, bench.rt)).toEqual(found);
  });

  it('K9: is the configuration, and the runtime values with the cached ones in their place', async () => {
    expect(await bench.runtime.getNetworkListCachedConfig(list, bench.rt)).toBeUndefined();
    attach('pod1');
    const rt = runtimeConf({ netns: '/other', args: [['B', '2']], capabilityArgs: { ips: [] } });
    const found = {
      config: '{"é": 1}',
      rt: runtimeConf({ netns: '/other', args: [['A', '1']], capabilityArgs: { mac: 'aa' } }),
    };
    expect(await bench.runtime.getNetworkListCachedConfig(list, rt)).toEqual(found);
    expect(await bench.runtime.getNetworkCachedConfig(plugin, rt)).toEqual(found);
  });

  it('K9: keeps the given args if none are cached, but no capability args', async () => {
    bench.putCache('{"kind":"cniCacheV1"}');
    const rt = runtimeConf({ args: [['B', '2']], capabilityArgs: { ips: [] } });
    expect(await bench.runtime.getNetworkListCachedConfig(list, rt)).toEqual({
      config: '',
      rt: runtimeConf({ args: [['B', '2']] }),
    });
  });

  it('K7, K9: is refused for a file of another kind, and without a name for the file', async () => {
    bench.putCache('{"kind":"other"}');
    expect((await refusal(bench.runtime.getNetworkListCachedConfig(list, bench.rt))).message).toBe(
      'read cached network "net" config has wrong kind: other',
    );
    bench.putCache('{');
    expect((await refusal(bench.runtime.getNetworkListCachedConfig(list, bench.rt))).message).toBe(
      'failed to unmarshal cached network "net" config: unexpected end of JSON input',
    );
    const nameless = runtimeConf({ ifName: '' });
    for (const call of ['getNetworkListCachedConfig', 'getNetworkListCachedResult'] as const) {
      expect((await refusal(bench.runtime[call](list, nameless))).message).toBe(
        'cache file path requires network name ("net"), container ID ("pod1"), and interface name ("")',
      );
    }
  });
});
