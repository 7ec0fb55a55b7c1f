import { bitsOf, parseCidr, toBytes, type Family, type Ip } from '@cnilab/shared/cni/ip';
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, NLM_F_REQUEST } from '../constants.ts';
import { attribute, message, nestedAttribute, u32Attribute } from '../message.ts';
import * as rt from './constants.ts';
import { writeFields } from './fields.ts';
import { acknowledged, created } from './linkRequests.ts';
import { metricFields, type RouteMetrics } from './route.ts';
import { familyNumber, fitting, ipBytes, ipOf, maxU32, SpecError } from './values.ts';
import { numberOf, protocols, routeTypes, scopes, type Words } from './words.ts';

/** Requests to rtnetlink about routes as bytes. */

export interface RouteSpec {
  /** Needed for `default` without a gateway; otherwise seen from the addresses. */
  family?: Family;
  /** CIDR, an address, or `default`. */
  to: string;
  via?: string;
  /** Interface index. */
  dev?: number;
  /** Instead of `via` and `dev`: several ways. */
  nextHops?: NextHopSpec[];
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
  tos?: number;
  metrics?: RouteMetrics;
}

export interface NextHopSpec {
  via?: string;
  dev?: number;
  /** 1 to 256, 1 unless given. */
  weight?: number;
  onlink?: boolean;
}

export function routeRequest(operation: 'add' | 'replace' | 'del', spec: RouteSpec): Buffer {
  const firstVia = spec.via ?? spec.nextHops?.find(({ via }) => via !== undefined)?.via;
  const destination = spec.to === 'default' ? undefined : destinationOf(spec.to);
  const family =
    destination?.family ?? spec.family ?? (firstVia === undefined ? 4 : ipOf(firstVia).family);
  const table = fitting(spec.table ?? rt.RT_TABLE_MAIN, maxU32, 'the table');
  const deletes = operation === 'del';
  const header = Buffer.alloc(12);
  header[0] = familyNumber(family);
  header[1] = destination?.prefix ?? 0;
  header[3] = fitting(spec.tos ?? 0, 255, 'tos');
  header[4] = table < 256 ? table : 0;
  header[5] = byteOf(protocols, spec.protocol, deletes ? 0 : rt.RTPROT_BOOT);
  header[6] = byteOf(scopes, spec.scope, defaultScope(operation, family, spec));
  header[7] = byteOf(routeTypes, spec.type, deletes ? 0 : rt.RTN_UNICAST);
  header.writeUInt32LE(spec.onlink === true ? rt.RTNH_F_ONLINK : 0, 8);
  const parts: Buffer[] = [header];
  if (table > 255) parts.push(u32Attribute(rt.RTA_TABLE, table));
  if (destination) parts.push(attribute(rt.RTA_DST, destination.bytes));
  if (spec.via !== undefined) parts.push(gateway(ipOf(spec.via), family));
  if (spec.dev !== undefined) parts.push(u32Attribute(rt.RTA_OIF, spec.dev));
  if (spec.nextHops) {
    parts.push(
      nestedAttribute(
        rt.RTA_MULTIPATH,
        spec.nextHops.map((hop) => nextHop(hop, family)),
      ),
    );
  }
  if (spec.source !== undefined) parts.push(attribute(rt.RTA_PREFSRC, ipBytes(spec.source)));
  if (spec.metric !== undefined) parts.push(u32Attribute(rt.RTA_PRIORITY, spec.metric));
  if (spec.metrics)
    parts.push(nestedAttribute(rt.RTA_METRICS, writeFields(metricFields, spec.metrics)));
  if (deletes) return message(rt.RTM_DELROUTE, acknowledged, parts);
  const flags = operation === 'add' ? created : acknowledged | NLM_F_CREATE | NLM_F_REPLACE;
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

/** What to list; all of it is checked again on the answer, for kernels that cannot narrow dumps. */
export interface RouteFilter {
  family?: Family;
  table?: number;
  /** Interface index. */
  dev?: number;
}

export function routeListRequest({ family, table, dev }: RouteFilter = {}): Buffer {
  const header = Buffer.alloc(12);
  if (family !== undefined) header[0] = familyNumber(family);
  const parts: Buffer[] = [header];
  if (table !== undefined) parts.push(u32Attribute(rt.RTA_TABLE, table));
  if (dev !== undefined) parts.push(u32Attribute(rt.RTA_OIF, dev));
  return message(rt.RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, parts);
}

/** A prefix of a spec; without a length it is one address. */
export function destinationOf(text: string): { family: Family; prefix: number; bytes: Uint8Array } {
  const cidr = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (!cidr) throw new SpecError(`"${text}" is neither a prefix nor "default"`);
  const { family, address, prefix } = cidr;
  return { family, prefix, bytes: toBytes({ family, value: address }) };
}

/** The number of a word that has one byte. */
export function byteOf(words: Words, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = numberOf(words, text);
  if (number !== undefined && number < 256) return number;
  throw new SpecError(`"${text}" is not one of ${[...words.values()].join(', ')}`);
}

/** What `ip route` assumes: deletion matches any scope, IPv6 knows only one. */
function defaultScope(operation: string, family: Family, spec: RouteSpec): number {
  if (operation === 'del') return rt.RT_SCOPE_NOWHERE;
  const unicast = spec.type === undefined || spec.type === 'unicast';
  const direct = spec.via === undefined && spec.nextHops === undefined;
  return family === 4 && unicast && direct ? rt.RT_SCOPE_LINK : rt.RT_SCOPE_UNIVERSE;
}

/** struct rtnexthop: length, flags, weight - 1, index */
function nextHop({ via, dev, weight = 1, onlink }: NextHopSpec, family: Family): Buffer {
  if (!Number.isInteger(weight) || weight < 1 || weight > 256) {
    throw new SpecError(`the weight of a next hop is 1 to 256, not ${weight}`);
  }
  const header = Buffer.alloc(8);
  const whole = Buffer.concat([header, ...(via === undefined ? [] : [gateway(ipOf(via), family)])]);
  whole.writeUInt16LE(whole.length, 0);
  whole[2] = onlink === true ? rt.RTNH_F_ONLINK : 0;
  whole[3] = weight - 1;
  whole.writeInt32LE(dev ?? 0, 4);
  return whole;
}

/** A gateway of the other family (IPv4 over IPv6) is told with its family. */
function gateway(via: Ip, family: Family): Buffer {
  if (via.family === family) return attribute(rt.RTA_GATEWAY, toBytes(via));
  const familyBytes = Buffer.alloc(2);
  familyBytes.writeUInt16LE(familyNumber(via.family));
  return attribute(rt.RTA_VIA, Buffer.concat([familyBytes, toBytes(via)]));
}
