import { bitsOf, parseCidr, parseIp, toBytes, type Family, type Ip } from '@cnilab/shared/cni/ip';
import { AF_INET, AF_INET6, AF_UNSPEC } from './constants.ts';
import { attribute, message, nameAttribute, u32Attribute } from './message.ts';
import * as rt from './routeConstants.ts';

/** Requests to rtnetlink about addresses, routes, neighbours and namespaces as bytes. */

export interface AddressSpec {
  /** `10.0.0.1/24` */
  address: string;
  /** The other end of a point-to-point link, without a prefix. */
  peer?: string;
  broadcast?: string;
  /** Usable at once: no duplicate address detection (IPv6). */
  noDad?: boolean;
}

export interface RouteSpec {
  /** Needed for `default` without a gateway; otherwise seen from the addresses. */
  family?: Family;
  /** CIDR, an address, or `default`. */
  to: string;
  via?: string;
  /** Interface index. */
  dev?: number;
  /** Routing table, 254 (main) unless given. */
  table?: number;
  /** Preferred source address. */
  source?: string;
  /** iproute2's word or number; unless given `link` for IPv4 routes without a gateway. */
  scope?: string;
  /** The gateway counts as reachable on `dev` although no route says so. */
  onlink?: boolean;
  /** `unicast` unless given; `blackhole`, `unreachable`, … */
  type?: string;
  metric?: number;
  /** `boot` unless given, as `ip route add` does. */
  protocol?: string;
}

/** A value that cannot be written into a request, before the kernel sees it. */
export class SpecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SpecError';
  }
}

export function addressRequest(operation: 'add' | 'del', index: number, spec: AddressSpec): Buffer {
  const cidr = parseCidr(spec.address);
  if (!cidr) throw new SpecError(`"${spec.address}" is not an address with a prefix length`);
  const local = toBytes({ family: cidr.family, value: cidr.address });
  const flags = spec.noDad === true ? rt.IFA_F_NODAD : 0;
  const header = Buffer.alloc(8);
  header[0] = familyNumber(cidr.family);
  header[1] = cidr.prefix;
  header[2] = flags;
  header.writeUInt32LE(index, 4);
  const parts: Buffer[] = [header, attribute(rt.IFA_LOCAL, local)];
  parts.push(attribute(rt.IFA_ADDRESS, spec.peer === undefined ? local : bytesOf(spec.peer)));
  if (spec.broadcast !== undefined) {
    parts.push(attribute(rt.IFA_BROADCAST, bytesOf(spec.broadcast)));
  }
  return operation === 'add'
    ? message(rt.RTM_NEWADDR, created, parts)
    : message(rt.RTM_DELADDR, acknowledged, parts);
}

export function routeRequest(operation: 'add' | 'replace' | 'del', spec: RouteSpec): Buffer {
  const via = spec.via === undefined ? undefined : ipOf(spec.via);
  const destination = spec.to === 'default' ? undefined : destinationOf(spec.to);
  const family = destination?.family ?? spec.family ?? via?.family ?? 4;
  const table = spec.table ?? rt.RT_TABLE_MAIN;
  const header = Buffer.alloc(12);
  header[0] = familyNumber(family);
  header[1] = destination?.prefix ?? 0;
  header[4] = table < 256 ? table : 0;
  header[5] = numberOf(rt.protocolNames, spec.protocol, operation === 'del' ? 0 : rt.RTPROT_BOOT);
  header[6] = numberOf(rt.scopeNames, spec.scope, defaultScope(operation, family, spec));
  header[7] = numberOf(rt.routeTypeNames, spec.type, operation === 'del' ? 0 : rt.RTN_UNICAST);
  header.writeUInt32LE(spec.onlink === true ? rt.RTNH_F_ONLINK : 0, 8);
  const parts: Buffer[] = [header];
  if (table > 255) parts.push(u32Attribute(rt.RTA_TABLE, table));
  if (destination) parts.push(attribute(rt.RTA_DST, destination.bytes));
  if (via) parts.push(gateway(via, family));
  if (spec.dev !== undefined) parts.push(u32Attribute(rt.RTA_OIF, spec.dev));
  if (spec.source !== undefined) parts.push(attribute(rt.RTA_PREFSRC, bytesOf(spec.source)));
  if (spec.metric !== undefined) parts.push(u32Attribute(rt.RTA_PRIORITY, spec.metric));
  if (operation === 'del') return message(rt.RTM_DELROUTE, acknowledged, parts);
  const flags = operation === 'add' ? created : acknowledged | rt.NLM_F_CREATE | rt.NLM_F_REPLACE;
  return message(rt.RTM_NEWROUTE, flags, parts);
}

/** Asks which way a packet would go. */
export function routeGetRequest(destination: string, from?: string): Buffer {
  const to = ipOf(destination);
  const header = Buffer.alloc(12);
  header[0] = familyNumber(to.family);
  header[1] = bitsOf(to.family);
  const parts: Buffer[] = [header, attribute(rt.RTA_DST, toBytes(to))];
  if (from !== undefined) {
    const source = ipOf(from);
    header[2] = bitsOf(source.family);
    parts.push(attribute(rt.RTA_SRC, toBytes(source)));
  }
  return message(rt.RTM_GETROUTE, acknowledged, parts);
}

/** A dump of everything that one RTM_GET… type lists; sizes of the fixed structs differ. */
export function dumpRequest(type: number): Buffer {
  const sizes = new Map([
    [rt.RTM_GETADDR, 8],
    [rt.RTM_GETROUTE, 12],
    [rt.RTM_GETNEIGH, 12],
  ]);
  const header = Buffer.alloc(sizes.get(type) ?? 16);
  header[0] = AF_UNSPEC;
  return message(type, rt.NLM_F_REQUEST | rt.NLM_F_DUMP, [header]);
}

/** Gives the namespace of the descriptor `fd` an id; -1 lets the kernel choose. */
export function nsidSetRequest(fd: number, nsid: number): Buffer {
  const parts: Buffer[] = [
    Buffer.alloc(4),
    u32Attribute(rt.NETNSA_NSID, nsid),
    u32Attribute(rt.NETNSA_FD, fd),
  ];
  return message(rt.RTM_NEWNSID, acknowledged, parts);
}

export function nsidGetRequest(fd: number): Buffer {
  return message(rt.RTM_GETNSID, acknowledged, [Buffer.alloc(4), u32Attribute(rt.NETNSA_FD, fd)]);
}

/** The address families of rtnetlink. */
export const familyNumber = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);

export const acknowledged = rt.NLM_F_REQUEST | rt.NLM_F_ACK;
export const created = acknowledged | rt.NLM_F_CREATE | rt.NLM_F_EXCL;

/** An address of a spec. */
export function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (!ip) throw new SpecError(`"${text}" is not an IP address`);
  return ip;
}

export const bytesOf = (text: string): Uint8Array => toBytes(ipOf(text));

/** A name that the kernel takes: 1 to 15 bytes without `/`, white space or colon. */
export function interfaceName(type: number, name: string): Buffer {
  if (!/^[^\s/:\0]+$/.test(name) || Buffer.byteLength(name) > 15 || name === '.' || name === '..') {
    throw new SpecError(`"${name}" cannot be an interface name (1 to 15 bytes, no / : or space)`);
  }
  return nameAttribute(type, name);
}

function destinationOf(text: string): { family: Family; prefix: number; bytes: Uint8Array } {
  const cidr = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (!cidr) throw new SpecError(`"${text}" is neither a prefix nor "default"`);
  const { family, address, prefix } = cidr;
  return { family, prefix, bytes: toBytes({ family, value: address }) };
}

/** What `ip route` assumes: deletion matches any scope, IPv6 knows only one. */
function defaultScope(operation: string, family: Family, spec: RouteSpec): number {
  if (operation === 'del') return rt.RT_SCOPE_NOWHERE;
  const unicast = spec.type === undefined || spec.type === 'unicast';
  return family === 4 && unicast && spec.via === undefined
    ? rt.RT_SCOPE_LINK
    : rt.RT_SCOPE_UNIVERSE;
}

/** A gateway of the other family (IPv4 over IPv6) is told with its family. */
function gateway(via: Ip, family: Family): Buffer {
  if (via.family === family) return attribute(rt.RTA_GATEWAY, toBytes(via));
  const familyBytes = Buffer.alloc(2);
  familyBytes.writeUInt16LE(familyNumber(via.family));
  return attribute(rt.RTA_VIA, Buffer.concat([familyBytes, toBytes(via)]));
}

function numberOf(names: Map<number, string>, word: string | undefined, otherwise: number): number {
  if (word === undefined) return otherwise;
  for (const [number, name] of names) if (name === word) return number;
  if (/^[0-9]{1,3}$/.test(word) && Number(word) < 256) return Number(word);
  throw new SpecError(`"${word}" is not one of ${[...names.values()].join(', ')}`);
}
