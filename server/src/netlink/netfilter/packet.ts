import { readIp } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';

/** The little of a packet that tells it from others. */
export interface PacketHeaders {
  source: string;
  destination: string;
  /** `tcp`, `udp`, `icmp`, … or the number; of IPv6 that of the first header behind the fixed one. */
  protocol: string;
  /** Time to live, or hop limit. */
  ttl: number;
  /** Bytes of the whole IP packet. */
  length: number;
  /** IPv4 identification; 0 is no identification. */
  ipId?: number;
  /** IPv4 fragments: bytes before this one in the whole, and whether more follow. */
  fragment?: { offset: number; more: boolean };
  transport?: TransportHeader;
}

export type TransportHeader =
  | {
      kind: 'tcp';
      sourcePort: number;
      destinationPort: number;
      seq: number;
      ack: number;
      /** `SYN`, `ACK`, … lowest bit first. */
      flags: string[];
    }
  | { kind: 'udp'; sourcePort: number; destinationPort: number }
  | {
      kind: 'icmp';
      type: number;
      code: number;
      /** Of echo requests and replies. */
      echo?: { id: number; seq: number };
    };

/**
 * Decodes headers as traces have them: cut to their beginnings. Undefined without a whole IPv4 or
 * IPv6 header.
 */
export function decodePacket(
  network: Buffer | undefined,
  transport: Buffer | undefined,
): PacketHeaders | undefined {
  const version = (network?.[0] ?? 0) >> 4;
  if (network && version === 4) return decodeIpv4(network, transport);
  return network && version === 6 ? decodeIpv6(network, transport) : undefined;
}

function decodeIpv4(header: Buffer, transport: Buffer | undefined): PacketHeaders | undefined {
  if (header.length < 20 || (header.readUInt8(0) & 0xf) < 5) return undefined;
  const source = readIp(header.subarray(12, 16), 4);
  const destination = readIp(header.subarray(16, 20), 4);
  if (source === undefined || destination === undefined) return undefined;
  const protocol = header.readUInt8(9);
  const fragment = header.readUInt16BE(6);
  const offset = (fragment & 0x1fff) * 8;
  const more = (fragment & 0x2000) !== 0;
  // Later fragments begin in the middle of the data.
  const next = offset === 0 ? decodeTransport(protocol, transport) : undefined;
  return {
    source,
    destination,
    protocol: protocolWord(protocol),
    ttl: header.readUInt8(8),
    length: header.readUInt16BE(2),
    ipId: header.readUInt16BE(4),
    ...((offset > 0 || more) && { fragment: { offset, more } }),
    ...(next && { transport: next }),
  };
}

function decodeIpv6(header: Buffer, transport: Buffer | undefined): PacketHeaders | undefined {
  if (header.length < 40) return undefined;
  const source = readIp(header.subarray(8, 24), 6);
  const destination = readIp(header.subarray(24, 40), 6);
  if (source === undefined || destination === undefined) return undefined;
  const protocol = header.readUInt8(6);
  const next = decodeTransport(protocol, transport);
  return {
    source,
    destination,
    protocol: protocolWord(protocol),
    ttl: header.readUInt8(7),
    length: 40 + header.readUInt16BE(4),
    ...(next && { transport: next }),
  };
}

const protocolWord = (number: number): string => nf.protocolNames.get(number) ?? String(number);

const tcpFlags = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

function decodeTransport(protocol: number, bytes: Buffer | undefined): TransportHeader | undefined {
  if (!bytes) return undefined;
  if (protocol === nf.IPPROTO_TCP) {
    if (bytes.length < 14) return undefined;
    const bits = bytes.readUInt8(13);
    return {
      kind: 'tcp',
      sourcePort: bytes.readUInt16BE(0),
      destinationPort: bytes.readUInt16BE(2),
      seq: bytes.readUInt32BE(4),
      ack: bytes.readUInt32BE(8),
      flags: tcpFlags.filter((_, i) => (bits & (1 << i)) !== 0),
    };
  }
  if (protocol === nf.IPPROTO_UDP) {
    if (bytes.length < 4) return undefined;
    return {
      kind: 'udp',
      sourcePort: bytes.readUInt16BE(0),
      destinationPort: bytes.readUInt16BE(2),
    };
  }
  if (protocol === nf.IPPROTO_ICMP || protocol === nf.IPPROTO_ICMPV6) {
    if (bytes.length < 2) return undefined;
    const type = bytes.readUInt8(0);
    const echoes = protocol === nf.IPPROTO_ICMP ? [0, 8] : [128, 129];
    const isEcho = echoes.includes(type) && bytes.length >= 8;
    return {
      kind: 'icmp',
      type,
      code: bytes.readUInt8(1),
      ...(isEcho && { echo: { id: bytes.readUInt16BE(4), seq: bytes.readUInt16BE(6) } }),
    };
  }
  return undefined;
}
