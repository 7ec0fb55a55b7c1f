import {
  AF_UNSPEC,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from '../constants.ts';
import { attribute, message, nestedAttribute, textAttribute, u32Attribute } from '../message.ts';
import * as rt from './constants.ts';
import { writeBridge, type BridgeSettings } from './kinds/bridge.ts';
import { writeBridgePort, type BridgePortSettings } from './kinds/bridgePort.ts';
import { writeIpvlan, type IpvlanSettings } from './kinds/ipvlan.ts';
import { writeMacvlan, type MacvlanMode, type MacvlanSettings } from './kinds/macvlan.ts';
import { writeVrf } from './kinds/small.ts';
import { writeVlan, type VlanSettings } from './kinds/vlan.ts';
import { writeVxlan, type VxlanSettings } from './kinds/vxlan.ts';
import { interfaceName, macBytes } from './values.ts';

/** Requests to rtnetlink about links as bytes. */

interface CommonSpec {
  name: string;
  /** Chosen by the kernel unless given: for batches whose later requests need it. */
  index?: number;
  mtu?: number;
  mac?: string;
  /** Index of the bridge that it becomes a port of. */
  master?: number;
  /** Descriptor of the network namespace to create it in. */
  netnsFd?: number;
  txQueueLength?: number;
  /** Number of a group of links, which can be deleted together. */
  group?: number;
  up?: boolean;
}

/** Set the peer up afterwards: the kernel makes it first, and alone it answers ENOTCONN. */
export type PeerSpec = Omit<CommonSpec, 'up' | 'master'>;

export type LinkSpec = CommonSpec &
  (
    | ({ kind: 'bridge' } & BridgeSettings)
    | { kind: 'dummy' | 'ifb' }
    | ({ kind: 'ipvlan'; parent: number } & IpvlanSettings)
    | { kind: 'vrf'; table: number }
    | { kind: 'veth'; peer: PeerSpec }
    /** `parent` is always an index in the socket's own namespace. */
    | ({ kind: 'vlan'; parent: number; id: number } & VlanSettings)
    | ({ kind: 'macvlan'; parent: number; mode: MacvlanMode } & MacvlanSettings)
    /** UDP port 4789 and learning unless given. */
    | ({ kind: 'vxlan'; id: number; parent?: number } & Omit<VxlanSettings, 'link'>)
  );

export interface LinkChange {
  up?: true;
  down?: true;
  mtu?: number;
  mac?: string;
  /** Index of a bridge; 0 leaves it. */
  master?: number;
  name?: string;
  /** Moves it into the namespace of this descriptor. */
  netnsFd?: number;
  /** Empty text removes it. */
  alias?: string;
  promiscuous?: boolean;
  txQueueLength?: number;
  group?: number;
  /** Settings of a bridge. */
  bridge?: BridgeSettings;
  /** Settings of a bridge port, which it must be already: not together with `master`. */
  port?: BridgePortSettings;
}

export function linkAddRequest(spec: LinkSpec): Buffer {
  const up = spec.up === true ? rt.IFF_UP : 0;
  const parts = [ifinfo(spec.index ?? 0, up, up), ...commonAttributes(spec)];
  if ('parent' in spec && spec.parent !== undefined && spec.kind !== 'vxlan') {
    parts.push(u32Attribute(rt.IFLA_LINK, spec.parent));
  }
  const info = [textAttribute(rt.IFLA_INFO_KIND, spec.kind)];
  const data = kindData(spec);
  if (data.length > 0) info.push(nestedAttribute(rt.IFLA_INFO_DATA, data));
  parts.push(nestedAttribute(rt.IFLA_LINKINFO, info));
  return message(rt.RTM_NEWLINK, created, parts);
}

export function linkSetRequest(index: number, change: LinkChange): Buffer {
  let flags = 0;
  let mask = 0;
  const set = (flag: number, on: boolean | undefined) => {
    if (on === undefined) return;
    mask |= flag;
    if (on) flags |= flag;
  };
  set(rt.IFF_UP, change.up ?? (change.down ? false : undefined));
  set(rt.IFF_PROMISC, change.promiscuous);
  const parts = [ifinfo(index, flags, mask), ...commonAttributes(change)];
  if (change.alias !== undefined) parts.push(textAttribute(rt.IFLA_IFALIAS, change.alias));
  const info: Buffer[] = [];
  if (change.bridge) {
    info.push(textAttribute(rt.IFLA_INFO_KIND, 'bridge'));
    info.push(nestedAttribute(rt.IFLA_INFO_DATA, writeBridge(change.bridge)));
  }
  if (change.port) {
    info.push(textAttribute(rt.IFLA_INFO_KIND, 'bridge_slave'));
    info.push(nestedAttribute(rt.IFLA_INFO_SLAVE_DATA, writeBridgePort(change.port)));
  }
  if (info.length > 0) parts.push(nestedAttribute(rt.IFLA_LINKINFO, info));
  return message(rt.RTM_NEWLINK, acknowledged, parts);
}

export function linkDelRequest(index: number): Buffer {
  return message(rt.RTM_DELLINK, acknowledged, [ifinfo(index, 0, 0)]);
}

export function linkGroupDelRequest(group: number): Buffer {
  return message(rt.RTM_DELLINK, acknowledged, [
    ifinfo(0, 0, 0),
    u32Attribute(rt.IFLA_GROUP, group),
  ]);
}

/** Asks for one link, by index or by name. */
export function linkGetRequest(link: number | string): Buffer {
  const parts = [ifinfo(typeof link === 'number' ? link : 0, 0, 0), brief];
  if (typeof link === 'string') parts.push(interfaceName(rt.IFLA_IFNAME, link));
  return message(rt.RTM_GETLINK, acknowledged, parts);
}

/** A dump of all links. */
export const linkListRequest = (): Buffer =>
  message(rt.RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, [ifinfo(0, 0, 0), brief]);

export const acknowledged = NLM_F_REQUEST | NLM_F_ACK;
export const created = acknowledged | NLM_F_CREATE | NLM_F_EXCL;

/** struct ifinfomsg */
export function ifinfo(index: number, flags: number, mask: number, family = AF_UNSPEC): Buffer {
  const bytes = Buffer.alloc(16);
  bytes[0] = family;
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(mask, 12);
  return bytes;
}

/** Without the IPv6 counters, about half of a message; the link's own counters always come. */
const brief = u32Attribute(rt.IFLA_EXT_MASK, rt.RTEXT_FILTER_SKIP_STATS);

function commonAttributes(
  spec: Pick<LinkChange, 'name' | 'mac' | 'mtu' | 'master' | 'netnsFd' | 'txQueueLength' | 'group'>,
): Buffer[] {
  const parts: Buffer[] = [];
  const number = (type: number, value: number | undefined) => {
    if (value !== undefined) parts.push(u32Attribute(type, value));
  };
  if (spec.name !== undefined) parts.push(interfaceName(rt.IFLA_IFNAME, spec.name));
  if (spec.mac !== undefined) parts.push(attribute(rt.IFLA_ADDRESS, macBytes(spec.mac)));
  number(rt.IFLA_MTU, spec.mtu);
  number(rt.IFLA_MASTER, spec.master);
  number(rt.IFLA_TXQLEN, spec.txQueueLength);
  number(rt.IFLA_GROUP, spec.group);
  number(rt.IFLA_NET_NS_FD, spec.netnsFd);
  return parts;
}

/** The attributes of IFLA_INFO_DATA. */
function kindData(spec: LinkSpec): Buffer[] {
  switch (spec.kind) {
    case 'ipvlan':
      return writeIpvlan(spec);
    case 'vrf':
      return writeVrf(spec);
    case 'bridge':
      return writeBridge(spec);
    case 'veth': {
      const peer = [ifinfo(spec.peer.index ?? 0, 0, 0), ...commonAttributes(spec.peer)];
      return [nestedAttribute(rt.VETH_INFO_PEER, peer)];
    }
    case 'vlan':
      return writeVlan(spec);
    case 'macvlan':
      return writeMacvlan(spec);
    case 'vxlan':
      // The kernel's own default is 8472, from before the port was assigned.
      return writeVxlan({
        learning: true,
        port: 4789,
        ...spec,
        ...(spec.parent === undefined ? {} : { link: spec.parent }),
      });
    default:
      return [];
  }
}
