import { bitsOf, formatIp, fromBytes, parseIp, toBytes } from '@cnilab/shared/cni/ip';
import type { Family, Ip } from '@cnilab/shared/cni/ip';
import { AF_INET, AF_INET6 } from '../constants.ts';
import { nameAttribute } from '../message.ts';

/** Addresses and names between their text and their bytes. */

/** A value that cannot be written into a request, before the kernel sees it. */
export class SpecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SpecError';
  }
}

/** The number itself, if it is whole and from 0 to `max`. */
export function fitting(value: number, max: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new SpecError(`${what} is a whole number from 0 to ${max}, not ${value}`);
}

export const maxU32 = 0xffff_ffff;

/** The address families of rtnetlink. */
export const familyNumber = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);

export function familyOf(number: number | undefined): Family | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}

/** Undefined unless there are as many bytes as the family's addresses have. */
export const ipText = (bytes: Buffer | undefined, family: Family): string | undefined =>
  bytes?.length === bitsOf(family) / 8 ? anyIpText(bytes) : undefined;

/** Four bytes are IPv4, sixteen IPv6. */
export function anyIpText(bytes: Buffer | undefined): string | undefined {
  const ip = bytes && fromBytes(bytes);
  return ip && formatIp(ip);
}

/** An address of a spec. */
export function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (!ip) throw new SpecError(`"${text}" is not an IP address`);
  return ip;
}

export const ipBytes = (text: string): Uint8Array => toBytes(ipOf(text));

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `02:00:00:00:00:01`; undefined for link layers whose address is an IP address or absent. */
export function macText(bytes: Buffer | undefined): string | undefined {
  if (!bytes || bytes.length < 6 || bytes.length === 16) return undefined;
  let text = hex[bytes[0] ?? 0] ?? '';
  for (let i = 1; i < bytes.length; i += 1) text += `:${hex[bytes[i] ?? 0]}`;
  return text;
}

export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new SpecError(`"${text}" is not a MAC address such as 02:00:00:00:00:01`);
  }
  return Uint8Array.from(text.split(':'), (byte) => parseInt(byte, 16));
}

/** A name that the kernel takes: 1 to 15 bytes without `/`, white space or colon. */
export function interfaceName(type: number, name: string): Buffer {
  if (!/^[^\s/:\0]+$/.test(name) || Buffer.byteLength(name) > 15 || name === '.' || name === '..') {
    throw new SpecError(`"${name}" cannot be an interface name (1 to 15 bytes, no / : or space)`);
  }
  return nameAttribute(type, name);
}
