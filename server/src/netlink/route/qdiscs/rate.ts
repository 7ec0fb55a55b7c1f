import { fitting, maxU32 } from '../values.ts';

/** Rates and times of traffic control. The kernel counts time in ticks of 64 ns. */

const ticksPerMicrosecond = 15.625;

export const ticksOf = (microseconds: number): number =>
  Math.min(Math.ceil(microseconds * ticksPerMicrosecond), 0xffff_ffff);

export const microsecondsOf = (ticks: number): number => Math.floor(ticks / ticksPerMicrosecond);

/** The ticks that `bytes` take at `rate` bytes a second, and back. */
export const sendTicks = (rate: number, bytes: number): number =>
  ticksOf(Math.floor((1e6 * bytes) / rate));
export const sentBytes = (rate: number, ticks: number): number =>
  Math.floor((rate * microsecondsOf(ticks)) / 1e6);

/** What is added to the size of each packet. */
export interface Framing {
  linkLayer?: string;
  /** Bytes. */
  overhead?: number;
  /** The least size of a packet in bytes. */
  mpu?: number;
}

export interface RateSpec extends Framing {
  /** Bytes per second. */
  rate: number;
}

export const rateSpecSize = 12;

/** struct tc_ratespec: cell_log, linklayer, overhead, cell_align, mpu, rate */
export function readRate(bytes: Buffer, at: number, rate64: number | undefined): RateSpec {
  const layer = linkLayers[bytes.readUInt8(at + 1) & 0xf];
  const overhead = bytes.readUInt16LE(at + 2);
  const mpu = bytes.readUInt16LE(at + 6);
  return {
    rate: rate64 ?? bytes.readUInt32LE(at + 8),
    ...(layer !== undefined && { linkLayer: layer }),
    ...(overhead !== 0 && { overhead }),
    ...(mpu !== 0 && { mpu }),
  };
}

/** A rate beyond 32 bits is told in an attribute of its own as well. */
export function writeRate(rate: number, framing: Framing = {}): Buffer {
  const bytes = Buffer.alloc(rateSpecSize);
  // With a known link layer the kernel needs no table of sizes.
  bytes[1] = framing.linkLayer === 'atm' ? 2 : 1;
  bytes.writeUInt16LE(fitting(framing.overhead ?? 0, 0xffff, 'overhead'), 2);
  bytes.writeUInt16LE(fitting(framing.mpu ?? 0, 0xffff, 'mpu'), 6);
  fitting(rate, Number.MAX_SAFE_INTEGER, 'a rate');
  bytes.writeUInt32LE(Math.min(rate, maxU32), 8);
  return bytes;
}

export const needs64 = (rate: number): boolean => rate > 0xffff_ffff;

const linkLayers: readonly (string | undefined)[] = [undefined, 'ethernet', 'atm'];
