import { readAttributes, readU64, type Attributes } from '../../message.ts';

/** What a queue has done. `backlog` is in bytes, `qlen` in packets. */
export interface QueueStats {
  bytes: number;
  packets: number;
  drops: number;
  overlimits: number;
  requeues: number;
  backlog: number;
  qlen: number;
  /** Bits and packets per second, where an estimator runs. */
  rate?: { bps: number; pps: number };
}

const TCA_STATS_BASIC = 1;
const TCA_STATS_RATE_EST = 2;
const TCA_STATS_QUEUE = 3;
const TCA_STATS_RATE_EST64 = 5;
const TCA_STATS_PKT64 = 8;

/** The value of TCA_STATS2. */
export function readStats(value: Buffer): QueueStats | undefined {
  const attributes = readAttributes(value);
  const basic = attributes.get(TCA_STATS_BASIC);
  const queue = attributes.get(TCA_STATS_QUEUE);
  // struct gnet_stats_basic: bytes in 64 bits, packets in 32, then padding
  if (!basic || basic.length < 12 || basic.length > 16) return undefined;
  // struct gnet_stats_queue: qlen, backlog, drops, requeues, overlimits
  const queued = (i: number) => (queue?.length === 20 ? queue.readUInt32LE(4 * i) : 0);
  const rate = estimate(attributes);
  return {
    bytes: Number(basic.readBigUInt64LE(0)),
    packets: readU64(attributes.get(TCA_STATS_PKT64)) ?? basic.readUInt32LE(8),
    drops: queued(2),
    overlimits: queued(4),
    requeues: queued(3),
    backlog: queued(1),
    qlen: queued(0),
    ...(rate && { rate }),
  };
}

/** struct gnet_stats_rate_est: bytes and packets per second */
function estimate(attributes: Attributes): { bps: number; pps: number } | undefined {
  const big = attributes.get(TCA_STATS_RATE_EST64);
  if (big?.length === 16) {
    return { bps: Number(big.readBigUInt64LE(0)) * 8, pps: Number(big.readBigUInt64LE(8)) };
  }
  const small = attributes.get(TCA_STATS_RATE_EST);
  return small?.length === 8
    ? { bps: small.readUInt32LE(0) * 8, pps: small.readUInt32LE(4) }
    : undefined;
}
