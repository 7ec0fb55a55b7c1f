import type { Attributes } from '../../message.ts';
import { named, readFields, u16, writeFields, type Values } from '../fields.ts';
import type { Words } from '../words.ts';

const modes: Words = new Map([
  [0, 'l2'],
  [1, 'l3'],
  [2, 'l3s'],
]);
const isolations: Words = new Map([
  [0, 'bridge'],
  [1, 'private'],
  [2, 'vepa'],
]);

/** The numbers are those of IFLA_IPVLAN_… */
const fields = { mode: named(u16(1), modes), flags: named(u16(2), isolations) };

export interface IpvlanSettings {
  /** `l3` unless given. */
  mode?: 'l2' | 'l3' | 'l3s';
  /** `bridge` unless given. */
  flags?: 'bridge' | 'private' | 'vepa';
}
export type Ipvlan = Values<typeof fields>;

export const readIpvlan = (data: Attributes): Ipvlan => readFields(fields, data);
export const writeIpvlan = ({ mode, flags }: IpvlanSettings): Buffer[] =>
  writeFields(fields, { ...(mode && { mode }), ...(flags && { flags }) });
