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
const told: Field<string[]> = {
  type: 2,
  read: (bytes) => (bytes.length === 8 ? flagWords(vlanFlags, bytes.readUInt32LE(0)) : undefined),
  write: (on) => switches.write({ on, off: [] }),
};

/** Those that are not named stay as they are. */
export interface VlanSwitches {
  on?: string[];
  off?: string[];
}

const switches: Field<VlanSwitches> = {
  type: 2,
  read: (bytes) => {
    const on = told.read(bytes);
    return on && { on };
  },
  write({ on = [], off = [] }) {
    const bytes = Buffer.alloc(8);
    let values = 0;
    let mask = 0;
    for (const [bit, name] of vlanFlags) {
      if (on.includes(name)) values |= bit;
      if (on.includes(name) || off.includes(name)) mask |= bit;
    }
    bytes.writeUInt32LE(values, 0);
    bytes.writeUInt32LE(mask, 4);
    return bytes;
  },
};

/** The numbers are those of IFLA_VLAN_… */
const fields = {
  protocol: named(be16(5), vlanProtocols),
  id: u16(1),
  ingressQos: qos(4),
  egressQos: qos(3),
};

export type VlanSettings = Values<typeof fields> & {
  /** Of REORDER_HDR (on unless given), GVRP, MVRP, LOOSE_BINDING, BRIDGE_BINDING. */
  flags?: VlanSwitches;
};
export type Vlan = Values<typeof fields> & { id: number; flags?: string[] };

export function readVlan(data: Attributes): Vlan | undefined {
  const { id, ...others } = readFields(fields, data);
  return id === undefined ? undefined : { id, ...others, ...readFields({ flags: told }, data) };
}

export const writeVlan = ({ flags, ...spec }: VlanSettings): Buffer[] => [
  ...writeFields(fields, spec),
  ...(flags ? writeFields({ flags: switches }, { flags }) : []),
];
