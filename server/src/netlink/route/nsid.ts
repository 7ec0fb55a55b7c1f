import { NLM_F_DUMP, NLM_F_REQUEST } from '../constants.ts';
import { message, readAttributes, readS32, u32Attribute } from '../message.ts';
import * as rt from './constants.ts';
import { acknowledged } from './linkRequests.ts';

/** The ids by which a network namespace knows others. */

/** struct rtgenmsg, padded */
const headerSize = 4;

/** -1 or absent: the namespace has none. */
export function decodeNsid(payload: Buffer): { nsid?: number } | undefined {
  if (payload.length < headerSize) return undefined;
  const nsid = readS32(readAttributes(payload, headerSize).get(rt.NETNSA_NSID));
  return nsid !== undefined && nsid >= 0 ? { nsid } : {};
}

/** Gives the namespace of the descriptor `fd` an id; -1 lets the kernel choose. */
export const nsidSetRequest = (fd: number, nsid: number): Buffer =>
  message(rt.RTM_NEWNSID, acknowledged, [
    Buffer.alloc(headerSize),
    u32Attribute(rt.NETNSA_NSID, nsid),
    u32Attribute(rt.NETNSA_FD, fd),
  ]);

export const nsidGetRequest = (fd: number): Buffer =>
  message(rt.RTM_GETNSID, acknowledged, [Buffer.alloc(headerSize), u32Attribute(rt.NETNSA_FD, fd)]);

export const nsidListRequest = (): Buffer =>
  message(rt.RTM_GETNSID, NLM_F_REQUEST | NLM_F_DUMP, [Buffer.alloc(headerSize)]);
