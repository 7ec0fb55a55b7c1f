import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { CniError } from '@cnilab/shared/cni/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CacheKey, cachePath, readCachedResult, removeCache, writeCache } from './cache.ts';
import { type Bench, createBench, runtimeConf } from './testBench.ts';

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
