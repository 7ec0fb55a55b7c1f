import { attribute, readAttributes, readU64, type Attributes } from '../../message.ts';
import { readFields, u32, u64, writeFields, type Field } from '../fields.ts';
import { fitting, maxU32 } from '../values.ts';
import { microsecondsOf, needs64, ticksOf } from './rate.ts';

/** A bad line. Times are in microseconds, chances from 0 to 1. */
export interface Netem {
  /** Packets that may wait. */
  limit: number;
  delay?: number;
  jitter?: number;
  delayCorrelation?: number;
  loss?: number;
  lossCorrelation?: number;
  duplicate?: number;
  duplicateCorrelation?: number;
  /** Every so many packets one goes at once. */
  gap?: number;
  reorder?: Chance;
  corrupt?: Chance;
  rate?: NetemRate;
  /** Lost packets are marked instead. */
  ecn?: boolean;
  /** A loss model with states, of which only its kind is told. */
  lossModel?: 'state' | 'gemodel';
}

export interface Chance {
  probability: number;
  correlation: number;
}

export interface NetemRate {
  /** Bytes per second. */
  rate: number;
  packetOverhead: number;
  cellSize: number;
  cellOverhead: number;
}

const TCA_NETEM_CORR = 1;
const TCA_NETEM_LOSS = 5;
const TCA_NETEM_RATE64 = 8;

/** 32 bits for 0 to 1. */
const fraction = (number: number): number => number / 0xffff_ffff;
const chanceBits = (chance: number): number =>
  Math.round(Math.min(Math.max(chance, 0), 1) * 0xffff_ffff);

/** struct tc_netem_reorder and tc_netem_corrupt: probability, correlation */
const chance = (type: number): Field<Chance> => ({
  type,
  read: (bytes) =>
    bytes.length === 8
      ? {
          probability: fraction(bytes.readUInt32LE(0)),
          correlation: fraction(bytes.readUInt32LE(4)),
        }
      : undefined,
  write({ probability, correlation }) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(chanceBits(probability), 0);
    bytes.writeUInt32LE(chanceBits(correlation), 4);
    return bytes;
  },
});

/** struct tc_netem_rate */
const rate: Field<NetemRate> = {
  type: 6,
  read: (bytes) =>
    bytes.length === 16
      ? {
          rate: bytes.readUInt32LE(0),
          packetOverhead: bytes.readInt32LE(4),
          cellSize: bytes.readUInt32LE(8),
          cellOverhead: bytes.readInt32LE(12),
        }
      : undefined,
  write(value) {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(Math.min(value.rate, 0xffff_ffff), 0);
    bytes.writeInt32LE(value.packetOverhead, 4);
    bytes.writeUInt32LE(value.cellSize, 8);
    bytes.writeInt32LE(value.cellOverhead, 12);
    return bytes;
  },
};

const chances = { reorder: chance(3), corrupt: chance(4) };
/** Nanoseconds; without them the struct has the same in ticks. */
const times = { latency: u64(10), jitter: u64(11) };
const ecn = { ecn: u32(7) };

/** struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter; then attributes */
const size = 24;

export function readNetem(options: Buffer): Netem | undefined {
  if (options.length < size) return undefined;
  const attributes = readAttributes(options, size);
  const { latency, jitter } = readFields(times, attributes);
  const nonzero = (key: 'delay' | 'jitter' | 'loss' | 'duplicate' | 'gap', value: number) =>
    value === 0 ? {} : { [key]: value };
  return {
    limit: options.readUInt32LE(4),
    ...nonzero('delay', microseconds(latency, options.readUInt32LE(0))),
    ...nonzero('jitter', microseconds(jitter, options.readUInt32LE(20))),
    ...nonzero('loss', fraction(options.readUInt32LE(8))),
    ...nonzero('duplicate', fraction(options.readUInt32LE(16))),
    ...nonzero('gap', options.readUInt32LE(12)),
    ...correlations(attributes.get(TCA_NETEM_CORR)),
    ...readChances(attributes),
    ...readRateAndMore(attributes),
  };
}

function readChances(attributes: Attributes): Partial<Netem> {
  const { reorder, corrupt } = readFields(chances, attributes);
  return {
    ...(reorder && reorder.probability > 0 && { reorder }),
    ...(corrupt && corrupt.probability > 0 && { corrupt }),
  };
}

function readRateAndMore(attributes: Attributes): Partial<Netem> {
  const told = readFields({ rate }, attributes).rate;
  const rate64 = readU64(attributes.get(TCA_NETEM_RATE64));
  const marks = readFields(ecn, attributes).ecn;
  const loss = attributes.get(TCA_NETEM_LOSS);
  const model = loss && lossModels.find(([type]) => readAttributes(loss).has(type));
  return {
    ...(told && told.rate !== 0 && { rate: { ...told, rate: rate64 ?? told.rate } }),
    ...(marks !== undefined && marks !== 0 && { ecn: true }),
    ...(model && { lossModel: model[1] }),
  };
}

const lossModels = [
  [1, 'state'],
  [2, 'gemodel'],
] as const;

const microseconds = (nanoseconds: number | undefined, ticks: number): number =>
  nanoseconds === undefined ? microsecondsOf(ticks) : nanoseconds / 1000;

/** struct tc_netem_corr: of delay, loss, duplication */
function correlations(bytes: Buffer | undefined): Partial<Netem> {
  if (bytes?.length !== 12) return {};
  const [delay, loss, duplicate] = [0, 4, 8].map((at) => fraction(bytes.readUInt32LE(at)));
  return {
    ...(delay !== undefined && delay > 0 && { delayCorrelation: delay }),
    ...(loss !== undefined && loss > 0 && { lossCorrelation: loss }),
    ...(duplicate !== undefined && duplicate > 0 && { duplicateCorrelation: duplicate }),
  };
}

export function writeNetem(spec: Partial<Omit<Netem, 'lossModel'>>): Buffer {
  const struct = Buffer.alloc(size);
  struct.writeUInt32LE(fitting(spec.limit ?? 1000, maxU32, 'the limit of netem'), 4);
  struct.writeUInt32LE(chanceBits(spec.loss ?? 0), 8);
  // Reordering without a gap is reordering of every packet.
  struct.writeUInt32LE(fitting(spec.gap ?? (spec.reorder ? 1 : 0), maxU32, 'gap'), 12);
  struct.writeUInt32LE(chanceBits(spec.duplicate ?? 0), 16);
  struct.writeUInt32LE(ticksOf(spec.delay ?? 0), 0);
  struct.writeUInt32LE(ticksOf(spec.jitter ?? 0), 20);
  const parts: Buffer[] = [struct];
  // What does not fit into 32 bits of ticks: 274 s and more.
  const long = (value = 0) => (value > microsecondsOf(0xffff_ffff) ? value * 1000 : undefined);
  const latency = long(spec.delay);
  const jitter = long(spec.jitter);
  parts.push(
    ...writeFields(times, {
      ...(latency !== undefined && { latency: Math.round(latency) }),
      ...(jitter !== undefined && { jitter: Math.round(jitter) }),
    }),
  );
  const related = [spec.delayCorrelation, spec.lossCorrelation, spec.duplicateCorrelation];
  if (related.some((value) => value !== undefined)) {
    const bytes = Buffer.alloc(12);
    related.forEach((value, i) => bytes.writeUInt32LE(chanceBits(value ?? 0), 4 * i));
    parts.push(attribute(TCA_NETEM_CORR, bytes));
  }
  parts.push(...writeFields(chances, spec));
  if (spec.ecn === true) parts.push(...writeFields(ecn, { ecn: 1 }));
  if (spec.rate && needs64(spec.rate.rate)) {
    parts.push(attribute(TCA_NETEM_RATE64, u64(0).write(spec.rate.rate)));
  }
  if (spec.rate) parts.push(...writeFields({ rate }, { rate: spec.rate }));
  return Buffer.concat(parts);
}
