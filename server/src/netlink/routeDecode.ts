import { bitsOf, formatIp, fromBytes, type Family } from '@cnilab/shared/cni/ip';
import type { Address, Neighbour, Route } from '@cnilab/shared/live/namespace';
import { AF_BRIDGE, AF_INET, AF_INET6 } from './constants.ts';
import {
  decodeBridgePort,
  decodeLink,
  macText,
  type BridgePort,
  type RawLink,
} from './linkDecode.ts';
import {
  readAttributes,
  readMessages,
  readS32,
  readText,
  readU32,
  type Attributes,
  type Header,
  type Message,
} from './message.ts';
import * as rt from './routeConstants.ts';

/** What rtnetlink says, from bytes. Malformed or unwanted messages become `other`. */

export type DecodedMessage = { header: Header } & (
  | { kind: 'link.set' | 'link.del'; link: RawLink }
  /** `port.del`: the link has left its bridge; it may well live on. */
  | { kind: 'port.set' | 'port.del'; port: BridgePort }
  | { kind: 'address.set' | 'address.del'; address: Address }
  /** `replaces`: it took the place of one with the same table, destination and metric, untold. */
  | { kind: 'route.set'; route: Route; replaces: boolean }
  | { kind: 'route.del'; route: Route }
  | { kind: 'neighbour.set' | 'neighbour.del'; neighbour: Neighbour }
  /** `nsid` is absent when the namespace has none. */
  | { kind: 'nsid'; nsid?: number }
  /** End of a dump; `errno` is not 0 when the dump broke off. */
  | { kind: 'done'; errno: number; detail?: string }
  /** `errno` 0 acknowledges. `detail` is the kernel's own explanation. */
  | { kind: 'error'; errno: number; detail?: string }
  | { kind: 'other' }
);

/** Decodes what one recv on a NETLINK_ROUTE socket returned. */
export const decodeMessages = (bytes: Buffer): DecodedMessage[] =>
  readMessages(bytes).map(decodeMessage);

export function decodeMessage({ header, payload }: Message): DecodedMessage {
  const other: DecodedMessage = { header, kind: 'other' };
  switch (header.type) {
    case rt.RTM_NEWLINK:
    case rt.RTM_DELLINK: {
      const isNew = header.type === rt.RTM_NEWLINK;
      if (payload[0] === AF_BRIDGE) {
        const port = decodeBridgePort(payload);
        return port ? { header, kind: isNew ? 'port.set' : 'port.del', port } : other;
      }
      // Other families (IPv6, DSA, …) send parts of a link.
      const link = payload[0] === 0 ? decodeLink(payload) : undefined;
      return link ? { header, kind: isNew ? 'link.set' : 'link.del', link } : other;
    }
    case rt.RTM_NEWADDR:
    case rt.RTM_DELADDR: {
      const kind = header.type === rt.RTM_NEWADDR ? 'address.set' : 'address.del';
      const address = decodeAddress(payload);
      return address ? { header, kind, address } : other;
    }
    case rt.RTM_NEWROUTE:
    case rt.RTM_DELROUTE: {
      const route = decodeRoute(payload);
      if (!route || !isListed(payload, route)) return other;
      if (header.type === rt.RTM_DELROUTE) return { header, kind: 'route.del', route };
      return {
        header,
        kind: 'route.set',
        route,
        replaces: (header.flags & rt.NLM_F_REPLACE) !== 0,
      };
    }
    case rt.RTM_NEWNEIGH:
    case rt.RTM_DELNEIGH: {
      const kind = header.type === rt.RTM_NEWNEIGH ? 'neighbour.set' : 'neighbour.del';
      const neighbour = decodeNeighbour(payload);
      return neighbour ? { header, kind, neighbour } : other;
    }
    case rt.RTM_NEWNSID: {
      const nsid = readS32(readAttributes(payload, 4).get(rt.NETNSA_NSID));
      return { header, kind: 'nsid', ...(nsid !== undefined && nsid >= 0 && { nsid }) };
    }
    case rt.NLMSG_ERROR:
      return payload.length < 4
        ? other
        : { header, kind: 'error', ...decodeError(header, payload) };
    case rt.NLMSG_DONE: {
      const errno = payload.length >= 4 ? -payload.readInt32LE() : 0;
      return { header, kind: 'done', errno: Math.max(errno, 0), ...detail(header, payload, 4) };
    }
    default:
      return other;
  }
}

/**
 * Whether IPv4 routes may have gone with it unannounced: the kernel tells only IPv6's when a link
 * goes down or away, or an address is removed. List the routes again after such a message.
 */
export function mayDropRoutes(message: DecodedMessage): boolean {
  switch (message.kind) {
    case 'link.del':
      return true;
    case 'link.set':
      return !message.link.up;
    case 'address.del':
      return message.address.family === 4;
    default:
      return false;
  }
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index */
export function decodeAddress(payload: Buffer): Address | undefined {
  const family = familyOf(payload);
  if (payload.length < 8 || family === undefined) return undefined;
  const attributes = readAttributes(payload, 8);
  const far = ipText(attributes.get(rt.IFA_ADDRESS), family);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const address = ipText(attributes.get(rt.IFA_LOCAL), family) ?? far;
  if (address === undefined) return undefined;
  const flags = readU32(attributes.get(rt.IFA_FLAGS)) ?? payload.readUInt8(2);
  return {
    index: payload.readUInt32LE(4),
    family,
    address,
    prefix: payload.readUInt8(1),
    scope: word(rt.scopeNames, payload.readUInt8(3)),
    ...(far !== undefined && far !== address && { peer: far }),
    ...((flags & rt.IFA_F_TENTATIVE) !== 0 && { tentative: true }),
  };
}

/**
 * struct rtmsg: family, prefix lengths of destination and source, tos, table, protocol, scope,
 * type, flags. Of several next hops the first one is told.
 */
export function decodeRoute(payload: Buffer): Route | undefined {
  const family = familyOf(payload);
  if (payload.length < 12 || family === undefined) return undefined;
  const attributes = readAttributes(payload, 12);
  const prefix = payload.readUInt8(1);
  const destination =
    ipText(attributes.get(rt.RTA_DST), family) ?? (family === 4 ? '0.0.0.0' : '::');
  const source = ipText(attributes.get(rt.RTA_PREFSRC), family);
  const hop = nextHop(attributes, family);
  return {
    family,
    table: readU32(attributes.get(rt.RTA_TABLE)) ?? payload.readUInt8(4),
    type: word(rt.routeTypeNames, payload.readUInt8(7)),
    to: prefix === 0 ? 'default' : `${destination}/${prefix}`,
    ...hop,
    ...(source !== undefined && { source }),
    scope: word(rt.scopeNames, payload.readUInt8(6)),
    protocol: word(rt.protocolNames, payload.readUInt8(5)),
    metric: readU32(attributes.get(rt.RTA_PRIORITY)) ?? 0,
  };
}

/** struct ndmsg: family, padding, index, state, flags, type. No bridge FDB, no proxy entries. */
export function decodeNeighbour(payload: Buffer): Neighbour | undefined {
  const family = familyOf(payload);
  if (payload.length < 12 || family === undefined) return undefined;
  if ((payload.readUInt8(10) & rt.NTF_PROXY) !== 0) return undefined;
  const attributes = readAttributes(payload, 12);
  const address = ipText(attributes.get(rt.NDA_DST), family);
  if (address === undefined) return undefined;
  const mac = macText(attributes.get(rt.NDA_LLADDR));
  return {
    index: payload.readInt32LE(4),
    family,
    address,
    ...(mac !== undefined && { mac }),
    state: word(rt.neighbourStateNames, payload.readUInt16LE(8)),
  };
}

const hiddenTypes = new Set(['local', 'broadcast', 'anycast', 'multicast']);

/** Whether the route is one that somebody set, not the kernel's own bookkeeping. */
function isListed(payload: Buffer, route: Route): boolean {
  return (
    route.table !== rt.RT_TABLE_LOCAL &&
    !hiddenTypes.has(route.type) &&
    (payload.readUInt32LE(8) & rt.RTM_F_CLONED) === 0
  );
}

function nextHop(attributes: Attributes, family: Family): Pick<Route, 'via' | 'dev'> {
  const multipath = attributes.get(rt.RTA_MULTIPATH);
  // struct rtnexthop: length, flags, hops, index; then attributes.
  if (multipath && multipath.length >= 8) {
    const length = Math.min(multipath.readUInt16LE(0), multipath.length);
    const via = gatewayText(readAttributes(multipath.subarray(0, length), 8), family);
    return { dev: multipath.readInt32LE(4), ...(via !== undefined && { via }) };
  }
  const via = gatewayText(attributes, family);
  const dev = readU32(attributes.get(rt.RTA_OIF));
  return { ...(via !== undefined && { via }), ...(dev !== undefined && { dev }) };
}

/** A gateway of the other family comes as RTA_VIA: family, address. */
function gatewayText(attributes: Attributes, family: Family): string | undefined {
  const other = attributes.get(rt.RTA_VIA)?.subarray(2);
  return (
    ipText(attributes.get(rt.RTA_GATEWAY), family) ??
    (other && ipText(other, other.length === 4 ? 4 : 6))
  );
}

/** struct nlmsgerr: negative errno, then the refused request, cut to its header if capped. */
function decodeError(header: Header, payload: Buffer): { errno: number; detail?: string } {
  const errno = Math.max(0, -payload.readInt32LE());
  const capped = (header.flags & rt.NLM_F_CAPPED) !== 0 || payload.length < 8;
  const request = capped ? 16 : payload.readUInt32LE(4);
  return { errno, ...detail(header, payload, 4 + request) };
}

function detail(header: Header, payload: Buffer, offset: number): { detail?: string } {
  if ((header.flags & rt.NLM_F_ACK_TLVS) === 0 || offset > payload.length) return {};
  const text = readText(readAttributes(payload, offset).get(rt.NLMSGERR_ATTR_MSG));
  return text === undefined || text === '' ? {} : { detail: text };
}

function familyOf(payload: Buffer): Family | undefined {
  if (payload[0] === AF_INET) return 4;
  return payload[0] === AF_INET6 ? 6 : undefined;
}

function ipText(bytes: Buffer | undefined, family: Family): string | undefined {
  if (bytes?.length !== bitsOf(family) / 8) return undefined;
  const ip = fromBytes(bytes);
  return ip && formatIp(ip);
}

/** Numbers without a name print as iproute2 prints them: as numbers. */
const word = (names: ReadonlyMap<number, string>, number: number): string =>
  names.get(number) ?? String(number);
