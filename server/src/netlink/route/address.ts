import { parseCidr, toBytes, type Family } from '@cnilab/shared/cni/ip';
import { NLM_F_DUMP, NLM_F_REQUEST } from '../constants.ts';
import {
  attribute,
  message,
  readAttributes,
  readText,
  readU32,
  readU8,
  u32Attribute,
  u8Attribute,
} from '../message.ts';
import * as rt from './constants.ts';
import { acknowledged, created } from './linkRequests.ts';
import {
  familyNumber,
  familyOf,
  fitting,
  interfaceName,
  ipBytes,
  ipText,
  SpecError,
} from './values.ts';
import {
  addressFlags,
  addressProtocols,
  flagWords,
  numberOf,
  protocols,
  scopes,
  word,
} from './words.ts';

/** An address of a link. Lifetimes are in seconds from the message on; absent when for ever. */
export interface Address {
  /** Interface index. */
  index: number;
  family: Family;
  address: string;
  prefix: number;
  scope: string;
  /** The other end of a point-to-point address. */
  peer?: string;
  tentative?: boolean;
  /** `permanent`, `tentative`, `dadfailed`, `noprefixroute`, `secondary`, … */
  flags: string[];
  broadcast?: string;
  label?: string;
  /** Metric of the route to its prefix. */
  metric?: number;
  /** Who gave it: `kernel_lo`, `kernel_ra`, `kernel_ll`. */
  protocol?: string;
  validLifetime?: number;
  preferredLifetime?: number;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index */
export function decodeAddress(payload: Buffer): Address | undefined {
  const family = familyOf(payload[0]);
  if (payload.length < 8 || family === undefined) return undefined;
  const attributes = readAttributes(payload, 8);
  const far = ipText(attributes.get(rt.IFA_ADDRESS), family);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const address = ipText(attributes.get(rt.IFA_LOCAL), family) ?? far;
  if (address === undefined) return undefined;
  const flags = readU32(attributes.get(rt.IFA_FLAGS)) ?? payload.readUInt8(2);
  const broadcast = ipText(attributes.get(rt.IFA_BROADCAST), family);
  const label = readText(attributes.get(rt.IFA_LABEL));
  const metric = readU32(attributes.get(rt.IFA_RT_PRIORITY));
  const protocol = readU8(attributes.get(rt.IFA_PROTO)) ?? 0;
  return {
    index: payload.readUInt32LE(4),
    family,
    address,
    prefix: payload.readUInt8(1),
    scope: word(scopes, payload.readUInt8(3)),
    ...(far !== undefined && far !== address && { peer: far }),
    ...((flags & rt.IFA_F_TENTATIVE) !== 0 && { tentative: true }),
    flags: flagWords(addressFlags, flags).map((flag) =>
      flag === 'secondary' && family === 6 ? 'temporary' : flag,
    ),
    ...(broadcast !== undefined && { broadcast }),
    ...(label !== undefined && { label }),
    ...(metric !== undefined && { metric }),
    ...(protocol !== 0 && { protocol: word(addressProtocols, protocol) }),
    ...lifetimes(attributes.get(rt.IFA_CACHEINFO)),
  };
}

/** struct ifa_cacheinfo: preferred, valid, created, updated */
function lifetimes(bytes: Buffer | undefined): Partial<Address> {
  if (bytes?.length !== 16) return {};
  const preferred = bytes.readUInt32LE(0);
  const valid = bytes.readUInt32LE(4);
  return {
    ...(valid !== forever && { validLifetime: valid }),
    ...(preferred !== forever && { preferredLifetime: preferred }),
  };
}

export interface AddressSpec {
  /** `10.0.0.1/24` */
  address: string;
  /** The other end of a point-to-point link, without a prefix. */
  peer?: string;
  broadcast?: string;
  /** Usable at once: no duplicate address detection (IPv6). */
  noDad?: boolean;
  /** Without a route to its prefix. */
  noPrefixRoute?: boolean;
  /** The name of its link, or that with `:` and a word. */
  label?: string;
  scope?: string;
  metric?: number;
  /** `kernel_ra`, … or a number. */
  protocol?: string;
  /** Seconds; for ever unless given. */
  validLifetime?: number;
  preferredLifetime?: number;
}

export function addressRequest(operation: 'add' | 'del', index: number, spec: AddressSpec): Buffer {
  const cidr = parseCidr(spec.address);
  if (!cidr) throw new SpecError(`"${spec.address}" is not an address with a prefix length`);
  const local = toBytes({ family: cidr.family, value: cidr.address });
  const flags =
    (spec.noDad === true ? rt.IFA_F_NODAD : 0) |
    (spec.noPrefixRoute === true ? rt.IFA_F_NOPREFIXROUTE : 0);
  const header = Buffer.alloc(8);
  header[0] = familyNumber(cidr.family);
  header[1] = cidr.prefix;
  header[2] = flags & 0xff;
  header[3] = scopeOf(spec.scope);
  header.writeUInt32LE(index, 4);
  const parts: Buffer[] = [header, attribute(rt.IFA_LOCAL, local)];
  parts.push(attribute(rt.IFA_ADDRESS, spec.peer === undefined ? local : ipBytes(spec.peer)));
  if (spec.broadcast !== undefined)
    parts.push(attribute(rt.IFA_BROADCAST, ipBytes(spec.broadcast)));
  if (spec.label !== undefined) parts.push(labelAttribute(spec.label));
  if (spec.metric !== undefined) parts.push(u32Attribute(rt.IFA_RT_PRIORITY, spec.metric));
  if (spec.protocol !== undefined) parts.push(protocolAttribute(spec.protocol));
  if (flags > 0xff) parts.push(u32Attribute(rt.IFA_FLAGS, flags));
  if (spec.validLifetime !== undefined || spec.preferredLifetime !== undefined) {
    const times = Buffer.alloc(16);
    const { validLifetime: valid = forever, preferredLifetime: preferred = valid } = spec;
    times.writeUInt32LE(fitting(preferred, forever, 'a lifetime'), 0);
    times.writeUInt32LE(fitting(valid, forever, 'a lifetime'), 4);
    parts.push(attribute(rt.IFA_CACHEINFO, times));
  }
  return operation === 'add'
    ? message(rt.RTM_NEWADDR, created, parts)
    : message(rt.RTM_DELADDR, acknowledged, parts);
}

/** A dump of the addresses of all links, or of one. */
export function addressListRequest(index = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(index, 4);
  return message(rt.RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, [header]);
}

const forever = 0xffff_ffff;

function scopeOf(text: string | undefined): number {
  const scope = text === undefined ? 0 : numberOf(scopes, text);
  if (scope === undefined || scope > 255) throw new SpecError(`"${text}" is not a scope`);
  return scope;
}

/** The kernel takes a colon in a label, unlike in a name. */
function labelAttribute(label: string): Buffer {
  interfaceName(rt.IFA_LABEL, label.replaceAll(':', '_'));
  return attribute(rt.IFA_LABEL, Buffer.from(`${label}\0`));
}

function protocolAttribute(text: string): Buffer {
  const number = numberOf(addressProtocols, text) ?? numberOf(protocols, text);
  if (number === undefined || number > 255) throw new SpecError(`"${text}" is not a protocol`);
  return u8Attribute(rt.IFA_PROTO, number);
}
