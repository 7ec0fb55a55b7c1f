import { readAttributes } from '../../message.ts';
import { readFields, through, u32, writeFields, type Values } from '../fields.ts';

/** Fair queues that keep delays short. Numbers are those of TCA_FQ_CODEL_…, times microseconds. */
const fields = {
  target: u32(1),
  /** Packets. */
  limit: u32(2),
  interval: u32(3),
  ecn: through(u32(4), (n: number) => n !== 0, Number),
  flows: u32(5),
  /** Bytes. */
  quantum: u32(6),
  ceThreshold: u32(7),
  dropBatch: u32(8),
  memoryLimit: u32(9),
};

export type FqCodel = Values<typeof fields>;
export const readFqCodel = (options: Buffer): FqCodel =>
  readFields(fields, readAttributes(options));
export const writeFqCodel = (spec: FqCodel): Buffer => Buffer.concat(writeFields(fields, spec));
