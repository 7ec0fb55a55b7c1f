import {
  attributeList,
  readAttributes,
  readNested,
  readS32,
  readText,
  readU32,
  readU8,
  type Attributes,
} from '../message.ts';
import { AF_INET6 } from '../constants.ts';
import * as rt from './constants.ts';
import { bool, named, readFields, s32, text, u32, u8, type Field } from './fields.ts';
import { readBridge } from './kinds/bridge.ts';
import { readBridgePort } from './kinds/bridgePort.ts';
import { readIpvlan } from './kinds/ipvlan.ts';
import { readMacvlan } from './kinds/macvlan.ts';
import { readTun, readVrf } from './kinds/small.ts';
import { readVlan } from './kinds/vlan.ts';
import { readVxlan } from './kinds/vxlan.ts';
import type { Link, LinkStats } from './link.ts';
import { macBytes, macText } from './values.ts';
import {
  addressGenerationModes,
  flagWords,
  linkFlags,
  linkModes,
  linkTypes,
  operStates,
  word,
} from './words.ts';

/** struct ifinfomsg: family, padding, type, index, flags, change */
export const ifinfoSize = 16;

/** The link in the payload of RTM_NEWLINK or RTM_DELLINK; undefined if it is not a whole one. */
export function decodeLink(payload: Buffer): Link | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const name = readText(attributes.get(rt.IFLA_IFNAME));
  if (name === undefined) return undefined;
  const index = payload.readInt32LE(4);
  const flags = payload.readUInt32LE(8);
  const type = payload.readUInt16LE(2);
  const info = readNested(attributes, rt.IFLA_LINKINFO);
  const told = readText(info.get(rt.IFLA_INFO_KIND)) ?? '';
  const kind = type === rt.ARPHRD_LOOPBACK ? 'loopback' : told;
  const mac = macText(attributes.get(rt.IFLA_ADDRESS));
  const master = readU32(attributes.get(rt.IFLA_MASTER));
  const link = readU32(attributes.get(rt.IFLA_LINK));
  const linkNsid = readS32(attributes.get(rt.IFLA_LINK_NETNSID));
  const alias = readText(attributes.get(rt.IFLA_IFALIAS));
  const promiscuous = (readU32(attributes.get(rt.IFLA_PROMISCUITY)) ?? 0) > 0;
  return {
    index,
    name,
    kind,
    ...(mac !== undefined && { mac }),
    mtu: readU32(attributes.get(rt.IFLA_MTU)) ?? 0,
    up: (flags & rt.IFF_UP) !== 0,
    state: word(operStates, readU8(attributes.get(rt.IFLA_OPERSTATE)) ?? 0),
    ...(promiscuous && { promiscuous }),
    ...(master !== undefined && master !== 0 && { master }),
    // An index in another namespace may equal the link's own.
    ...(link !== undefined && link !== 0 && (link !== index || linkNsid !== undefined) && { link }),
    ...(linkNsid !== undefined && { linkNsid }),
    ...(alias !== undefined && { alias }),
    flags: flagList(flags),
    linkType: word(linkTypes, type),
    ...details(attributes),
    ...kindSettings(kind, info),
    ...slave(info),
  };
}

/** The counters in the payload of RTM_NEWLINK; undefined if it is not about a whole link. */
export function decodeLinkStats(payload: Buffer): LinkStats | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const name = readText(attributes.get(rt.IFLA_IFNAME));
  const stats = attributes.get(rt.IFLA_STATS64);
  // struct rtnl_link_stats64, of which newer kernels tell more
  if (name === undefined || !stats || stats.length < 80) return undefined;
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
    multicast: counter(8),
    collisions: counter(9),
  };
}

function flagList(flags: number): string[] {
  const noCarrier = (flags & rt.IFF_UP) !== 0 && (flags & rt.IFF_RUNNING) === 0;
  return [...(noCarrier ? ['NO-CARRIER'] : []), ...flagWords(linkFlags, flags)];
}

/** Any length that link layers have, where IPv4 and IPv6 addresses are none. */
const hardwareAddress = (type: number): Field<string> => ({
  type,
  read: macText,
  write: macBytes,
});

const plain = {
  broadcast: hardwareAddress(rt.IFLA_BROADCAST),
  permanentMac: hardwareAddress(rt.IFLA_PERM_ADDRESS),
  qdisc: text(rt.IFLA_QDISC),
  linkMode: named(u8(rt.IFLA_LINKMODE), linkModes),
  group: u32(rt.IFLA_GROUP),
  txQueueLength: u32(rt.IFLA_TXQLEN),
  promiscuity: u32(rt.IFLA_PROMISCUITY),
  allMulticast: u32(rt.IFLA_ALLMULTI),
  minMtu: u32(rt.IFLA_MIN_MTU),
  maxMtu: u32(rt.IFLA_MAX_MTU),
  txQueues: u32(rt.IFLA_NUM_TX_QUEUES),
  rxQueues: u32(rt.IFLA_NUM_RX_QUEUES),
  carrier: bool(rt.IFLA_CARRIER),
  carrierChanges: u32(rt.IFLA_CARRIER_CHANGES),
  newNsid: s32(rt.IFLA_NEW_NETNSID),
  newIndex: s32(rt.IFLA_NEW_IFINDEX),
};

function details(attributes: Attributes): Partial<Link> {
  const told: Partial<Link> = readFields(plain, attributes);
  const generation = addressGeneration(attributes);
  if (generation !== undefined) told.addressGeneration = generation;
  const names = propertyNames(attributes.get(rt.IFLA_PROP_LIST));
  if (names.length > 0) told.alternativeNames = names;
  return told;
}

/** Among the settings of the families: IPv6's way to form addresses. */
function addressGeneration(attributes: Attributes): string | undefined {
  const ipv6 = readNested(readNested(attributes, rt.IFLA_AF_SPEC), AF_INET6);
  const mode = readU8(ipv6.get(rt.IFLA_INET6_ADDR_GEN_MODE));
  return mode === undefined ? undefined : word(addressGenerationModes, mode);
}

const propertyNames = (bytes: Buffer | undefined): string[] =>
  bytes
    ? attributeList(bytes)
        .filter(({ type }) => type === rt.IFLA_ALT_IFNAME)
        .flatMap(({ value }) => readText(value) ?? [])
    : [];

function slave(info: Attributes): Partial<Link> {
  const slaveKind = readText(info.get(rt.IFLA_INFO_SLAVE_KIND));
  if (slaveKind === undefined) return {};
  const data = readNested(info, rt.IFLA_INFO_SLAVE_DATA);
  const port = slaveKind === 'bridge' ? readBridgePort(data) : undefined;
  return { slaveKind, ...(port && { port }) };
}

function kindSettings(kind: string, info: Attributes): Partial<Link> {
  const data = readNested(info, rt.IFLA_INFO_DATA);
  switch (kind) {
    case 'bridge':
      return { bridge: readBridge(data) };
    case 'vlan': {
      const vlan = readVlan(data);
      return vlan ? { vlan } : {};
    }
    case 'macvlan':
    case 'macvtap':
      return { macvlan: readMacvlan(data) };
    case 'ipvlan':
    case 'ipvtap':
      return { ipvlan: readIpvlan(data) };
    case 'vxlan': {
      const vxlan = readVxlan(data);
      return vxlan ? { vxlan } : {};
    }
    case 'vrf':
      return { vrf: readVrf(data) };
    case 'tun':
      return { tun: readTun(data) };
    default:
      return {};
  }
}
