import { attribute, readAttributes, readU64 } from '../../message.ts';
import { u64 } from '../fields.ts';
import { fitting, maxU32 } from '../values.ts';
import {
  microsecondsOf,
  needs64,
  rateSpecSize,
  readRate,
  sendTicks,
  sentBytes,
  writeRate,
  type Framing,
} from './rate.ts';

/** A token bucket: sends at a rate, and up to `burst` bytes at once. */
export interface Tbf extends Framing {
  /** Bytes per second. */
  rate: number;
  /** Bytes. */
  burst: number;
  /** Bytes that may wait. */
  limit: number;
  /** Microseconds that the last of these waits; absent when negative. */
  latency?: number;
  peakRate?: number;
  /** Bytes at the peak rate. */
  minBurst?: number;
}

const TCA_TBF_PARMS = 1;
const TCA_TBF_RATE64 = 4;
const TCA_TBF_PRATE64 = 5;

/** struct tc_tbf_qopt: rate, peak rate, limit, buffer, mtu; buffer and mtu in ticks */
const size = 2 * rateSpecSize + 12;

export function readTbf(options: Buffer): Tbf | undefined {
  const attributes = readAttributes(options);
  const bytes = attributes.get(TCA_TBF_PARMS);
  if (bytes?.length !== size) return undefined;
  const spec = readRate(bytes, 0, readU64(attributes.get(TCA_TBF_RATE64)));
  const peak = readRate(bytes, rateSpecSize, readU64(attributes.get(TCA_TBF_PRATE64))).rate;
  const limit = bytes.readUInt32LE(24);
  const buffer = bytes.readUInt32LE(28);
  const wait = Math.trunc((1e6 * limit) / spec.rate - microsecondsOf(buffer));
  return {
    ...spec,
    burst: sentBytes(spec.rate, buffer),
    limit,
    ...(Number.isFinite(wait) && wait >= 0 && { latency: wait }),
    ...(peak !== 0 && { peakRate: peak, minBurst: sentBytes(peak, bytes.readUInt32LE(32)) }),
  };
}

export type TbfSpec = Framing &
  Pick<Tbf, 'rate' | 'burst' | 'peakRate' | 'minBurst'> &
  /** How much may wait, in bytes or in microseconds. */
  ({ limit: number } | { latency: number });

export function writeTbf(spec: TbfSpec): Buffer {
  const { rate, burst, peakRate = 0, minBurst = 0 } = spec;
  const limit = 'limit' in spec ? spec.limit : Math.floor((rate * spec.latency) / 1e6) + burst;
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(fitting(limit, maxU32, 'the limit of tbf'), 0);
  numbers.writeUInt32LE(sendTicks(rate, burst), 4);
  numbers.writeUInt32LE(peakRate === 0 ? 0 : sendTicks(peakRate, minBurst), 8);
  const peak = peakRate === 0 ? Buffer.alloc(rateSpecSize) : writeRate(peakRate, spec);
  const big = (type: number, value: number) =>
    needs64(value) ? [attribute(type, u64(type).write(value))] : [];
  return Buffer.concat([
    ...big(TCA_TBF_RATE64, rate),
    ...big(TCA_TBF_PRATE64, peakRate),
    attribute(TCA_TBF_PARMS, Buffer.concat([writeRate(rate, spec), peak, numbers])),
  ]);
}
