import { libraryError } from '@cnilab/shared/cni/errors';
import {
  goDecode,
  goFromText,
  goObject,
  goPair,
  goSlice,
  goString,
  goStruct,
} from '@cnilab/shared/cni/goDecode';
import type { Json, JsonObject } from '@cnilab/shared/cni/json';
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
  args: readonly (readonly [key: string, value: string])[] | undefined;
  capabilityArgs: JsonObject;
  /** Undefined if the file has none. */
  result: JsonObject | undefined;
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
  const { networkName, cniArgs, capabilityArgs, ...same } = goDecode(cachedInfo, json);
  return {
    ...same,
    network: networkName,
    args: cniArgs,
    capabilityArgs: capabilityArgs ?? new Map<string, Json>(),
  };
}

const cachedInfo = goStruct('libcni.cachedInfo', {
  kind: goString,
  containerId: goString,
  config: goFromText('[]uint8', '', decodeBase64),
  ifName: goString,
  networkName: goString,
  netns: goString,
  cniArgs: goSlice(goPair(goString)),
  capabilityArgs: goObject,
  result: goObject,
});

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBase64(text: string): string {
  if (!base64.test(text.replace(/[\r\n]/g, ''))) {
    const foreign = text.search(/[^A-Za-z0-9+/=\r\n]/);
    // Without a foreign character the end is cut off: the last four that should be one are wrong.
    const at = foreign < 0 ? Math.floor(Math.max(0, text.length - 1) / 4) * 4 : foreign;
    throw libraryError(`illegal base64 data at input byte ${at}`);
  }
  return decodeText(Buffer.from(text, 'base64'));
}
