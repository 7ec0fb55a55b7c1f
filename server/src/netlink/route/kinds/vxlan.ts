import type { Attributes } from '../../message.ts';
import {
  be16,
  be32,
  bool,
  flag,
  ip,
  named,
  readFields,
  u32,
  u8,
  writeFields,
  type Field,
  type Values,
} from '../fields.ts';
import { fitting, ipOf } from '../values.ts';
import type { Words } from '../words.ts';

const fragmentation: Words = new Map([
  [0, 'unset'],
  [1, 'set'],
  [2, 'inherit'],
]);

/** struct ifla_vxlan_port_range, in network order; 0 and 0: the kernel's ephemeral ports. */
const portRange: Field<{ low: number; high: number }> = {
  type: 10,
  read: (bytes) =>
    bytes.length === 4 ? { low: bytes.readUInt16BE(0), high: bytes.readUInt16BE(2) } : undefined,
  write({ low, high }) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt16BE(fitting(low, 0xffff, 'a port'), 0);
    bytes.writeUInt16BE(fitting(high, 0xffff, 'a port'), 2);
    return bytes;
  },
};

/** The numbers are those of IFLA_VXLAN_…; the ends have one for IPv4 and one for IPv6. */
const ends = { remote4: ip(2), remote6: ip(16), local4: ip(4), local6: ip(17) };
const fields = {
  /** The VXLAN network identifier. */
  id: u32(1),
  /** Interface index of the device that carries the packets. */
  link: u32(3),
  portRange,
  /** UDP port. */
  port: be16(15),
  learning: bool(7),
  proxy: bool(11),
  rsc: bool(12),
  l2miss: bool(13),
  l3miss: bool(14),
  tos: u8(6),
  /** 0: chosen by the kernel. */
  ttl: u8(5),
  df: named(u8(29), fragmentation),
  label: be32(26),
  /** Seconds. */
  ageing: u32(8),
  /** Entries of the FDB; 0: no limit. */
  limit: u32(9),
  udpCsum: bool(18),
  udpZeroCsum6Tx: bool(19),
  udpZeroCsum6Rx: bool(20),
  remcsumTx: bool(21),
  remcsumRx: bool(22),
  gbp: flag(23),
  remcsumNopartial: flag(24),
  gpe: flag(27),
  external: bool(25),
  vnifilter: bool(30),
};
const told = { ttlInherit: bool(28), localbypass: bool(31) };

export type VxlanSettings = Values<typeof fields> & {
  /** The other end, or a multicast group. */
  remote?: string;
  local?: string;
};
export type Vxlan = VxlanSettings & Values<typeof told> & { id: number };

export function readVxlan(data: Attributes): Vxlan | undefined {
  const { id, ...others } = readFields(fields, data);
  if (id === undefined) return undefined;
  const { remote4, remote6, local4, local6 } = readFields(ends, data);
  const remote = remote4 ?? remote6;
  const local = local4 ?? local6;
  return {
    id,
    ...(remote !== undefined && { remote }),
    ...(local !== undefined && { local }),
    ...others,
    ...readFields(told, data),
  };
}

export function writeVxlan({ remote, local, ...spec }: VxlanSettings): Buffer[] {
  const isIpv4 = (text: string) => ipOf(text).family === 4;
  return [
    ...writeFields(fields, spec),
    ...writeFields(ends, {
      ...(remote !== undefined && (isIpv4(remote) ? { remote4: remote } : { remote6: remote })),
      ...(local !== undefined && (isIpv4(local) ? { local4: local } : { local6: local })),
    }),
  ];
}
