/**
 * Netlink's framing: messages of a 16-byte header, a fixed struct and attributes (length, type,
 * value), everything aligned to 4 bytes. Numbers are in host order, which is little endian on every
 * machine that Node's releases for Linux run on except s390x.
 */

export interface Header {
  type: number;
  flags: number;
  seq: number;
  /** Port id of the process that caused the message; 0 for the kernel itself. */
  pid: number;
}

export interface Message {
  header: Header;
  /** What follows the header; a view of the received bytes. */
  payload: Buffer;
}

/** Attribute values by type, the last one of a type wins. Views of the received bytes. */
export type Attributes = ReadonlyMap<number, Buffer>;

const headerSize = 16;
const align = (length: number): number => (length + 3) & ~3;

/** The upper two bits of a type are the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const NLA_TYPE_MASK = 0x3fff;

/** One attribute, padded. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(align(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

export const u8Attribute = (type: number, value: number): Buffer =>
  attribute(type, Buffer.from([value]));

export function u16Attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return attribute(type, bytes);
}

/** Signed numbers are written as their two's complement. */
export function u32Attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return attribute(type, bytes);
}

/** With the terminating NUL that names need. */
export const nameAttribute = (type: number, text: string): Buffer =>
  attribute(type, Buffer.from(`${text}\0`));

/** Without a NUL, as iproute2 sends kinds and aliases. */
export const textAttribute = (type: number, text: string): Buffer =>
  attribute(type, Buffer.from(text));

/** Attributes in an attribute; rtnetlink does not ask for NLA_F_NESTED. */
export const nestedAttribute = (type: number, parts: readonly Uint8Array[]): Buffer =>
  attribute(type, Buffer.concat(parts));

/** A whole request. `seq` and the sender's port are filled in when it is sent. */
export function message(type: number, flags: number, parts: readonly Uint8Array[]): Buffer {
  const payload = Buffer.concat(parts.map(padded));
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(headerSize + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, payload]);
}

/** Sets the sequence number of a message made by `message`. */
export function numbered(request: Buffer, seq: number): Buffer {
  request.writeUInt32LE(seq >>> 0, 8);
  return request;
}

/**
 * Splits what one recv returned. A cut or malformed rest is dropped: the kernel does not send one,
 * and a decoder of foreign bytes must neither throw nor loop.
 */
export function readMessages(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  let at = 0;
  while (at + headerSize <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    if (length < headerSize || at + length > bytes.length) break;
    messages.push({
      header: {
        type: bytes.readUInt16LE(at + 4),
        flags: bytes.readUInt16LE(at + 6),
        seq: bytes.readUInt32LE(at + 8),
        pid: bytes.readUInt32LE(at + 12),
      },
      payload: bytes.subarray(at + headerSize, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** The attributes that follow `offset` bytes of fixed struct. */
export function readAttributes(bytes: Buffer, offset = 0): Attributes {
  const attributes = new Map<number, Buffer>();
  eachAttribute(bytes, offset, (type, value) => attributes.set(type, value));
  return attributes;
}

/** The attributes in an attribute; none if it is absent. */
export const readNested = (attributes: Attributes, type: number): Attributes => {
  const value = attributes.get(type);
  return value ? readAttributes(value) : new Map();
};

/** As readAttributes, with every attribute of a repeated type. */
export function attributeList(bytes: Buffer, offset = 0): { type: number; value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  eachAttribute(bytes, offset, (type, value) => attributes.push({ type, value }));
  return attributes;
}

/** Ends at the first one that does not fit. */
function eachAttribute(
  bytes: Buffer,
  offset: number,
  visit: (type: number, value: Buffer) => void,
): void {
  let at = align(offset);
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    visit(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
}

/** Values of the wrong length read as undefined, like absent ones. */
export const readU8 = (value: Buffer | undefined): number | undefined =>
  value?.length === 1 ? value.readUInt8() : undefined;
export const readU16 = (value: Buffer | undefined): number | undefined =>
  value?.length === 2 ? value.readUInt16LE() : undefined;
export const readU32 = (value: Buffer | undefined): number | undefined =>
  value?.length === 4 ? value.readUInt32LE() : undefined;
export const readS32 = (value: Buffer | undefined): number | undefined =>
  value?.length === 4 ? value.readInt32LE() : undefined;
/** Exact up to 2^53. */
export const readU64 = (value: Buffer | undefined): number | undefined =>
  value?.length === 8 ? Number(value.readBigUInt64LE()) : undefined;

/** Text up to the first NUL. */
export function readText(value: Buffer | undefined): string | undefined {
  if (!value) return undefined;
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

function padded(part: Uint8Array): Uint8Array {
  if (part.length % 4 === 0) return part;
  const bytes = new Uint8Array(align(part.length));
  bytes.set(part);
  return bytes;
}
