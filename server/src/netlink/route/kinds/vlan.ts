import { attributeList, attribute, type Attributes } from '../../message.ts';
import { be16, named, readFields, u16, writeFields, type Field, type Values } from '../fields.ts';
import { flagWords, vlanProtocols, type Words } from '../words.ts';

const vlanFlags: Words = new Map([
  [1, 'REORDER_HDR'],
  [2, 'GVRP'],
  [4, 'LOOSE_BINDING'],
  [8, 'MVRP'],
  [16, 'BRIDGE_BINDING'],
]);

export interface QosMapping {
  from: number;
  to: number;
}

/** A list of IFLA_VLAN_QOS_MAPPING: struct ifla_vlan_qos_mapping */
const qos = (type: number): Field<QosMapping[]> => ({
  type,
  read: (bytes) =>
    attributeList(bytes).flatMap(({ value }) =>
      value.length === 8 ? [{ from: value.readUInt32LE(0), to: value.readUInt32LE(4) }] : [],
    ),
  write: (list) =>
    Buffer.concat(
      list.map(({ from, to }) => {
        const bytes = Buffer.alloc(8);
        bytes.writeUInt32LE(from, 0);
        bytes.writeUInt32LE(to, 4);
        return attribute(1, bytes);
      }),
    ),
});

/** struct ifla_vlan_flags: values, mask */
const flags: Field<string[]> = {
  type: 2,
  read: (bytes) => (bytes.length === 8 ? flagWords(vlanFlags, bytes.readUInt32LE(0)) : undefined),
  write(words) {
    const bytes = Buffer.alloc(8);
    for (const [bit, name] of vlanFlags) {
      if (words.includes(name)) bytes.writeUInt32LE(bytes.readUInt32LE(0) | bit, 0);
    }
    bytes.writeUInt32LE(bytes.readUInt32LE(0), 4);
    return bytes;
  },
};

/** The numbers are those of IFLA_VLAN_… */
const fields = {
  protocol: named(be16(5), vlanProtocols),
  id: u16(1),
  flags,
  ingressQos: qos(4),
  egressQos: qos(3),
};

export type VlanSettings = Values<typeof fields>;
export type Vlan = VlanSettings & { id: number };

export function readVlan(data: Attributes): Vlan | undefined {
  const { id, ...others } = readFields(fields, data);
  return id === undefined ? undefined : { id, ...others };
}

export const writeVlan = (spec: VlanSettings): Buffer[] => writeFields(fields, spec);
