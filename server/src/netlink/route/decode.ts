import { AF_BRIDGE, NLM_F_REPLACE } from '../constants.ts';
import { readControl, type Control } from '../control.ts';
import { readMessages, type Header, type Message } from '../message.ts';
import { decodeAddress, type Address } from './address.ts';
import { decodePort, decodeVlans } from './bridgeVlan.ts';
import * as rt from './constants.ts';
import type { Link, PortMessage, PortVlan } from './link.ts';
import { decodeLink } from './linkDecode.ts';
import { decodeFdb, decodeNeighbour, type FdbEntry, type Neighbour } from './neighbour.ts';
import { decodeNetconf, type Netconf } from './netconf.ts';
import { decodeNsid } from './nsid.ts';
import { decodeClass, decodeQdisc, type Qdisc, type TrafficClass } from './qdisc.ts';
import { decodeRoute, type Route } from './route.ts';
import { decodeRule, type Rule } from './rule.ts';

/** What rtnetlink says, from bytes. Malformed or unknown messages become `other`. */
export type RouteMessage = { header: Header } & RouteContent;

export type RouteContent =
  | { kind: 'link.set' | 'link.del'; link: Link }
  /** `port.del`: the link has left its bridge; it may well live on. */
  | { kind: 'port.set' | 'port.del'; port: PortMessage }
  /** Some of the VLANs of a bridge port. */
  | { kind: 'vlan.set' | 'vlan.del'; index: number; vlans: PortVlan[] }
  | { kind: 'address.set' | 'address.del'; address: Address }
  /** `replaces`: it took the place of one with the same table, destination and metric, untold. */
  | { kind: 'route.set'; route: Route; replaces: boolean }
  | { kind: 'route.del'; route: Route }
  | { kind: 'rule.set' | 'rule.del'; rule: Rule }
  | { kind: 'neighbour.set' | 'neighbour.del'; neighbour: Neighbour }
  | { kind: 'fdb.set' | 'fdb.del'; entry: FdbEntry }
  | { kind: 'qdisc.set' | 'qdisc.del'; qdisc: Qdisc }
  | { kind: 'class.set' | 'class.del'; class: TrafficClass }
  | { kind: 'netconf.set' | 'netconf.del'; netconf: Netconf }
  /** `nsid` is absent when the namespace has none. */
  | { kind: 'nsid' | 'nsid.del'; nsid?: number }
  | Control
  | { kind: 'other' };

/** Decodes what one recv on a NETLINK_ROUTE socket returned. */
export const decodeMessages = (bytes: Buffer): RouteMessage[] =>
  readMessages(bytes).map(decodeMessage);

export function decodeMessage(message: Message): RouteMessage {
  const { header } = message;
  return { header, ...(readControl(message) ?? content(message) ?? { kind: 'other' }) };
}

function content({ header, payload }: Message): RouteContent | undefined {
  switch (header.type) {
    case rt.RTM_NEWLINK:
    case rt.RTM_DELLINK:
      return linkContent(payload, header.type === rt.RTM_NEWLINK ? 'set' : 'del');
    case rt.RTM_NEWVLAN:
    case rt.RTM_DELVLAN: {
      const told = decodeVlans(payload);
      return told && { kind: header.type === rt.RTM_NEWVLAN ? 'vlan.set' : 'vlan.del', ...told };
    }
    case rt.RTM_NEWADDR:
    case rt.RTM_DELADDR: {
      const kind = header.type === rt.RTM_NEWADDR ? 'address.set' : 'address.del';
      const address = decodeAddress(payload);
      return address && { kind, address };
    }
    case rt.RTM_NEWROUTE: {
      const route = decodeRoute(payload);
      const replaces = (header.flags & NLM_F_REPLACE) !== 0;
      return route && { kind: 'route.set', route, replaces };
    }
    case rt.RTM_DELROUTE: {
      const route = decodeRoute(payload);
      return route && { kind: 'route.del', route };
    }
    case rt.RTM_NEWRULE:
    case rt.RTM_DELRULE: {
      const rule = decodeRule(payload);
      return rule && { kind: header.type === rt.RTM_NEWRULE ? 'rule.set' : 'rule.del', rule };
    }
    case rt.RTM_NEWNEIGH:
    case rt.RTM_DELNEIGH:
      return neighbourContent(payload, header.type === rt.RTM_NEWNEIGH ? 'set' : 'del');
    case rt.RTM_NEWQDISC:
    case rt.RTM_DELQDISC: {
      const kind = header.type === rt.RTM_NEWQDISC ? 'qdisc.set' : 'qdisc.del';
      const qdisc = decodeQdisc(payload);
      return qdisc && { kind, qdisc };
    }
    case rt.RTM_NEWTCLASS:
    case rt.RTM_DELTCLASS: {
      const kind = header.type === rt.RTM_NEWTCLASS ? 'class.set' : 'class.del';
      const told = decodeClass(payload);
      return told && { kind, class: told };
    }
    case rt.RTM_NEWNETCONF:
    case rt.RTM_DELNETCONF: {
      const kind = header.type === rt.RTM_NEWNETCONF ? 'netconf.set' : 'netconf.del';
      const netconf = decodeNetconf(payload);
      return netconf && { kind, netconf };
    }
    case rt.RTM_NEWNSID:
    case rt.RTM_DELNSID: {
      const told = decodeNsid(payload);
      return told && { kind: header.type === rt.RTM_NEWNSID ? 'nsid' : 'nsid.del', ...told };
    }
    default:
      return undefined;
  }
}

function linkContent(payload: Buffer, event: 'set' | 'del'): RouteContent | undefined {
  if (payload[0] === AF_BRIDGE) {
    const port = decodePort(payload);
    return port && { kind: `port.${event}`, port };
  }
  // Other families (IPv6, DSA, …) send parts of a link.
  const link = payload[0] === 0 ? decodeLink(payload) : undefined;
  return link && { kind: `link.${event}`, link };
}

function neighbourContent(payload: Buffer, event: 'set' | 'del'): RouteContent | undefined {
  if (payload[0] === AF_BRIDGE) {
    const entry = decodeFdb(payload);
    return entry && { kind: `fdb.${event}`, entry };
  }
  const neighbour = decodeNeighbour(payload);
  return neighbour && { kind: `neighbour.${event}`, neighbour };
}

/**
 * Whether IPv4 routes may have gone with it unannounced: the kernel tells only IPv6's when a link
 * goes down or away, or an address is removed. List the routes again after such a message.
 */
export function mayDropRoutes(message: RouteMessage): boolean {
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
