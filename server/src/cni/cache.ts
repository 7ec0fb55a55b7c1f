import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
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

/**
 * Keeps an attachment's result and configuration (K2). The file is complete or not there: it is
 * written beside the folder of results, where nothing looks for entries, and then renamed.
 */
export async function writeCache(
  key: CacheKey,
  rt: RuntimeConf,
  config: string,
  result: CniResult,
): Promise<void> {
  const path = cachePath(key);
  const text = recordText(key, rt, config, result);
  const temporary = join(key.cacheDir, `.result-${randomUUID()}`);
  const write = async () => {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  };
  try {
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await mkdir(join(key.cacheDir, 'results'), { recursive: true, mode: 0o700 });
      await write();
    });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

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
export async function readCachedResult(key: CacheKey): Promise<CniResult | undefined> {
  const path = cachePath(key);
  const text = await readFile(path, 'utf8').catch(() => undefined);
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

/** Forgets an attachment; a file that cannot be removed is no error (D6). */
export async function removeCache(key: CacheKey): Promise<void> {
  try {
    await unlink(cachePath(key));
  } catch {
    // Never written, or not ours to remove.
  }
}
