import { bool, named, readFields, u16, u32, u64, u8, writeFields, type Values } from '../fields.ts';
import type { Attributes } from '../../message.ts';
import { portStates } from '../words.ts';
import { bridgeId } from './bridge.ts';

/**
 * The numbers are those of IFLA_BRPORT_…, the names those of `ip -j -d link`. Times are in
 * hundredths of a second.
 */
const settings = {
  state: named(u8(1), portStates),
  priority: u16(2),
  cost: u32(3),
  hairpin: bool(4),
  guard: bool(5),
  rootBlock: bool(6),
  fastleave: bool(7),
  learning: bool(8),
  flood: bool(9),
  proxyArp: bool(10),
  proxyArpWifi: bool(12),
  multicastRouter: u8(25),
  mcastFlood: bool(27),
  mcastToUnicast: bool(28),
  vlanTunnel: bool(29),
  bcastFlood: bool(30),
  groupFwdMask: u16(31),
  neighSuppress: bool(32),
  isolated: bool(33),
  /** Interface index. */
  backupPort: u32(34),
  locked: bool(39),
  mab: bool(40),
  neighVlanSuppress: bool(43),
};

const state = {
  rootId: bridgeId(13),
  bridgeId: bridgeId(14),
  designatedPort: u16(15),
  designatedCost: u16(16),
  id: u16(17),
  no: u16(18),
  topologyChangeAck: bool(19),
  configPending: bool(20),
  messageAgeTimer: u64(21),
  forwardDelayTimer: u64(22),
  holdTimer: u64(23),
};

const told = { ...settings, ...state };

export type BridgePortSettings = Values<typeof settings>;
export type BridgePort = Values<typeof told> & { hairpin: boolean; isolated: boolean };

/** Undefined when nothing is told of the port's settings. Those that older kernels lack are off. */
export function readBridgePort(data: Attributes): BridgePort | undefined {
  const port = readFields(told, data);
  const { hairpin, isolated = false } = port;
  return hairpin === undefined ? undefined : Object.assign(port, { hairpin, isolated });
}

export const writeBridgePort = (spec: BridgePortSettings): Buffer[] => writeFields(settings, spec);
