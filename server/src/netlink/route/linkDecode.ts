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
import { readBridge } from './kinds/bridge.ts';
import { readBridgePort } from './kinds/bridgePort.ts';
import { readIpvlan } from './kinds/ipvlan.ts';
import { readMacvlan } from './kinds/macvlan.ts';
import { readTun, readVrf } from './kinds/small.ts';
import { readVlan } from './kinds/vlan.ts';
import { readVxlan } from './kinds/vxlan.ts';
import type { Link, LinkStats } from './link.ts';
import { macText } from './values.ts';
import {
  addressGenerationModes,
  flagWords,
  linkFlags,
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
  const promiscuity = readU32(attributes.get(rt.IFLA_PROMISCUITY));
  return {
    index,
    name,
    kind,
    ...(mac !== undefined && { mac }),
    mtu: readU32(attributes.get(rt.IFLA_MTU)) ?? 0,
    up: (flags & rt.IFF_UP) !== 0,
    state: word(operStates, readU8(attributes.get(rt.IFLA_OPERSTATE)) ?? 0),
    ...(promiscuity !== undefined && promiscuity > 0 && { promiscuous: true }),
    ...(master !== undefined && master !== 0 && { master }),
    // An index in another namespace may equal the link's own.
    ...(link !== undefined && link !== 0 && (link !== index || linkNsid !== undefined) && { link }),
    ...(linkNsid !== undefined && { linkNsid }),
    ...(alias !== undefined && { alias }),
    flags: flagList(flags),
    linkType: word(linkTypes, type),
    ...(promiscuity !== undefined && { promiscuity }),
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

function details(attributes: Attributes): Partial<Link> {
  const number = (type: number) => readU32(attributes.get(type));
  const broadcast = macText(attributes.get(rt.IFLA_BROADCAST));
  const permanentMac = macText(attributes.get(rt.IFLA_PERM_ADDRESS));
  const qdisc = readText(attributes.get(rt.IFLA_QDISC));
  const mode = readU8(attributes.get(rt.IFLA_LINKMODE));
  const carrier = readU8(attributes.get(rt.IFLA_CARRIER));
  const generation = addressGeneration(attributes);
  const alternativeNames = propertyNames(attributes.get(rt.IFLA_PROP_LIST));
  const newNsid = readS32(attributes.get(rt.IFLA_NEW_NETNSID));
  const newIndex = readS32(attributes.get(rt.IFLA_NEW_IFINDEX));
  return {
    ...(broadcast !== undefined && { broadcast }),
    ...(permanentMac !== undefined && { permanentMac }),
    ...(qdisc !== undefined && { qdisc }),
    ...(mode !== undefined && { linkMode: mode === 1 ? 'DORMANT' : 'DEFAULT' }),
    ...optional('group', number(rt.IFLA_GROUP)),
    ...optional('txQueueLength', number(rt.IFLA_TXQLEN)),
    ...optional('allMulticast', number(rt.IFLA_ALLMULTI)),
    ...optional('minMtu', number(rt.IFLA_MIN_MTU)),
    ...optional('maxMtu', number(rt.IFLA_MAX_MTU)),
    ...optional('txQueues', number(rt.IFLA_NUM_TX_QUEUES)),
    ...optional('rxQueues', number(rt.IFLA_NUM_RX_QUEUES)),
    ...(carrier !== undefined && { carrier: carrier !== 0 }),
    ...optional('carrierChanges', number(rt.IFLA_CARRIER_CHANGES)),
    ...(alternativeNames.length > 0 && { alternativeNames }),
    ...(generation !== undefined && { addressGeneration: generation }),
    ...(newNsid !== undefined && { newNsid }),
    ...(newIndex !== undefined && { newIndex }),
  };
}

type NumberKey =
  | 'group'
  | 'txQueueLength'
  | 'allMulticast'
  | 'minMtu'
  | 'maxMtu'
  | 'txQueues'
  | 'rxQueues'
  | 'carrierChanges';

const optional = (key: NumberKey, value: number | undefined): Partial<Link> =>
  value === undefined ? {} : { [key]: value };

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
