import type { Attributes } from '../../message.ts';
import { bool, named, readFields, u32, u8, writeFields, type Values } from '../fields.ts';
import type { Words } from '../words.ts';

/** The kinds with little to say. Dummy and ifb have no data at all; a veth has its peer. */

const vrf = { table: u32(1) };
export type Vrf = Values<typeof vrf>;
export const readVrf = (data: Attributes): Vrf => readFields(vrf, data);
export const writeVrf = (spec: Vrf): Buffer[] => writeFields(vrf, spec);

const tunTypes: Words = new Map([
  [1, 'tun'],
  [2, 'tap'],
]);

/** The numbers are those of IFLA_TUN_…; tun devices are made by opening /dev/net/tun. */
const tun = {
  type: named(u8(3), tunTypes),
  pi: bool(4),
  vnetHdr: bool(5),
  multiQueue: bool(7),
  numqueues: u32(8),
  numdisabled: u32(9),
  persist: bool(6),
  /** User id. */
  owner: u32(1),
  /** Group id. */
  group: u32(2),
};
export type Tun = Values<typeof tun>;
export const readTun = (data: Attributes): Tun => readFields(tun, data);
