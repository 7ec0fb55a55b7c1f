import type { Family } from '@cnilab/shared/cni/ip';
import { NLM_F_DUMP, NLM_F_REQUEST } from '../constants.ts';
import { attribute, message, readAttributes } from '../message.ts';
import { named, readFields, s32, text, u32, u8, writeFields, type Field } from './fields.ts';
import { acknowledged, created } from './linkRequests.ts';
import { byteOf, destinationOf } from './routeRequests.ts';
import { familyNumber, familyOf, fitting, ipText, maxU32 } from './values.ts';
import { ipProtocols, protocols, ruleActions, word } from './words.ts';
import * as rt from './constants.ts';

/** A policy rule: which table is looked up for which packets. Words are those of `ip rule`. */
export interface Rule {
  family: Family;
  priority: number;
  /** `lookup`, `goto`, `nop`, `blackhole`, `unreachable`, `prohibit` */
  action: string;
  /** Of `lookup`. */
  table?: number;
  /** Applies to the packets that the rest does not describe. */
  not?: true;
  /** Prefix; all addresses when absent. */
  from?: string;
  to?: string;
  iif?: string;
  oif?: string;
  /** There is no link of the name that the rule gives. */
  detached?: ('iif' | 'oif')[];
  tos?: number;
  /** Mark of the packet, and which of its bits count (all unless told). */
  fwmark?: number;
  fwmask?: number;
  tunId?: string;
  /** The table's answer does not count if its prefix is at most so long, or its link in the group. */
  suppressPrefixLength?: number;
  suppressGroup?: number;
  /** The priority of the rule that is next. */
  goto?: number;
  /** The table is that of the VRF. */
  l3mdev?: true;
  uidRange?: Range;
  ipProtocol?: string;
  sport?: Range;
  dport?: Range;
  /** Who made it: `kernel`, `boot`, `static`, … */
  protocol?: string;
}

export interface Range {
  start: number;
  end: number;
}

/** Two numbers of `size` bytes each. */
const range = (type: number, size: 2 | 4): Field<Range> => ({
  type,
  read: (bytes) =>
    bytes.length === 2 * size
      ? { start: bytes.readUIntLE(0, size), end: bytes.readUIntLE(size, size) }
      : undefined,
  write({ start, end }) {
    const bytes = Buffer.alloc(2 * size);
    const max = 2 ** (8 * size) - 1;
    bytes.writeUIntLE(fitting(start, max, 'the start of a range'), 0, size);
    bytes.writeUIntLE(fitting(end, max, 'the end of a range'), size, size);
    return bytes;
  },
});

const tunnelId: Field<string> = {
  type: 12,
  read: (bytes) => (bytes.length === 8 ? bytes.readBigUInt64BE().toString() : undefined),
  write(id) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(id));
    return bytes;
  },
};

/** Numbers of FRA_…, in the order that `ip rule` sends them. */
const fields = {
  priority: u32(6),
  fwmark: u32(10),
  fwmask: u32(16),
  tunId: tunnelId,
  table: u32(15),
  suppressPrefixLength: s32(14),
  suppressGroup: s32(13),
  goto: u32(4),
  iif: text(3),
  oif: text(17),
  uidRange: range(20, 4),
  ipProtocol: named(u8(22), ipProtocols),
  sport: range(23, 2),
  dport: range(24, 2),
  protocol: named(u8(21), protocols),
};
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_L3MDEV = 19;
const FIB_RULE_INVERT = 2;
const FIB_RULE_IIF_DETACHED = 8;
const FIB_RULE_OIF_DETACHED = 16;

/** struct fib_rule_hdr: family, prefix lengths, tos, table, 2 reserved, action, flags */
export function decodeRule(payload: Buffer): Rule | undefined {
  const family = familyOf(payload[0]);
  if (payload.length < 12 || family === undefined) return undefined;
  const attributes = readAttributes(payload, 12);
  const told = readFields(fields, attributes);
  const { priority, table, suppressPrefixLength, suppressGroup, tunId, ...others } = told;
  const action = word(ruleActions, payload.readUInt8(7));
  const tos = payload.readUInt8(3);
  const flags = payload.readUInt32LE(8);
  const detached = [
    ...((flags & FIB_RULE_IIF_DETACHED) === 0 ? [] : (['iif'] as const)),
    ...((flags & FIB_RULE_OIF_DETACHED) === 0 ? [] : (['oif'] as const)),
  ];
  const prefix = (type: number, length: number) =>
    length === 0 ? undefined : `${ipText(attributes.get(type), family) ?? anyOf(family)}/${length}`;
  const from = prefix(FRA_SRC, payload.readUInt8(2));
  const to = prefix(FRA_DST, payload.readUInt8(1));
  return {
    family,
    // The kernel leaves 0 out.
    priority: priority ?? 0,
    action,
    ...(action === 'lookup' && { table: table ?? payload.readUInt8(4) }),
    ...((flags & FIB_RULE_INVERT) !== 0 && { not: true as const }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(tos !== 0 && { tos }),
    ...others,
    ...(tunId !== undefined && tunId !== '0' && { tunId }),
    ...(suppressPrefixLength !== undefined &&
      suppressPrefixLength >= 0 && { suppressPrefixLength }),
    ...(suppressGroup !== undefined && suppressGroup >= 0 && { suppressGroup }),
    ...(detached.length > 0 && { detached }),
    ...(attributes.get(FRA_L3MDEV)?.[0] === 1 && { l3mdev: true as const }),
  };
}

export type RuleSpec = Partial<Omit<Rule, 'detached' | 'l3mdev'>> & { family: Family };

/** Unless given, `add` makes a rule that looks up the table for all packets. */
export function ruleRequest(operation: 'add' | 'del', spec: RuleSpec): Buffer {
  const from = spec.from === undefined ? undefined : destinationOf(spec.from);
  const to = spec.to === undefined ? undefined : destinationOf(spec.to);
  const table = fitting(spec.table ?? 0, maxU32, 'the table');
  const action = spec.action ?? (spec.goto === undefined ? undefined : 'goto');
  const header = Buffer.alloc(12);
  header[0] = familyNumber(spec.family);
  header[1] = to?.prefix ?? 0;
  header[2] = from?.prefix ?? 0;
  header[3] = fitting(spec.tos ?? 0, 255, 'tos');
  header[4] = table < 256 ? table : 0;
  header[7] = byteOf(ruleActions, action, operation === 'add' ? 1 : 0);
  header.writeUInt32LE(spec.not ? FIB_RULE_INVERT : 0, 8);
  const { table: _, ...others } = spec;
  const parts: Buffer[] = [header];
  if (from) parts.push(attribute(FRA_SRC, from.bytes));
  if (to) parts.push(attribute(FRA_DST, to.bytes));
  parts.push(...writeFields(fields, { ...others, ...(table > 255 && { table }) }));
  return operation === 'add'
    ? message(rt.RTM_NEWRULE, created, parts)
    : message(rt.RTM_DELRULE, acknowledged, parts);
}

export function ruleListRequest(): Buffer {
  return message(rt.RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, [Buffer.alloc(12)]);
}

const anyOf = (family: Family): string => (family === 4 ? '0.0.0.0' : '::');
