#!/usr/bin/env node
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { writeCache } from '../../../server/src/cni/cache.ts';

// Writes one cache entry again and again, as large and as small ones in turn, until it is killed.
// The only argument is the cache folder. Each entry has one letter in its configuration and the
// name of it in its result.

const [, , cacheDir = ''] = process.argv;
const rt = { containerId: 'pod1', netns: '', ifName: 'eth0', args: [], capabilityArgs: new Map() };
const key = { cacheDir, network: 'net', containerId: 'pod1', ifName: 'eth0' };
for (let round = 0; ; round++) {
  const [letter, length] = round % 2 === 0 ? ['x', 900_000] : ['y', 90_000];
  const result = parseResult(`{"cniVersion":"1.0.0","interfaces":[{"name":"${letter}"}]}`, '');
  writeCache(key, rt, letter.repeat(length), result);
}
