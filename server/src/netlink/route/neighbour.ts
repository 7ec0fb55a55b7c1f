import type { Family } from '@cnilab/shared/cni/ip';
import {
  AF_BRIDGE,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from '../constants.ts';
import { attribute, message, readAttributes, readU32, readU8, u32Attribute } from '../message.ts';
import * as rt from './constants.ts';
import { be16, readFields, s32, u16, u32, writeFields } from './fields.ts';
import { acknowledged, created } from './linkRequests.ts';
import {
  anyIpText,
  familyNumber,
  familyOf,
  ipBytes,
  ipOf,
  ipText,
  macBytes,
  macText,
  SpecError,
} from './values.ts';
import {
  extendedNeighbourFlags,
  fdbStates,
  flagWords,
  neighbourFlags,
  neighbourStates,
  numberOf,
  protocols,
  word,
} from './words.ts';

/** Who answers for an IP address on a link (ARP, neighbour discovery). */
export interface Neighbour {
  /** Interface index. */
  index: number;
  family: Family;
  address: string;
  mac?: string;
  /** `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`, `NONE` */
  state: string;
  /** `router`, `proxy` (this machine answers for it), `extern_learn`, `managed`, … */
  flags: string[];
  /** Questions without an answer so far. */
  probes?: number;
  protocol?: string;
}

/** Where a bridge or VXLAN sends frames for a MAC address: an entry of its forwarding database. */
export interface FdbEntry {
  /** Index of the port, or of the device that keeps the entry itself. */
  index: number;
  mac: string;
  /** `permanent` (own), `static`, `stale`; empty for one that was learnt and is used. */
  state: string;
  /** `self`: kept by the device; `extern_learn`, `sticky`, `offload`, `locked`. */
  flags: string[];
  /** Index of the bridge that keeps it. */
  master?: number;
  vlan?: number;
  /** The other end of a VXLAN, and how it is reached where that differs from the device. */
  dst?: string;
  port?: number;
  vni?: number;
  srcVni?: number;
  via?: number;
  linkNsid?: number;
  nextHopId?: number;
}

/** struct ndmsg: family, padding, index, state, flags, type */
const ndmsgSize = 12;

export function decodeNeighbour(payload: Buffer): Neighbour | undefined {
  const family = familyOf(payload[0]);
  if (payload.length < ndmsgSize || family === undefined) return undefined;
  const attributes = readAttributes(payload, ndmsgSize);
  const address = ipText(attributes.get(rt.NDA_DST), family);
  if (address === undefined) return undefined;
  const mac = macText(attributes.get(rt.NDA_LLADDR));
  const probes = readU32(attributes.get(rt.NDA_PROBES)) ?? 0;
  const protocol = readU8(attributes.get(rt.NDA_PROTOCOL)) ?? 0;
  return {
    index: payload.readInt32LE(4),
    family,
    address,
    ...(mac !== undefined && { mac }),
    state: word(neighbourStates, payload.readUInt16LE(8)),
    flags: flagsOf(payload, readU32(attributes.get(rt.NDA_FLAGS_EXT))),
    ...(probes !== 0 && { probes }),
    ...(protocol !== 0 && { protocol: word(protocols, protocol) }),
  };
}

const fdbFields = {
  master: u32(rt.NDA_MASTER),
  vlan: u16(rt.NDA_VLAN),
  port: be16(rt.NDA_PORT),
  vni: u32(rt.NDA_VNI),
  srcVni: u32(rt.NDA_SRC_VNI),
  via: u32(rt.NDA_IFINDEX),
  linkNsid: s32(rt.NDA_LINK_NETNSID),
  nextHopId: u32(rt.NDA_NH_ID),
};

/** An entry of family AF_BRIDGE. */
export function decodeFdb(payload: Buffer): FdbEntry | undefined {
  if (payload.length < ndmsgSize || payload[0] !== AF_BRIDGE) return undefined;
  const attributes = readAttributes(payload, ndmsgSize);
  const mac = macText(attributes.get(rt.NDA_LLADDR));
  if (mac === undefined) return undefined;
  const state = payload.readUInt16LE(8);
  const dst = anyIpText(attributes.get(rt.NDA_DST));
  return {
    index: payload.readInt32LE(4),
    mac,
    state: fdbState(state),
    flags: flagsOf(payload, readU32(attributes.get(rt.NDA_FLAGS_EXT))),
    ...readFields(fdbFields, attributes),
    ...(dst !== undefined && { dst }),
  };
}

const flagsOf = (payload: Buffer, extended: number | undefined): string[] => [
  ...flagWords(neighbourFlags, payload.readUInt8(10)),
  ...flagWords(extendedNeighbourFlags, extended ?? 0),
];

/** The first state that applies: a static entry is NOARP and REACHABLE. */
function fdbState(state: number): string {
  for (const [bit, name] of fdbStates) if ((state & bit) !== 0) return name;
  return String(state);
}

export interface NeighbourSpec {
  address: string;
  mac?: string;
  /** `PERMANENT` unless given. */
  state?: string;
  /** Answer for this address on the link (proxy ARP). */
  proxy?: boolean;
}

/** `replace` also makes it. */
export function neighbourRequest(
  operation: 'add' | 'replace' | 'del',
  index: number,
  spec: NeighbourSpec,
): Buffer {
  const ip = ipOf(spec.address);
  const header = ndmsg(
    familyNumber(ip.family),
    index,
    stateOf(spec.state ?? 'PERMANENT'),
    spec.proxy === true ? rt.NTF_PROXY : 0,
  );
  const parts: Buffer[] = [header, attribute(rt.NDA_DST, ipBytes(spec.address))];
  if (spec.mac !== undefined) parts.push(attribute(rt.NDA_LLADDR, macBytes(spec.mac)));
  return request(operation, parts);
}

export type FdbSpec = Pick<FdbEntry, 'mac' | 'dst' | 'port' | 'vni' | 'srcVni' | 'via' | 'vlan'> & {
  /** `permanent` unless given; `static`, `dynamic`. */
  state?: 'permanent' | 'static' | 'dynamic';
  /** Kept by the bridge that `index` is a port of, not by the device itself. */
  master?: boolean;
};

/** Of NUD_PERMANENT (0x80), NUD_NOARP (0x40) and NUD_REACHABLE (0x02), as `bridge` sends them. */
const fdbStateBits = { permanent: 0xc0, static: 0x42, dynamic: 0x02 };

/** `append` adds one more destination for the same address (VXLAN). */
export function fdbRequest(
  operation: 'add' | 'append' | 'replace' | 'del',
  index: number,
  { mac, dst, state = 'permanent', master, ...spec }: FdbSpec,
): Buffer {
  const flags = master === true ? rt.NTF_MASTER : rt.NTF_SELF;
  const header = ndmsg(AF_BRIDGE, index, fdbStateBits[state], flags);
  const parts: Buffer[] = [header, attribute(rt.NDA_LLADDR, macBytes(mac))];
  if (dst !== undefined) parts.push(attribute(rt.NDA_DST, ipBytes(dst)));
  parts.push(...writeFields(fdbFields, spec));
  return request(operation, parts);
}

/** A dump of the neighbours of all links, or of one. */
export function neighbourListRequest(index?: number, proxy = false): Buffer {
  const parts = [ndmsg(0, 0, 0, proxy ? rt.NTF_PROXY : 0)];
  if (index !== undefined) parts.push(u32Attribute(rt.NDA_IFINDEX, index));
  return message(rt.RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, parts);
}

export const fdbListRequest = (): Buffer =>
  message(rt.RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, [ndmsg(AF_BRIDGE, 0, 0, 0)]);

function request(operation: keyof typeof operationFlags, parts: Buffer[]): Buffer {
  const type = operation === 'del' ? rt.RTM_DELNEIGH : rt.RTM_NEWNEIGH;
  return message(type, operationFlags[operation], parts);
}

const operationFlags = {
  del: acknowledged,
  add: created,
  append: acknowledged | NLM_F_CREATE | NLM_F_APPEND,
  replace: acknowledged | NLM_F_CREATE | NLM_F_REPLACE,
};

function ndmsg(family: number, index: number, state: number, flags: number): Buffer {
  const bytes = Buffer.alloc(ndmsgSize);
  bytes[0] = family;
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt16LE(state, 8);
  bytes[10] = flags;
  return bytes;
}

function stateOf(text: string): number {
  const state = numberOf(neighbourStates, text);
  if (state === undefined || state > 0xffff) throw new SpecError(`"${text}" is no neighbour state`);
  return state;
}
