import { libraryError } from '@cnilab/shared/cni/errors';
import { type Json, type JsonObject, isJsonObject } from '@cnilab/shared/cni/json';
import { field, jsonKind, objectField, stringField, typeError } from '@cnilab/shared/cni/typed';
import { decodeText } from './goText.ts';

/** The `kind` of the records that libcni writes. */
export const recordKind = 'cniCacheV1';

/** A cache file as libcni writes it (K2), read tolerantly: what is absent is empty. */
export interface CacheRecord {
  kind: string;
  network: string;
  containerId: string;
  ifName: string;
  netns: string;
  /** Text of the configuration at the time of ADD. */
  config: string;
  /** CNI_ARGS; undefined if the file has none. */
  args: (readonly [key: string, value: string])[] | undefined;
  capabilityArgs: JsonObject;
  result: JsonObject;
}

/** The record, or undefined if this is JSON of another kind or shape. */
export function readableRecord(json: Json): CacheRecord | undefined {
  try {
    const record = decodeRecord(json);
    return record.kind === recordKind ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the keys of a record whatever its kind is. Throws a CniError if one has a wrong type. */
export function decodeRecord(json: Json): CacheRecord {
  if (!isJsonObject(json)) {
    throw libraryError(
      `json: cannot unmarshal ${jsonKind(json)} into Go value of type libcni.cachedInfo`,
    );
  }
  const text = (key: string) => stringField(json, key, `cachedInfo.${key}`);
  const object = (key: string): JsonObject =>
    objectField(json, key, `cachedInfo.${key}`) ?? new Map<string, Json>();
  return {
    kind: text('kind'),
    network: text('networkName'),
    containerId: text('containerId'),
    ifName: text('ifName'),
    netns: text('netns'),
    config: decodeBase64(text('config')),
    args: decodeArgs(field(json, 'cniArgs')),
    capabilityArgs: object('capabilityArgs'),
    result: object('result'),
  };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBase64(text: string): string {
  if (!base64.test(text.replace(/[\r\n]/g, ''))) {
    throw libraryError('illegal base64 data in cachedInfo.config');
  }
  return decodeText(Buffer.from(text, 'base64'));
}

/** Pairs of texts; what a pair lacks is empty, what it has too much is dropped, as in Go. */
function decodeArgs(json: Json | undefined): (readonly [string, string])[] | undefined {
  if (json === undefined) return undefined;
  const path = 'cachedInfo.cniArgs';
  if (!Array.isArray(json)) throw typeError(json, path, '[][2]string');
  return json.map((pair) => {
    if (pair !== null && !Array.isArray(pair)) throw typeError(pair, path, '[2]string');
    const part = (index: number): string => {
      const value = pair?.[index] ?? null;
      if (value !== null && typeof value !== 'string') throw typeError(value, path, 'string');
      return value ?? '';
    };
    return [part(0), part(1)];
  });
}
