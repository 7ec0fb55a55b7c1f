import { formatIp, fromBytes, type Family } from '@cnilab/shared/cni/ip';
import { NLM_F_REQUEST } from '../constants.ts';
import { attribute, message } from '../message.ts';
import * as nf from './nfnetlinkConstants.ts';

/**
 * nfnetlink's framing: the netlink header's type is a subsystem and an operation, every payload
 * starts with struct nfgenmsg, numbers in attributes are in network order, and changes of nf_tables
 * come in batches that the kernel applies whole or not at all.
 */

/** struct nfgenmsg: family, version, resource id (in network order) */
export interface Nfgenmsg {
  /** NFPROTO_… */
  family: number;
  /** For nf_tables the lower 16 bits of the generation; of batches the subsystem. */
  resourceId: number;
}

export const nfgenmsgSize = 4;

export const readNfgenmsg = (payload: Buffer): Nfgenmsg | undefined =>
  payload.length < nfgenmsgSize
    ? undefined
    : { family: payload.readUInt8(0), resourceId: payload.readUInt16BE(2) };

export const messageType = (subsystem: number, operation: number): number =>
  (subsystem << 8) | operation;

/** A request; `seq` is filled in when it is sent. */
export function nfMessage(
  type: number,
  flags: number,
  family: number,
  parts: readonly Uint8Array[] = [],
  resourceId = 0,
): Buffer {
  const nfgenmsg = Buffer.from([family, nf.NFNETLINK_V0, resourceId >> 8, resourceId & 0xff]);
  return message(type, NLM_F_REQUEST | flags, [nfgenmsg, ...parts]);
}

/**
 * The messages of one transaction between their begin and end. With `generation` the kernel refuses
 * it (ERESTART) unless that is still the current one.
 */
export function batch(
  subsystem: number,
  requests: readonly Buffer[],
  generation?: number,
): Buffer[] {
  const expected = generation === undefined ? [] : [be32(nf.NFNL_BATCH_GENID, generation)];
  const edge = (type: number, parts: Buffer[]) =>
    nfMessage(type, 0, nf.NFPROTO_UNSPEC, parts, subsystem);
  return [edge(nf.NFNL_MSG_BATCH_BEGIN, expected), ...requests, edge(nf.NFNL_MSG_BATCH_END, [])];
}

export function be16(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return attribute(type, bytes);
}

/** Signed numbers are written as their two's complement. */
export function be32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return attribute(type, bytes);
}

export function be64(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return attribute(type, bytes);
}

export const nested = (type: number, parts: readonly Uint8Array[]): Buffer =>
  attribute(type | nf.NLA_F_NESTED, Buffer.concat(parts));

// Values of the wrong length read as undefined, like absent ones.
export const readU8 = (value: Buffer | undefined): number | undefined =>
  value?.length === 1 ? value.readUInt8(0) : undefined;
export const readBe16 = (value: Buffer | undefined): number | undefined =>
  value?.length === 2 ? value.readUInt16BE(0) : undefined;
export const readBe32 = (value: Buffer | undefined): number | undefined =>
  value?.length === 4 ? value.readUInt32BE(0) : undefined;
export const readSignedBe32 = (value: Buffer | undefined): number | undefined =>
  value?.length === 4 ? value.readInt32BE(0) : undefined;

/** Exact up to 2^53, which counters of bytes and handles do not reach in practice. */
export const readBe64 = (value: Buffer | undefined): number | undefined =>
  value?.length === 8 ? value.readUInt32BE(0) * 0x1_0000_0000 + value.readUInt32BE(4) : undefined;

/** Text of 4 or 16 bytes, as the family has. */
export function readIp(value: Buffer | undefined, family: Family): string | undefined {
  if (value?.length !== (family === 4 ? 4 : 16)) return undefined;
  const ip = fromBytes(value);
  return ip && formatIp(ip);
}

export const readHex = (value: Buffer | undefined): string | undefined => value?.toString('hex');

/** The words of the bits that are set, lowest first; bits without a word are left out. */
export const bitWords = (bits: number, words: readonly (readonly [number, string])[]): string[] =>
  words.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word);

/** The keys that have a value, as exactOptionalPropertyTypes wants. */
export function present<T extends object>(values: T): Present<T>;
export function present(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Keys that may be undefined become optional. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
