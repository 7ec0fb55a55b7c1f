import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeResult } from '@cnilab/shared/cni/decodeResult';
import { resultToJson } from '@cnilab/shared/cni/encodeResult';
import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import {
  type Json,
  canonicalJson,
  canonicalObject,
  compareBytes,
  isJsonObject,
} from '@cnilab/shared/cni/json';
import type { CniResult } from '@cnilab/shared/cni/result';
import { parseTyped } from '@cnilab/shared/cni/typed';
import { type CacheRecord, decodeRecord, readableRecord, recordKind } from './cacheRecord.ts';
import { configVersion } from './configVersion.ts';
import { encodeText, goSystemError, systemCode } from './goText.ts';
import { readFileText } from './readFileText.ts';
import type { RuntimeConf } from './types.ts';

/** Which attachment a cache entry is about. */
export interface CacheKey {
  cacheDir: string;
  network: string;
  containerId: string;
  ifName: string;
}

/**
 * The entry's file (K1); undefined for a name that no entry has: ADD refuses such names, and other
 * calls must not reach other folders with them. Throws a CniError if a part of the name is missing
 * (K7).
 */
export function cachePath({
  cacheDir,
  network,
  containerId,
  ifName,
}: CacheKey): string | undefined {
  if (network === '' || containerId === '' || ifName === '') {
    throw libraryError(
      `cache file path requires network name (${goQuote(network)}), ` +
        `container ID (${goQuote(containerId)}), and interface name (${goQuote(ifName)})`,
    );
  }
  const name = `${network}-${containerId}-${ifName}`;
  return /[/\0]/.test(name) ? undefined : join(cacheDir, 'results', name);
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
  if (path === undefined) throw libraryError('its name cannot be that of a file');
  const text = recordText(key, rt, config, result);
  const results = dirname(path);
  try {
    try {
      replaceFile(path, text, key.cacheDir);
    } catch (error) {
      if (isMissing(error)) {
        mkdirSync(results, { recursive: true, mode: 0o700 });
        replaceFile(path, text, key.cacheDir);
      } else {
        // The results may be a file system of their own, or the only place to write to.
        replaceFile(path, text, results);
      }
    }
  } catch (error) {
    throw systemError(path, error);
  }
}

/** Writes the text to a file of that folder, which then takes the place of the one at `path`. */
function replaceFile(path: string, text: string, folder: string): void {
  const temporary = join(folder, `.result-${randomUUID()}`);
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** The error as of libcni, which makes the folder and then writes into the file itself (A7). */
function systemError(path: string, error: unknown): unknown {
  const code = systemCode(error);
  const isMkdir = error instanceof Error && 'syscall' in error && error.syscall === 'mkdir';
  if (code === undefined || isMkdir) return error;
  const fields =
    code === 'ENOTDIR'
      ? { code, syscall: 'mkdir', path: lastThere(dirname(path)) }
      : { code, syscall: 'open', path };
  return Object.assign(new Error(code, { cause: error }), fields);
}

/** The path, or the nearest one above it that is there. */
const lastThere = (path: string): string => (existsSync(path) ? path : lastThere(dirname(path)));

const isMissing = (error: unknown): boolean => systemCode(error) === 'ENOENT';

function recordText(key: CacheKey, rt: RuntimeConf, config: string, result: CniResult): string {
  const texts = new Map<string, string>();
  const put = (name: string, value: Json) => texts.set(name, canonicalJson(value));
  put('kind', recordKind);
  put('containerId', key.containerId);
  put('config', encodeText(config).toString('base64'));
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
  const text = readText(cachePath(key));
  if (text === undefined) return undefined;
  // Anything but a record is tried as the bare result that old releases wrote (K6).
  const record = tolerantRecord(text);
  const result = record ? canonicalJson(record.result ?? null) : text;
  const version = configVersion(result);
  const json = parseTyped(result);
  return decodeResult(isJsonObject(json) ? json : new Map<string, Json>(), version);
}

/**
 * What the cache keeps of an attachment beside its result (K9); undefined if there is no readable
 * file. Throws a CniError if the file is no record.
 */
export function readCachedConfig(key: CacheKey): CacheRecord | undefined {
  const text = readText(cachePath(key));
  if (text === undefined) return undefined;
  let record: CacheRecord;
  try {
    record = decodeRecord(parseTyped(text));
  } catch (error) {
    const reason = toCniError(error).message;
    throw libraryError(
      `failed to unmarshal cached network ${goQuote(key.network)} config: ${reason}`,
      error,
    );
  }
  if (record.kind === recordKind) return record;
  throw libraryError(
    `read cached network ${goQuote(key.network)} config has wrong kind: ${record.kind}`,
  );
}

/**
 * The records of all attachments, or of those of one container, in the order of file names. What
 * is no record is passed over (K8, G8). Throws a CniError if the folder cannot be listed.
 */
export function readCachedAttachments(cacheDir: string, containerId = ''): CacheRecord[] {
  const folder = join(cacheDir, 'results');
  return listFiles(folder).flatMap((name) => {
    // Container ids may hold hyphens, so the record itself has to agree as well.
    if (containerId !== '' && !isPartOf(name, `-${containerId}-`)) return [];
    const record = tolerantRecord(readText(join(folder, name)));
    if (!record || record.ifName === '' || record.network === '') return [];
    return containerId === '' || record.containerId === containerId ? record : [];
  });
}

/** True if `part` stands in `name` with something on both sides. */
function isPartOf(name: string, part: string): boolean {
  const at = name.indexOf(part);
  return at > 0 && at + part.length < name.length;
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted(compareBytes);
  } catch (error) {
    if (isMissing(error)) return [];
    throw libraryError(goSystemError(error), error);
  }
}

function tolerantRecord(text: string | undefined): CacheRecord | undefined {
  try {
    return text === undefined ? undefined : readableRecord(parseTyped(text));
  } catch {
    return undefined;
  }
}

function readText(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readFileText(path);
  } catch {
    return undefined;
  }
}

/** Forgets an attachment; a file that cannot be removed is no error (D6). */
export function removeCache(key: CacheKey): void {
  try {
    const path = cachePath(key);
    if (path !== undefined) unlinkSync(path);
  } catch {
    // Never written, or not ours to remove.
  }
}

/** What cannot be removed must not hide why it was to be removed. */
function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}
