/**
 * IP addresses as Go's net package reads and prints them, because CNI plugins do: no leading zeros
 * in IPv4 octets, no short forms, no zones, RFC 5952 output, and IPv4-mapped IPv6 is IPv4.
 */

export type Family = 4 | 6;

export interface Ip {
  family: Family;
  value: bigint;
}

/** An address with its prefix length; the host bits of `address` may be set. */
export interface Cidr {
  family: Family;
  address: bigint;
  prefix: number;
}

/** Bits of an address: 32 or 128. */
export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

/** The address, or undefined where Go's net.ParseIP gives nil. */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === undefined ? undefined : unmapped(value);
}

/** Canonical text. */
export function formatIp({ family, value }: Ip): string {
  if (family === 4 || value >> 32n === mappedPrefix) return formatIpv4(value & 0xffff_ffffn);
  return formatIpv6(value);
}

/** `10.0.0.1/24` with its host bits kept, or undefined where Go's net.ParseCIDR fails. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const addressText = text.slice(0, slash);
  const prefixText = text.slice(slash + 1);
  const ip = parseIp(addressText);
  if (!ip || !/^[0-9]+$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (!addressText.includes(':')) {
    return prefix <= 32 ? { family: 4, address: ip.value, prefix } : undefined;
  }
  if (prefix > 128) return undefined;
  if (ip.family === 6) return { family: 6, address: ip.value, prefix };
  // An IPv4-mapped address: Go masks its 128 bits and then prints what is left as IPv4.
  if (prefix >= 96) return { family: 4, address: ip.value, prefix: prefix - 96 };
  return { family: 6, address: (mappedPrefix << 32n) | ip.value, prefix };
}

export const formatCidr = ({ family, address, prefix }: Cidr): string =>
  `${formatIp({ family, value: address })}/${prefix}`;

/** The address part of a CIDR. */
export const addressOf = ({ family, address }: Cidr): Ip => ({ family, value: address });

/** The same prefix with its host bits cleared: 10.0.0.7/24 → 10.0.0.0/24. */
export function network({ family, address, prefix }: Cidr): Cidr {
  const hostBits = BigInt(bitsOf(family) - prefix);
  return { family, address: (address >> hostBits) << hostBits, prefix };
}

/** The last address of the prefix: for IPv4 up to /30 its broadcast address. */
export function last({ family, address, prefix }: Cidr): Ip {
  const hostMask = (1n << BigInt(bitsOf(family) - prefix)) - 1n;
  return { family, value: address | hostMask };
}

export function contains(cidr: Cidr, ip: Ip): boolean {
  const hostBits = BigInt(bitsOf(cidr.family) - cidr.prefix);
  return cidr.family === ip.family && cidr.address >> hostBits === ip.value >> hostBits;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a.prefix <= b.prefix ? a : b, addressOf(a.prefix <= b.prefix ? b : a));
}

/** 4 or 16 bytes in network order. */
export function toBytes({ family, value }: Ip): Uint8Array {
  const bytes = new Uint8Array(bitsOf(family) / 8);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The address in 4 or 16 bytes; undefined for any other length. */
export function fromBytes(bytes: Uint8Array): Ip | undefined {
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: bytes.length === 4 ? 4 : 6, value };
}

/** The upper 96 bits of ::ffff:0:0/96. */
const mappedPrefix = 0xffffn;

const unmapped = (value: bigint): Ip =>
  value >> 32n === mappedPrefix ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };

const octet = '(0|[1-9][0-9]{0,2})';
const ipv4Pattern = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`);

function parseIpv4(text: string): bigint | undefined {
  const match = ipv4Pattern.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1).map(Number);
  if (octets.some((n) => n > 255)) return undefined;
  return octets.reduce((sum, n) => (sum << 8n) | BigInt(n), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const [head, tail, ...more] = text.split('::');
  if (head === undefined || more.length > 0) return undefined;
  if (tail === undefined) {
    const groups = parseGroups(head);
    return groups?.length === 8 ? join(groups) : undefined;
  }
  // Dotted IPv4 is allowed in the last place only.
  if (head.includes('.')) return undefined;
  const before = parseGroups(head);
  const after = parseGroups(tail);
  if (!before || !after || before.length + after.length > 7) return undefined;
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return join([...before, ...zeros, ...after]);
}

/** The 16-bit groups of colon-separated text, which may end in dotted IPv4. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const ipv4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 === undefined) return undefined;
    groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
  }
  return groups;
}

const join = (groups: number[]): bigint => groups.reduce((sum, n) => (sum << 16n) | BigInt(n), 0n);

const formatIpv4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((value >> BigInt(112 - 16 * i)) & 0xffffn),
  );
  // RFC 5952: the first longest run of at least two zero groups becomes `::`.
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end - 1;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}
