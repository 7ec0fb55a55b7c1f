import { toBytes } from '@cnilab/shared/cni/ip';
import { AF_BRIDGE } from './constants.ts';
import {
  attribute,
  message,
  nestedAttribute,
  textAttribute,
  u16Attribute,
  u16beAttribute,
  u32Attribute,
  u8Attribute,
} from './message.ts';
import * as rt from './routeConstants.ts';
import { acknowledged, created, interfaceName, ipOf, SpecError } from './routeMessages.ts';

/** Requests to rtnetlink about links as bytes. */

interface CommonSpec {
  name: string;
  mtu?: number;
  mac?: string;
  /** Index of the bridge that it becomes a port of. */
  master?: number;
  /** Descriptor of the network namespace to create it in. */
  netnsFd?: number;
  up?: boolean;
}

/** Set the peer up afterwards: the kernel makes it first, and alone it answers ENOTCONN. */
export interface PeerSpec {
  name: string;
  netnsFd?: number;
  mac?: string;
  mtu?: number;
}

export type LinkSpec = CommonSpec &
  (
    | { kind: 'bridge'; vlanFiltering?: boolean }
    | { kind: 'dummy' | 'ifb' }
    | { kind: 'ipvlan'; parent: number }
    | { kind: 'vrf'; table: number }
    | { kind: 'veth'; peer: PeerSpec }
    /** `parent` is always an index in the socket's own namespace. */
    | { kind: 'vlan'; parent: number; id: number }
    | { kind: 'macvlan'; parent: number; mode: keyof typeof rt.macvlanModes }
    | {
        kind: 'vxlan';
        id: number;
        parent?: number;
        /** The other end, or a multicast group. */
        remote?: string;
        local?: string;
        /** UDP port, 4789 unless given. */
        port?: number;
      }
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
}

export function linkAddRequest(spec: LinkSpec): Buffer {
  const parts = [ifinfo(0, spec.up === true ? rt.IFF_UP : 0, spec.up === true ? rt.IFF_UP : 0)];
  parts.push(...commonAttributes(spec));
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
  return message(rt.RTM_NEWLINK, acknowledged, parts);
}

export function linkDelRequest(index: number): Buffer {
  return message(rt.RTM_DELLINK, acknowledged, [ifinfo(index, 0, 0)]);
}

/** Asks for one link, by index or by name. */
export function linkGetRequest(link: number | string): Buffer {
  const parts = [ifinfo(typeof link === 'number' ? link : 0, 0, 0), brief];
  if (typeof link === 'string') parts.push(interfaceName(rt.IFLA_IFNAME, link));
  return message(rt.RTM_GETLINK, acknowledged, parts);
}

/** A dump of all links. */
export function linkListRequest(): Buffer {
  return message(rt.RTM_GETLINK, rt.NLM_F_REQUEST | rt.NLM_F_DUMP, [ifinfo(0, 0, 0), brief]);
}

export interface BridgeVlan {
  vid: number;
  /** Frames without a tag belong to it. */
  pvid?: boolean;
  /** Its frames leave without a tag. */
  untagged?: boolean;
}

/** `index` is a bridge port, or with `self` the bridge itself. */
export function bridgeVlanRequest(
  operation: 'add' | 'del',
  index: number,
  { vid, pvid, untagged }: BridgeVlan,
  self: boolean,
): Buffer {
  const info = Buffer.alloc(4);
  info.writeUInt16LE(
    (pvid === true ? rt.BRIDGE_VLAN_INFO_PVID : 0) |
      (untagged === true ? rt.BRIDGE_VLAN_INFO_UNTAGGED : 0),
    0,
  );
  info.writeUInt16LE(vid, 2);
  const spec = [attribute(rt.IFLA_BRIDGE_VLAN_INFO, info)];
  if (self) spec.unshift(u16Attribute(rt.IFLA_BRIDGE_FLAGS, rt.BRIDGE_FLAGS_SELF));
  return message(operation === 'add' ? rt.RTM_SETLINK : rt.RTM_DELLINK, acknowledged, [
    ifinfo(index, 0, 0, AF_BRIDGE),
    nestedAttribute(rt.IFLA_AF_SPEC, spec),
  ]);
}

/** struct ifinfomsg */
function ifinfo(index: number, flags: number, mask: number, family = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes[0] = family;
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(mask, 12);
  return bytes;
}

/** Without the IPv6 counters, about half of a message; the link's own counters always come. */
const brief = u32Attribute(rt.IFLA_EXT_MASK, rt.RTEXT_FILTER_SKIP_STATS);

function commonAttributes(spec: Omit<LinkChange, 'up' | 'down'>): Buffer[] {
  const parts: Buffer[] = [];
  if (spec.name !== undefined) parts.push(interfaceName(rt.IFLA_IFNAME, spec.name));
  if (spec.mac !== undefined) parts.push(attribute(rt.IFLA_ADDRESS, macBytes(spec.mac)));
  if (spec.mtu !== undefined) parts.push(u32Attribute(rt.IFLA_MTU, spec.mtu));
  if (spec.master !== undefined) parts.push(u32Attribute(rt.IFLA_MASTER, spec.master));
  if (spec.netnsFd !== undefined) parts.push(u32Attribute(rt.IFLA_NET_NS_FD, spec.netnsFd));
  return parts;
}

/** The attributes of IFLA_INFO_DATA. */
function kindData(spec: LinkSpec): Buffer[] {
  switch (spec.kind) {
    case 'dummy':
    case 'ifb':
    case 'ipvlan': // in the kernel's default mode, l3
      return [];
    case 'vrf':
      return [u32Attribute(rt.IFLA_VRF_TABLE, spec.table)];
    case 'bridge':
      return spec.vlanFiltering === undefined
        ? []
        : [u8Attribute(rt.IFLA_BR_VLAN_FILTERING, spec.vlanFiltering ? 1 : 0)];
    case 'veth':
      return [
        nestedAttribute(rt.VETH_INFO_PEER, [ifinfo(0, 0, 0), ...commonAttributes(spec.peer)]),
      ];
    case 'vlan':
      return [u16Attribute(rt.IFLA_VLAN_ID, spec.id)];
    case 'macvlan':
      return [u32Attribute(rt.IFLA_MACVLAN_MODE, rt.macvlanModes[spec.mode])];
    case 'vxlan':
      return vxlanData(spec);
  }
}

function vxlanData(spec: LinkSpec & { kind: 'vxlan' }): Buffer[] {
  const parts = [u32Attribute(rt.IFLA_VXLAN_ID, spec.id)];
  const end = (text: string | undefined, type4: number, type6: number) => {
    if (text === undefined) return;
    const ip = ipOf(text);
    parts.push(attribute(ip.family === 4 ? type4 : type6, toBytes(ip)));
  };
  end(spec.remote, rt.IFLA_VXLAN_GROUP, rt.IFLA_VXLAN_GROUP6);
  end(spec.local, rt.IFLA_VXLAN_LOCAL, rt.IFLA_VXLAN_LOCAL6);
  if (spec.parent !== undefined) parts.push(u32Attribute(rt.IFLA_VXLAN_LINK, spec.parent));
  parts.push(u8Attribute(rt.IFLA_VXLAN_LEARNING, 1));
  // The kernel's own default is 8472, from before the port was assigned.
  parts.push(u16beAttribute(rt.IFLA_VXLAN_PORT, spec.port ?? 4789));
  return parts;
}

function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new SpecError(`"${text}" is not a MAC address such as 02:00:00:00:00:01`);
  }
  return Uint8Array.from(text.split(':'), (byte) => parseInt(byte, 16));
}
