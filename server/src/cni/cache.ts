import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeResult } from '@cnilab/shared/cni/decodeResult';
import { resultToJson } from '@cnilab/shared/cni/encodeResult';
import { libraryError } from '@cnilab/shared/cni/errors';
import { type Json, canonicalJson, canonicalObject, isJsonObject } from '@cnilab/shared/cni/json';
import type { CniResult } from '@cnilab/shared/cni/result';
import { jsonKind, objectField, parseTyped, stringField } from '@cnilab/shared/cni/typed';
import type { RuntimeConf } from './types.ts';

/** The `kind` of the records that libcni writes. */
const recordKind = 'cniCacheV1';

/** Which attachment a cache entry is about. */
export interface CacheKey {
  cacheDir: string;
  network: string;
  containerId: string;
  ifName: string;
}

/** The entry's file (K1). Throws a CniError if a part of the name is missing (K7). */
export function cachePath({ cacheDir, network, containerId, ifName }: CacheKey): string {
  if (network === '' || containerId === '' || ifName === '') {
    throw libraryError(
      `cache file path requires network name ("${network}"), container ID ("${containerId}"), ` +
        `and interface name ("${ifName}")`,
    );
  }
  const name = `${network}-${containerId}-${ifName}`;
  // ADD refuses such names, so no entry has one; a DEL must not reach other folders with it.
  if (/[/\0]/.test(name)) throw libraryError(`"${name}" cannot be the name of a cache file`);
  return join(cacheDir, 'results', name);
}

// The files are small and their calls are synchronous: each takes some microseconds, while a round
// trip through Node's thread pool takes a fifth of a millisecond and a chain would need ten of them.

/**
 * Keeps an attachment's result and configuration (K2). The file is complete or not there: it is
 * written beside the folder of results, where nothing looks for entries, and then renamed. Throws
 * the operating system's error.
 */
export function writeCache(
  key: CacheKey,
  rt: RuntimeConf,
  config: string,
  result: CniResult,
): void {
  const path = cachePath(key);
  const text = recordText(key, rt, config, result);
  const temporary = join(key.cacheDir, `.result-${randomUUID()}`);
  const write = () => {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  };
  try {
    try {
      write();
    } catch (error) {
      if (!isMissing(error)) throw error;
      mkdirSync(join(key.cacheDir, 'results'), { recursive: true, mode: 0o700 });
      // With the cache folder there but no results in it, only the renaming failed.
      rmSync(temporary, { force: true });
      write();
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

function recordText(key: CacheKey, rt: RuntimeConf, config: string, result: CniResult): string {
  const texts = new Map<string, string>();
  const put = (name: string, value: Json) => texts.set(name, canonicalJson(value));
  put('kind', recordKind);
  put('containerId', key.containerId);
  put('config', Buffer.from(config).toString('base64'));
  put('ifName', key.ifName);
  put('networkName', key.network);
  if (rt.netns !== '') put('netns', rt.netns);
  if (rt.args.length > 0)
    put(
      'cniArgs',
      rt.args.map(([name, value]) => [name, value]),
    );
  if (rt.capabilityArgs.size > 0) put('capabilityArgs', rt.capabilityArgs);
  put('result', resultToJson(result));
  return canonicalObject(texts, 'kept');
}

/**
 * The cached result as it was written; undefined if there is no readable file (K7). Throws a
 * CniError if what is there is no result.
 */
export function readCachedResult(key: CacheKey): CniResult | undefined {
  const path = cachePath(key);
  const text = readText(path);
  if (text === undefined) return undefined;
  const json = parseTyped(text) ?? new Map<string, Json>();
  if (!isJsonObject(json)) {
    throw libraryError(`json: cannot unmarshal ${jsonKind(json)} into Go value of type cachedInfo`);
  }
  // Anything but a record is tried as the bare result that old releases wrote (K6).
  const record = stringField(json, 'kind', 'cachedInfo.kind') === recordKind;
  const result = record
    ? (objectField(json, 'result', 'cachedInfo.result') ?? new Map<string, Json>())
    : json;
  return decodeResult(result, stringField(result, 'cniVersion', 'Result.cniVersion'));
}

function readText(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    // Not blocking: someone may have put a named pipe there.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return readFileSync(descriptor, 'utf8');
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Forgets an attachment; a file that cannot be removed is no error (D6). */
export function removeCache(key: CacheKey): void {
  try {
    unlinkSync(cachePath(key));
  } catch {
    // Never written, or not ours to remove.
  }
}
