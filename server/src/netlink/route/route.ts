import type { Family } from '@cnilab/shared/cni/ip';
import {
  readAttributes,
  readNested,
  readU16,
  readU32,
  readU8,
  type Attributes,
} from '../message.ts';
import * as rt from './constants.ts';
import { readFields, text, u32, type Values } from './fields.ts';
import { familyOf, ipText } from './values.ts';
import {
  encapTypes,
  flagWords,
  protocols,
  routeFlags,
  routePreferences,
  routeTypes,
  scopes,
  word,
} from './words.ts';

/** A route as the kernel tells it. Words are those of iproute2. */
export interface Route {
  family: Family;
  table: number;
  /** `unicast`, `local`, `blackhole`, `unreachable`, … */
  type: string;
  /** CIDR or `default`. */
  to: string;
  /** Of several next hops the first one's. */
  via?: string;
  /** Interface index; of several next hops the first one's. */
  dev?: number;
  source?: string;
  scope: string;
  protocol: string;
  metric: number;
  /** `onlink`, `linkdown`, `dead`, `offload`, …; `cloned`: not one that somebody set. */
  flags: string[];
  /** Only for packets from this prefix (IPv6). */
  from?: string;
  tos?: number;
  /** All next hops, when the route has several. */
  nextHops?: NextHop[];
  /** The id of a next hop object that it uses. */
  nextHopId?: number;
  metrics?: RouteMetrics;
  /** Of routers of IPv6: `medium`, `high`, `low`. */
  preference?: string;
  /** The kind of tunnel that packets are put into: `mpls`, `ip`, `seg6`, … */
  encap?: string;
  /** Seconds until it goes. */
  expires?: number;
  /** Of the answer to a question. */
  mark?: number;
  uid?: number;
}

export interface NextHop {
  via?: string;
  dev?: number;
  /** How often it is chosen, against the others. */
  weight: number;
  flags: string[];
  encap?: string;
}

/** Numbers of RTAX_…; `lock` is a mask of those that discovery may not change. */
const metrics = {
  lock: u32(1),
  mtu: u32(2),
  window: u32(3),
  rtt: u32(4),
  rttvar: u32(5),
  ssthresh: u32(6),
  cwnd: u32(7),
  advmss: u32(8),
  reordering: u32(9),
  hoplimit: u32(10),
  initcwnd: u32(11),
  features: u32(12),
  rtoMin: u32(13),
  initrwnd: u32(14),
  quickack: u32(15),
  congestion: text(16),
  fastopenNoCookie: u32(17),
};
export type RouteMetrics = Values<typeof metrics>;
export const metricFields = metrics;

/**
 * struct rtmsg: family, prefix lengths of destination and source, tos, table, protocol, scope,
 * type, flags
 */
export function decodeRoute(payload: Buffer): Route | undefined {
  const family = familyOf(payload[0]);
  if (payload.length < 12 || family === undefined) return undefined;
  const attributes = readAttributes(payload, 12);
  const prefix = payload.readUInt8(1);
  const any = family === 4 ? '0.0.0.0' : '::';
  const destination = ipText(attributes.get(rt.RTA_DST), family) ?? any;
  const fromPrefix = payload.readUInt8(2);
  const from = ipText(attributes.get(rt.RTA_SRC), family) ?? any;
  const source = ipText(attributes.get(rt.RTA_PREFSRC), family);
  const tos = payload.readUInt8(3);
  const hops = nextHops(attributes.get(rt.RTA_MULTIPATH) ?? empty, family);
  const only = way(attributes, family);
  const { via, dev } = hops[0] ?? only;
  const uid = readU32(attributes.get(rt.RTA_UID));
  return {
    family,
    table: readU32(attributes.get(rt.RTA_TABLE)) ?? payload.readUInt8(4),
    type: word(routeTypes, payload.readUInt8(7)),
    to: prefix === 0 ? 'default' : `${destination}/${prefix}`,
    ...(via !== undefined && { via }),
    ...(dev !== undefined && { dev }),
    ...(source !== undefined && { source }),
    scope: word(scopes, payload.readUInt8(6)),
    protocol: word(protocols, payload.readUInt8(5)),
    metric: readU32(attributes.get(rt.RTA_PRIORITY)) ?? 0,
    flags: flagWords(routeFlags, payload.readUInt32LE(8)),
    ...(fromPrefix > 0 && { from: `${from}/${fromPrefix}` }),
    ...(tos !== 0 && { tos }),
    ...(hops.length > 0 && { nextHops: hops }),
    ...(only.encap !== undefined && { encap: only.encap }),
    ...others(attributes),
    ...(uid !== undefined && { uid }),
  };
}

/** Whether it is one that somebody set, not the kernel's own bookkeeping. */
export const isSetRoute = ({ table, type, flags }: Route): boolean =>
  table !== rt.RT_TABLE_LOCAL && !ownTypes.has(type) && !flags.includes('cloned');

const ownTypes = new Set(['local', 'broadcast', 'anycast', 'multicast']);

function others(attributes: Attributes): Partial<Route> {
  const nextHopId = readU32(attributes.get(rt.RTA_NH_ID));
  const told = readFields(metrics, readNested(attributes, rt.RTA_METRICS));
  const preference = readU8(attributes.get(rt.RTA_PREF));
  const cache = attributes.get(rt.RTA_CACHEINFO);
  // struct rta_cacheinfo: the third number is when it expires, in hundredths of a second
  const expires = cache?.length === 32 ? cache.readInt32LE(8) : 0;
  const mark = readU32(attributes.get(rt.RTA_MARK));
  return {
    ...(nextHopId !== undefined && { nextHopId }),
    ...(Object.keys(told).length > 0 && { metrics: told }),
    ...(preference !== undefined && { preference: word(routePreferences, preference) }),
    ...(expires > 0 && { expires: Math.floor(expires / 100) }),
    ...(mark !== undefined && { mark }),
  };
}

const empty = Buffer.alloc(0);

type Way = Pick<NextHop, 'via' | 'dev' | 'encap'>;

function way(attributes: Attributes, family: Family): Way {
  const via = gatewayText(attributes, family);
  const dev = readU32(attributes.get(rt.RTA_OIF));
  const encap = readU16(attributes.get(rt.RTA_ENCAP_TYPE)) ?? 0;
  return {
    ...(via !== undefined && { via }),
    ...(dev !== undefined && { dev }),
    ...(encap !== 0 && { encap: word(encapTypes, encap) }),
  };
}

/** A list of struct rtnexthop: length, flags, weight - 1, index; then attributes. */
function nextHops(bytes: Buffer, family: Family): NextHop[] {
  const hops: NextHop[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 8 || at + length > bytes.length) break;
    const hop = bytes.subarray(at, at + length);
    const { via, encap } = way(readAttributes(hop, 8), family);
    const dev = hop.readInt32LE(4);
    hops.push({
      ...(via !== undefined && { via }),
      ...(dev !== 0 && { dev }),
      weight: hop.readUInt8(3) + 1,
      flags: flagWords(routeFlags, hop.readUInt8(2)),
      ...(encap !== undefined && { encap }),
    });
    at += (length + 3) & ~3;
  }
  return hops;
}

/** A gateway of the other family comes as RTA_VIA: family, address. */
function gatewayText(attributes: Attributes, family: Family): string | undefined {
  const other = attributes.get(rt.RTA_VIA)?.subarray(2);
  return (
    ipText(attributes.get(rt.RTA_GATEWAY), family) ??
    (other && ipText(other, other.length === 4 ? 4 : 6))
  );
}
