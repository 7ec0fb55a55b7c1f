import { AF_BRIDGE, NLM_F_DUMP, NLM_F_REQUEST } from '../constants.ts';
import {
  attribute,
  attributeList,
  message,
  nestedAttribute,
  readAttributes,
  readText,
  readU16,
  readU32,
  readU8,
  u16Attribute,
  u32Attribute,
} from '../message.ts';
import * as rt from './constants.ts';
import { readBridgePort } from './kinds/bridgePort.ts';
import type { PortMessage, PortVlan } from './link.ts';
import { ifinfoSize } from './linkDecode.ts';
import { acknowledged, ifinfo } from './linkRequests.ts';
import { fitting } from './values.ts';
import { portStates, word } from './words.ts';

/** Bridge ports and their VLANs: messages of family AF_BRIDGE. */

/** A message of family AF_BRIDGE tells only about a port, and only some of it. */
export function decodePort(payload: Buffer): PortMessage | undefined {
  if (payload.length < ifinfoSize) return undefined;
  const attributes = readAttributes(payload, ifinfoSize);
  const name = readText(attributes.get(rt.IFLA_IFNAME));
  const master = readU32(attributes.get(rt.IFLA_MASTER));
  const settings = attributes.get(rt.IFLA_PROTINFO);
  const port = settings && readBridgePort(readAttributes(settings));
  const spec = attributes.get(rt.IFLA_AF_SPEC);
  const vlans = spec && vlanList(spec);
  const index = payload.readInt32LE(4);
  return {
    index,
    ...(name !== undefined && { name }),
    // A bridge is told to be its own master.
    ...(master !== undefined && master !== 0 && master !== index && { master }),
    ...(port && { port }),
    ...(vlans && vlans.length > 0 && { vlans }),
  };
}

/**
 * The VLANs of a port that RTM_NEWVLAN or RTM_DELVLAN tells about, which may be some of them.
 * struct br_vlan_msg: family, padding, index
 */
export function decodeVlans(payload: Buffer): { index: number; vlans: PortVlan[] } | undefined {
  if (payload.length < 8 || payload[0] !== AF_BRIDGE) return undefined;
  const vlans = attributeList(payload, 8).flatMap(({ type, value }) => {
    const entry = type === BRIDGE_VLANDB_ENTRY ? readAttributes(value) : undefined;
    const info = entry?.get(BRIDGE_VLANDB_ENTRY_INFO);
    if (!entry || info?.length !== 4) return [];
    const vidEnd = readU16(entry.get(BRIDGE_VLANDB_ENTRY_RANGE));
    const state = readU8(entry.get(BRIDGE_VLANDB_ENTRY_STATE));
    const vlan = vlanOf(info);
    return {
      ...vlan,
      ...(vidEnd !== undefined && vidEnd !== vlan.vid && { vidEnd }),
      ...(state !== undefined && { state: word(portStates, state) }),
    };
  });
  return { index: payload.readUInt32LE(4), vlans };
}

/** What can be asked for about a VLAN of a port. */
export type BridgeVlan = Pick<PortVlan, 'vid' | 'vidEnd' | 'pvid' | 'untagged'>;

/** `index` is a bridge port, or with `self` the bridge itself. */
export function bridgeVlanRequest(
  operation: 'add' | 'del',
  index: number,
  { vid, vidEnd, pvid, untagged }: BridgeVlan,
  self: boolean,
): Buffer {
  const flags =
    (pvid === true ? rt.BRIDGE_VLAN_INFO_PVID : 0) |
    (untagged === true ? rt.BRIDGE_VLAN_INFO_UNTAGGED : 0);
  const spec =
    vidEnd === undefined || vidEnd === vid
      ? [vlanInfo(flags, vid)]
      : [
          vlanInfo(flags | rt.BRIDGE_VLAN_INFO_RANGE_BEGIN, vid),
          vlanInfo(flags | rt.BRIDGE_VLAN_INFO_RANGE_END, vidEnd),
        ];
  if (self) spec.unshift(u16Attribute(rt.IFLA_BRIDGE_FLAGS, rt.BRIDGE_FLAGS_SELF));
  return message(operation === 'add' ? rt.RTM_SETLINK : rt.RTM_DELLINK, acknowledged, [
    ifinfo(index, 0, 0, AF_BRIDGE),
    nestedAttribute(rt.IFLA_AF_SPEC, spec),
  ]);
}

/** A dump of the ports of all bridges with their VLANs, and of the bridges' own. */
export const portListRequest = (): Buffer =>
  message(rt.RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, [
    ifinfo(0, 0, 0, AF_BRIDGE),
    u32Attribute(rt.IFLA_EXT_MASK, rt.RTEXT_FILTER_BRVLAN_COMPRESSED),
  ]);

const BRIDGE_VLANDB_ENTRY = 1;
const BRIDGE_VLANDB_ENTRY_INFO = 1;
const BRIDGE_VLANDB_ENTRY_RANGE = 2;
const BRIDGE_VLANDB_ENTRY_STATE = 3;

/** struct bridge_vlan_info: flags, vid */
function vlanInfo(flags: number, vid: number): Buffer {
  const info = Buffer.alloc(4);
  info.writeUInt16LE(flags, 0);
  info.writeUInt16LE(fitting(vid, 4095, 'a VLAN'), 2);
  return attribute(rt.IFLA_BRIDGE_VLAN_INFO, info);
}

function vlanOf(info: Buffer): PortVlan {
  const flags = info.readUInt16LE(0);
  return {
    vid: info.readUInt16LE(2),
    ...((flags & rt.BRIDGE_VLAN_INFO_PVID) !== 0 && { pvid: true }),
    ...((flags & rt.BRIDGE_VLAN_INFO_UNTAGGED) !== 0 && { untagged: true }),
  };
}

/** A range comes as two entries: its begin and its end. */
function vlanList(spec: Buffer): PortVlan[] {
  const vlans: PortVlan[] = [];
  for (const { type, value } of attributeList(spec)) {
    if (type !== rt.IFLA_BRIDGE_VLAN_INFO || value.length !== 4) continue;
    const begin = vlans.at(-1);
    const isEnd = (value.readUInt16LE(0) & rt.BRIDGE_VLAN_INFO_RANGE_END) !== 0;
    if (isEnd && begin) begin.vidEnd = value.readUInt16LE(2);
    else vlans.push(vlanOf(value));
  }
  return vlans;
}
