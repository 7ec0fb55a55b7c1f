import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CacheKey,
  readCachedAttachments,
  readCachedResult,
  removeCache,
  writeCache,
} from './cache.ts';
import { type Bench, createBench } from './testBench.ts';

let bench: Bench;
let key: CacheKey;
beforeEach(() => {
  bench = createBench();
  key = { cacheDir: bench.cacheDir, network: 'net', containerId: 'pod1', ifName: 'eth0' };
});
afterEach(() => bench.remove());

const result = parseResult('{"dns":{"domain":"<d>"},"cniVersion":"0.4.0"}', '');

describe('the result cache', () => {
  it('K7: does not wait for a named pipe that someone put there', () => {
    mkdirSync(dirname(bench.cacheFile), { recursive: true });
    execFileSync('mkfifo', [bench.cacheFile]);
    expect(() => readCachedResult(key)).toThrow('unexpected end of JSON input');
  });

  it('does not read on where a link leads to what has no end', () => {
    mkdirSync(dirname(bench.cacheFile), { recursive: true });
    symlinkSync('/dev/zero', bench.cacheFile);
    expect(readCachedResult(key)).toBeUndefined();
    expect(readCachedAttachments(key.cacheDir)).toEqual([]);
  });

  it('never leaves its folder, whatever a DEL asks for', () => {
    const outside = join(bench.cacheDir, 'outside');
    mkdirSync(join(bench.cacheDir, 'results'), { recursive: true });
    writeFileSync(outside, '{}');
    removeCache({ ...key, network: '..', containerId: '/../outside' });
    removeCache({ ...key, network: 'x/../../outside' });
    expect(readFileSync(outside, 'utf8')).toBe('{}');
  });

  it('leaves nothing behind when it cannot be written', () => {
    mkdirSync(bench.cacheFile, { recursive: true });
    expect(() => writeCache(key, bench.rt, '{}', result)).toThrow('EISDIR');
    expect(readdirSync(bench.cacheDir)).toEqual(['results']);
  });

  it('is written also where its results are another file system', () => {
    const elsewhere = mkdtempSync('/dev/shm/cnilab-test-');
    try {
      mkdirSync(bench.cacheDir, { recursive: true });
      symlinkSync(elsewhere, join(bench.cacheDir, 'results'));
      writeCache(key, bench.rt, '{}', result);
      expect(readCachedResult(key)).toMatchObject({ cniVersion: '0.4.0' });
      expect(readdirSync(elsewhere)).toEqual(['net-pod1-eth0']);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});
