import { formatIp, fromBytes } from '@cnilab/shared/cni/ip';
import type { Link } from '@cnilab/shared/live/namespace';
import {
  readAttributes,
  readS32,
  readText,
  readU16,
  readU32,
  readU8,
  type Attributes,
} from './message.ts';
import * as rt from './routeConstants.ts';

/** A link as the kernel tells it; only the agent knows which namespace an nsid means. */
export type RawLink = Omit<Link, 'linkNamespace'> & {
  /** Set when `link` lives in another namespace; negative when that one has no id here. */
  linkNsid?: number;
};

export interface LinkStats {
  index: number;
  name: string;
  rxPackets: number;
  txPackets: number;
  rxBytes: number;
  txBytes: number;
  rxErrors: number;
  txErrors: number;
  rxDropped: number;
  txDropped: number;
}

/** What a bridge says about one of its ports (messages of family AF_BRIDGE). */
export interface BridgePort {
  index: number;
  master?: number;
  port?: { hairpin: boolean; isolated: boolean };
}

/** struct ifinfomsg: family, padding, type, index, flags, change */
const ifinfoSize = 16;

/** The link in the payload of RTM_NEWLINK or RTM_DELLINK; undefined if it is not a whole one. */
export function decodeLink(payload: Buffer): RawLink | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const name = readText(attributes.get(rt.IFLA_IFNAME));
  if (name === undefined) return undefined;
  const index = payload.readInt32LE(4);
  const loopback = payload.readUInt16LE(2) === rt.ARPHRD_LOOPBACK;
  const info = nested(attributes, rt.IFLA_LINKINFO);
  const kind = loopback ? 'loopback' : (readText(info.get(rt.IFLA_INFO_KIND)) ?? '');
  const mac = macText(attributes.get(rt.IFLA_ADDRESS));
  const master = readU32(attributes.get(rt.IFLA_MASTER));
  const link = readU32(attributes.get(rt.IFLA_LINK));
  const linkNsid = readS32(attributes.get(rt.IFLA_LINK_NETNSID));
  const alias = readText(attributes.get(rt.IFLA_IFALIAS));
  const promiscuous = (readU32(attributes.get(rt.IFLA_PROMISCUITY)) ?? 0) > 0;
  const port =
    readText(info.get(rt.IFLA_INFO_SLAVE_KIND)) === 'bridge'
      ? portSettings(nested(info, rt.IFLA_INFO_SLAVE_DATA))
      : undefined;
  return {
    index,
    name,
    kind,
    ...(mac !== undefined && { mac }),
    mtu: readU32(attributes.get(rt.IFLA_MTU)) ?? 0,
    up: (payload.readUInt32LE(8) & rt.IFF_UP) !== 0,
    state: rt.operStateNames[readU8(attributes.get(rt.IFLA_OPERSTATE)) ?? 0] ?? 'UNKNOWN',
    ...(promiscuous && { promiscuous }),
    ...(master !== undefined && master !== 0 && { master }),
    // An index in another namespace may equal the link's own.
    ...(link !== undefined && link !== 0 && (link !== index || linkNsid !== undefined) && { link }),
    ...(linkNsid !== undefined && { linkNsid }),
    ...(alias !== undefined && { alias }),
    ...kindSettings(kind, nested(info, rt.IFLA_INFO_DATA)),
    ...(port && { port }),
  };
}

/** The counters in the payload of RTM_NEWLINK; undefined if it is not about a whole link. */
export function decodeLinkStats(payload: Buffer): LinkStats | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const name = readText(attributes.get(rt.IFLA_IFNAME));
  const stats = attributes.get(rt.IFLA_STATS64);
  if (name === undefined || !stats || stats.length < 64) return undefined;
  const counter = (i: number) => Number(stats.readBigUInt64LE(8 * i));
  return {
    index: payload.readInt32LE(4),
    name,
    rxPackets: counter(0),
    txPackets: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
    rxErrors: counter(4),
    txErrors: counter(5),
    rxDropped: counter(6),
    txDropped: counter(7),
  };
}

/** A message of family AF_BRIDGE tells only about a port, and only some of it. */
export function decodeBridgePort(payload: Buffer): BridgePort | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const master = readU32(attributes.get(rt.IFLA_MASTER));
  const settings = attributes.get(rt.IFLA_PROTINFO);
  const port = settings && portSettings(readAttributes(settings));
  return {
    index: payload.readInt32LE(4),
    ...(master !== undefined && master !== 0 && { master }),
    ...(port && { port }),
  };
}

/** `02:00:00:00:00:01`; undefined for link layers whose address is an IP address or absent. */
export function macText(bytes: Buffer | undefined): string | undefined {
  if (!bytes || bytes.length < 6 || bytes.length === 16) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function nested(attributes: Attributes, type: number): Attributes {
  const value = attributes.get(type);
  return value ? readAttributes(value) : new Map();
}

/** The settings that older kernels lack are absent and off. */
function portSettings(data: Attributes): { hairpin: boolean; isolated: boolean } | undefined {
  const hairpin = readU8(data.get(rt.IFLA_BRPORT_MODE));
  if (hairpin === undefined) return undefined;
  return { hairpin: hairpin !== 0, isolated: readU8(data.get(rt.IFLA_BRPORT_ISOLATED)) === 1 };
}

function kindSettings(kind: string, data: Attributes): Pick<RawLink, 'vlan' | 'vxlan' | 'bridge'> {
  switch (kind) {
    case 'vlan': {
      const vlan = readU16(data.get(rt.IFLA_VLAN_ID));
      return vlan === undefined ? {} : { vlan };
    }
    case 'vxlan': {
      const id = readU32(data.get(rt.IFLA_VXLAN_ID));
      if (id === undefined) return {};
      const bytes = data.get(rt.IFLA_VXLAN_GROUP) ?? data.get(rt.IFLA_VXLAN_GROUP6);
      const remote = bytes && fromBytes(bytes);
      return { vxlan: { id, ...(remote && { remote: formatIp(remote) }) } };
    }
    case 'bridge':
      return { bridge: { vlanFiltering: readU8(data.get(rt.IFLA_BR_VLAN_FILTERING)) === 1 } };
    default:
      return {};
  }
}
