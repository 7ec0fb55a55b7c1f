import {
  be16,
  bool,
  mac,
  named,
  readFields,
  u16,
  u32,
  u64,
  u8,
  writeFields,
  type Field,
  type Values,
} from '../fields.ts';
import type { Attributes } from '../../message.ts';
import { flagWords, vlanProtocols, type Words } from '../words.ts';
import { macBytes, macText, SpecError } from '../values.ts';

/**
 * The numbers are those of IFLA_BR_…, the names those of `ip -j -d link`. Times are in hundredths
 * of a second.
 */
const settings = {
  forwardDelay: u32(1),
  helloTime: u32(2),
  maxAge: u32(3),
  ageingTime: u32(4),
  stpState: u32(5),
  priority: u16(6),
  vlanFiltering: bool(7),
  vlanProtocol: named(be16(8), vlanProtocols),
  groupFwdMask: u16(9),
  groupAddr: mac(20),
  mcastRouter: u8(22),
  mcastSnooping: bool(23),
  mcastQueryUseIfaddr: bool(24),
  mcastQuerier: bool(25),
  mcastHashElasticity: u32(26),
  mcastHashMax: u32(27),
  mcastLastMemberCnt: u32(28),
  mcastStartupQueryCnt: u32(29),
  mcastLastMemberIntvl: u64(30),
  mcastMembershipIntvl: u64(31),
  mcastQuerierIntvl: u64(32),
  mcastQueryIntvl: u64(33),
  mcastQueryResponseIntvl: u64(34),
  mcastStartupQueryIntvl: u64(35),
  nfCallIptables: bool(36),
  nfCallIp6tables: bool(37),
  nfCallArptables: bool(38),
  vlanDefaultPvid: u16(39),
  vlanStatsEnabled: bool(41),
  mcastStatsEnabled: bool(42),
  mcastIgmpVersion: u8(43),
  mcastMldVersion: u8(44),
  vlanStatsPerPort: bool(45),
};

/** `8000.02:00:00:00:00:01`: priority and MAC address. */
export const bridgeId = (type: number): Field<string> => ({
  type,
  read: (bytes) =>
    bytes.length === 8
      ? `${bytes.toString('hex', 0, 2)}.${macText(bytes.subarray(2)) ?? ''}`
      : undefined,
  write(text) {
    const [priority = '', address = ''] = text.split('.');
    if (!/^[0-9a-f]{4}$/.test(priority)) throw new SpecError(`"${text}" is not a bridge id`);
    return Buffer.concat([Buffer.from(priority, 'hex'), macBytes(address)]);
  },
});

const state = {
  rootId: bridgeId(10),
  bridgeId: bridgeId(11),
  rootPort: u16(12),
  rootPathCost: u32(13),
  topologyChange: bool(14),
  topologyChangeDetected: bool(15),
  helloTimer: u64(16),
  tcnTimer: u64(17),
  topologyChangeTimer: u64(18),
  gcTimer: u64(19),
};

const boolOptions: Words = new Map([
  [1, 'no_linklocal_learn'],
  [2, 'mcast_vlan_snooping'],
  [4, 'mst_enabled'],
]);

/** struct br_boolopt_multi: values, mask of those that are told */
const optionalFields = {
  options: {
    type: 46,
    read: (bytes: Buffer) =>
      bytes.length === 8 ? flagWords(boolOptions, bytes.readUInt32LE(0)) : undefined,
    write(words: string[]) {
      const bytes = Buffer.alloc(8);
      for (const [bit, name] of boolOptions) {
        if (words.includes(name)) bytes.writeUInt32LE(bytes.readUInt32LE(0) | bit, 0);
        bytes.writeUInt32LE(bytes.readUInt32LE(4) | bit, 4);
      }
      return bytes;
    },
  },
};

const told = { ...settings, ...state, ...optionalFields };

export type BridgeSettings = Values<typeof settings>;
/** `options`: of no_linklocal_learn, mcast_vlan_snooping, mst_enabled those that are on. */
export type Bridge = Values<typeof told> & { vlanFiltering: boolean };

/** Kernels without VLAN filtering do not tell of it. */
export function readBridge(data: Attributes): Bridge {
  const bridge = readFields(told, data);
  return Object.assign(bridge, { vlanFiltering: bridge.vlanFiltering ?? false });
}

export const writeBridge = (spec: BridgeSettings): Buffer[] => writeFields(settings, spec);
