import { fitting, maxU32 } from '../values.ts';

/** Three bands, of which a packet's priority chooses one. */
export interface PfifoFast {
  bands: number;
  /** The band of each priority. */
  priorityMap: number[];
}

/** struct tc_prio_qopt: number of bands, 16 bytes of map */
export function readPfifoFast(options: Buffer): PfifoFast | undefined {
  if (options.length < 20) return undefined;
  return { bands: options.readInt32LE(0), priorityMap: [...options.subarray(4, 20)] };
}

/** One queue; `limit` in packets (pfifo) or bytes (bfifo). */
export interface Fifo {
  limit: number;
}

/** struct tc_fifo_qopt */
export const readFifo = (options: Buffer): Fifo | undefined =>
  options.length === 4 ? { limit: options.readUInt32LE() } : undefined;

export function writeFifo({ limit }: Fifo): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(fitting(limit, maxU32, 'the limit of a queue'));
  return bytes;
}
