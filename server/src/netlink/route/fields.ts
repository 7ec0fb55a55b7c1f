import { attribute, readText, type Attributes } from '../message.ts';
import { anyIpText, fitting, ipBytes, macBytes, macText, SpecError } from './values.ts';
import { numberOf, word, type Words } from './words.ts';

/**
 * Attributes as fields of an object: a table names each with its number and how its bytes are read
 * and written, and serves for both directions. Values of a wrong length read as absent.
 */
export interface Field<T> {
  type: number;
  read(bytes: Buffer): T | undefined;
  write(value: T): Uint8Array;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The object that a table of fields reads and writes. */
export type Values<F> = { [K in keyof F]?: F[K] extends Field<infer T> ? T : never };

/** Each value is what the field of its name reads. */
export function readFields<F extends Fields>(fields: F, attributes: Attributes): Values<F>;
export function readFields(fields: Fields, attributes: Attributes): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  if (attributes.size === 0) return values;
  for (const [name, { type, read }] of entriesOf(fields)) {
    const bytes = attributes.get(type);
    const value = bytes && read(bytes);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The attributes of the values that are there, in the order of the table. */
export function writeFields<F extends Fields>(fields: F, values: Values<F>): Buffer[] {
  return entriesOf(fields).flatMap(([name, { type, write }]) => {
    const value: unknown = values[name];
    return value === undefined ? [] : [attribute(type, write(value))];
  });
}

const tables = new WeakMap<Fields, [string, Field<unknown>][]>();

function entriesOf(fields: Fields): [string, Field<unknown>][] {
  const known = tables.get(fields);
  if (known) return known;
  const entries = Object.entries(fields);
  tables.set(fields, entries);
  return entries;
}

export const u8 = (type: number) => numeric(type, 1, 'readUInt8', 'writeUInt8');
export const u16 = (type: number) => numeric(type, 2, 'readUInt16LE', 'writeUInt16LE');
export const u32 = (type: number) => numeric(type, 4, 'readUInt32LE', 'writeUInt32LE');
export const s32 = (type: number) => numeric(type, 4, 'readInt32LE', 'writeInt32LE');
/** In network order. */
export const be16 = (type: number) => numeric(type, 2, 'readUInt16BE', 'writeUInt16BE');
export const be32 = (type: number) => numeric(type, 4, 'readUInt32BE', 'writeUInt32BE');

/** Exact up to 2^53. */
export const u64 = (type: number): Field<number> => ({
  type,
  read: (bytes) => (bytes.length === 8 ? Number(bytes.readBigUInt64LE()) : undefined),
  write(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(fitting(value, Number.MAX_SAFE_INTEGER, 'a counter')));
    return bytes;
  },
});

/** 0 or 1 in a byte. */
export const bool = (type: number): Field<boolean> => through(u8(type), (n) => n !== 0, Number);

/** There or not; it is written only if true. */
export const flag = (type: number): Field<true> => ({
  type,
  read: (bytes) => (bytes.length === 0 ? true : undefined),
  write: () => Buffer.alloc(0),
});

/** A number that has a word. */
export const named = (field: Field<number>, words: Words): Field<string> =>
  through(
    field,
    (number) => word(words, number),
    (text) => {
      const number = numberOf(words, text);
      if (number !== undefined) return number;
      throw new SpecError(`"${text}" is not one of ${[...words.values()].join(', ')}`);
    },
  );

export const mac = (type: number): Field<string> => ({
  type,
  read: (bytes) => (bytes.length === 6 ? macText(bytes) : undefined),
  write: macBytes,
});

/** IPv4 or IPv6, as the length says. */
export const ip = (type: number): Field<string> => ({ type, read: anyIpText, write: ipBytes });

/** Text up to a NUL, written with one. */
export const text = (type: number): Field<string> => ({
  type,
  read: readText,
  write: (value) => Buffer.from(`${value}\0`),
});

/** A field of which another value is made. */
export const through = <A, B>(
  field: Field<A>,
  to: (value: A) => B | undefined,
  from: (value: B) => A,
): Field<B> => ({
  type: field.type,
  read(bytes) {
    const value = field.read(bytes);
    return value === undefined ? undefined : to(value);
  },
  write: (value) => field.write(from(value)),
});

type Reader = 'readUInt8' | 'readUInt16LE' | 'readUInt32LE' | 'readInt32LE' | BigEndianReader;
type BigEndianReader = 'readUInt16BE' | 'readUInt32BE';
type Writer = 'writeUInt8' | 'writeUInt16LE' | 'writeUInt32LE' | 'writeInt32LE' | BigEndianWriter;
type BigEndianWriter = 'writeUInt16BE' | 'writeUInt32BE';

const numeric = (type: number, size: number, read: Reader, write: Writer): Field<number> => ({
  type,
  read: (bytes) => (bytes.length === size ? bytes[read]() : undefined),
  write(value) {
    const bytes = Buffer.alloc(size);
    try {
      bytes[write](value);
    } catch {
      throw new SpecError(`${value} does not fit into ${8 * size} bits`);
    }
    return bytes;
  },
});
