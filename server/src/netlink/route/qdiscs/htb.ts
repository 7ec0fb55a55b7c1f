import { attribute, readAttributes, readU32, readU64, u32Attribute } from '../../message.ts';
import { u64 } from '../fields.ts';
import { fitting, maxU32 } from '../values.ts';
import {
  needs64,
  rateSpecSize,
  readRate,
  sendTicks,
  sentBytes,
  writeRate,
  type Framing,
} from './rate.ts';

/** A tree of classes that share the link: the settings of the whole. */
export interface Htb {
  /** Divides a rate to get a quantum. */
  r2q: number;
  /** Minor number of the class of packets that no filter sorts. */
  defaultClass: number;
  directPackets?: number;
  directQueueLength?: number;
}

/** The settings of one class. Rates are in bytes per second, bursts and quanta in bytes. */
export interface HtbClass extends Framing {
  rate: number;
  ceil: number;
  burst: number;
  cburst: number;
  prio: number;
  quantum: number;
  level?: number;
}

const TCA_HTB_PARMS = 1;
const TCA_HTB_INIT = 2;
const TCA_HTB_DIRECT_QLEN = 5;
const TCA_HTB_RATE64 = 6;
const TCA_HTB_CEIL64 = 7;

/** struct tc_htb_glob: version, rate2quantum, defcls, debug, direct_pkts */
export function readHtb(options: Buffer): Htb | undefined {
  const attributes = readAttributes(options);
  const bytes = attributes.get(TCA_HTB_INIT);
  if (bytes?.length !== 20) return undefined;
  const directQueueLength = readU32(attributes.get(TCA_HTB_DIRECT_QLEN));
  return {
    r2q: bytes.readUInt32LE(4),
    defaultClass: bytes.readUInt32LE(8),
    directPackets: bytes.readUInt32LE(16),
    ...(directQueueLength !== undefined && { directQueueLength }),
  };
}

export function writeHtb(spec: Partial<Htb>): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(3, 0);
  bytes.writeUInt32LE(fitting(spec.r2q ?? 10, maxU32, 'r2q'), 4);
  bytes.writeUInt32LE(fitting(spec.defaultClass ?? 0, maxU32, 'the default class'), 8);
  const length = spec.directQueueLength;
  return Buffer.concat([
    attribute(TCA_HTB_INIT, bytes),
    ...(length === undefined ? [] : [u32Attribute(TCA_HTB_DIRECT_QLEN, length)]),
  ]);
}

/** struct tc_htb_opt: rate, ceil, buffer, cbuffer, quantum, level, prio; buffers in ticks */
const classSize = 2 * rateSpecSize + 20;

export function readHtbClass(options: Buffer): HtbClass | undefined {
  const attributes = readAttributes(options);
  const bytes = attributes.get(TCA_HTB_PARMS);
  if (bytes?.length !== classSize) return undefined;
  const spec = readRate(bytes, 0, readU64(attributes.get(TCA_HTB_RATE64)));
  const { rate: ceil } = readRate(bytes, rateSpecSize, readU64(attributes.get(TCA_HTB_CEIL64)));
  return {
    ...spec,
    ceil,
    burst: sentBytes(spec.rate, bytes.readUInt32LE(24)),
    cburst: sentBytes(ceil, bytes.readUInt32LE(28)),
    quantum: bytes.readUInt32LE(32),
    level: bytes.readUInt32LE(36),
    prio: bytes.readUInt32LE(40),
  };
}

export type HtbClassSpec = Pick<HtbClass, 'rate'> & Partial<HtbClass>;

export function writeHtbClass(spec: HtbClassSpec): Buffer {
  const { rate, ceil = rate } = spec;
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32LE(sendTicks(rate, spec.burst ?? leastBurst(rate)), 0);
  numbers.writeUInt32LE(sendTicks(ceil, spec.cburst ?? leastBurst(ceil)), 4);
  // 0: the kernel computes it from the rate.
  numbers.writeUInt32LE(fitting(spec.quantum ?? 0, maxU32, 'the quantum'), 8);
  numbers.writeUInt32LE(fitting(spec.prio ?? 0, maxU32, 'prio'), 16);
  const big = (type: number, value: number) =>
    needs64(value) ? [attribute(type, u64(type).write(value))] : [];
  return Buffer.concat([
    ...big(TCA_HTB_RATE64, rate),
    ...big(TCA_HTB_CEIL64, ceil),
    attribute(
      TCA_HTB_PARMS,
      Buffer.concat([writeRate(rate, spec), writeRate(ceil, spec), numbers]),
    ),
  ]);
}

/** One packet of Ethernet's size with all headers, and what comes between two timer ticks of 1 ns. */
const leastBurst = (rate: number): number => 1600 + Math.floor(rate / 1e9);
