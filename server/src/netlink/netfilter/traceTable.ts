import { bitsOf, parseCidr, parseIp, toBytes, type Cidr, type Family } from '@cnilab/shared/cni/ip';
import { NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE } from '../constants.ts';
import { attribute, nameAttribute } from '../message.ts';
import { be32, nested, nfMessage } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import { familyNumber } from './nftWords.ts';
import { nftType } from './requests.ts';

/** Which packets to trace; what is left out matches all. */
export interface TraceMatch {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, … or a number. */
  protocol?: string | number;
  /** Addresses or prefixes, of one family. */
  source?: string;
  destination?: string;
  /** Of protocols that have ports; `protocol` must be given with them. */
  sourcePort?: number;
  destinationPort?: number;
}

export interface TraceTableOptions {
  /** `cnilab` unless given. */
  name?: string;
  /** `bridge` sees frames that a bridge forwards; `inet` (the default) what the machine handles. */
  family?: 'inet' | 'bridge';
  /** A packet that any of them matches is traced; all packets unless given. */
  matches?: readonly TraceMatch[];
  /**
   * Adds chains without rules behind all others of input, forward and postrouting: a packet then
   * tells where it went, by which interfaces, and what it looked like after all translations.
   */
  path?: boolean;
}

/** Before conntrack and all of iptables (raw is -300), so that no rule is missed. */
const firstPriority = -350;

const chains = [
  { name: 'prerouting', hook: nf.NF_INET_PRE_ROUTING, priority: firstPriority },
  { name: 'output', hook: nf.NF_INET_LOCAL_OUT, priority: firstPriority },
];

/** Behind the translation of sources (100). Bridges number their hooks alike. */
const lastPriority = 350;

const pathChains = [
  { name: 'input', hook: nf.NF_INET_LOCAL_IN, priority: lastPriority },
  { name: 'forward', hook: nf.NF_INET_FORWARD, priority: lastPriority },
  { name: 'postrouting', hook: nf.NF_INET_POST_ROUTING, priority: lastPriority },
];

/**
 * The requests of a transaction that makes a table whose only effect is that packets are traced. It
 * belongs to the socket that sends it: nobody else can change it, and it goes with the socket. One
 * that is there already is put in the place of. Throws a TypeError for a match that makes no sense.
 */
export function traceTableRequests(options: TraceTableOptions = {}): Buffer[] {
  const { name = 'cnilab', family = 'inet', matches = [{}], path = false } = options;
  const request = (operation: number, flags: number, parts: readonly Buffer[]) =>
    nfMessage(nftType(operation), NLM_F_ACK | flags, familyNumber(family), parts);
  const owned = request(nft.NFT_MSG_NEWTABLE, NLM_F_CREATE, [
    nameAttribute(nft.NFTA_TABLE_NAME, name),
    be32(nft.NFTA_TABLE_FLAGS, nft.NFT_TABLE_F_OWNER),
  ]);
  const expressions = matches.map((match) => matchExpressions(match, family));
  return [
    // Deleting needs one to be there.
    owned,
    ...traceTableDeletion(options),
    Buffer.from(owned),
    ...[...chains, ...(path ? pathChains : [])].map((chain) =>
      request(nft.NFT_MSG_NEWCHAIN, NLM_F_CREATE, [
        nameAttribute(nft.NFTA_CHAIN_TABLE, name),
        nameAttribute(nft.NFTA_CHAIN_NAME, chain.name),
        nested(nft.NFTA_CHAIN_HOOK, [
          be32(nft.NFTA_HOOK_HOOKNUM, chain.hook),
          be32(nft.NFTA_HOOK_PRIORITY, chain.priority),
        ]),
        nameAttribute(nft.NFTA_CHAIN_TYPE, 'filter'),
      ]),
    ),
    ...chains.flatMap((chain) =>
      expressions.map((parts) =>
        request(nft.NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [
          nameAttribute(nft.NFTA_RULE_TABLE, name),
          nameAttribute(nft.NFTA_RULE_CHAIN, chain.name),
          nested(nft.NFTA_RULE_EXPRESSIONS, [...parts, ...traceOn]),
        ]),
      ),
    ),
  ];
}

/** The requests of a transaction that removes it. */
export function traceTableDeletion(options: TraceTableOptions = {}): Buffer[] {
  const { name = 'cnilab', family = 'inet' } = options;
  const parts = [nameAttribute(nft.NFTA_TABLE_NAME, name)];
  return [nfMessage(nftType(nft.NFT_MSG_DELTABLE), NLM_F_ACK, familyNumber(family), parts)];
}

const expression = (name: string, parts: readonly Buffer[]): Buffer =>
  nested(nft.NFTA_LIST_ELEM, [
    nameAttribute(nft.NFTA_EXPR_NAME, name),
    nested(nft.NFTA_EXPR_DATA, parts),
  ]);
const data = (type: number, bytes: Uint8Array): Buffer =>
  nested(type, [attribute(nft.NFTA_DATA_VALUE, bytes)]);

/** `meta nftrace set 1` */
const traceOn = [
  expression('immediate', [
    be32(nft.NFTA_IMMEDIATE_DREG, nft.NFT_REG_1),
    data(nft.NFTA_IMMEDIATE_DATA, Buffer.from([1])),
  ]),
  expression('meta', [
    be32(nft.NFTA_META_KEY, nft.NFT_META_NFTRACE),
    be32(nft.NFTA_META_SREG, nft.NFT_REG_1),
  ]),
];

const isEqual = (bytes: Uint8Array): Buffer =>
  expression('cmp', [
    be32(nft.NFTA_CMP_SREG, nft.NFT_REG_1),
    be32(nft.NFTA_CMP_OP, nft.NFT_CMP_EQ),
    data(nft.NFTA_CMP_DATA, bytes),
  ]);
const load = (base: number, offset: number, length: number): Buffer =>
  expression('payload', [
    be32(nft.NFTA_PAYLOAD_DREG, nft.NFT_REG_1),
    be32(nft.NFTA_PAYLOAD_BASE, base),
    be32(nft.NFTA_PAYLOAD_OFFSET, offset),
    be32(nft.NFTA_PAYLOAD_LEN, length),
  ]);
const meta = (key: number): Buffer =>
  expression('meta', [be32(nft.NFTA_META_DREG, nft.NFT_REG_1), be32(nft.NFTA_META_KEY, key)]);

function matchExpressions(match: TraceMatch, family: 'inet' | 'bridge'): Buffer[] {
  const source = match.source === undefined ? undefined : prefix(match.source);
  const destination = match.destination === undefined ? undefined : prefix(match.destination);
  if (source && destination && source.family !== destination.family) {
    throw new TypeError(
      `no packet goes from ${match.source} to ${match.destination}: give two addresses of one family`,
    );
  }
  const ip = source?.family ?? destination?.family;
  const ports = [match.sourcePort, match.destinationPort];
  if (ports.some((port) => port !== undefined) && match.protocol === undefined) {
    throw new TypeError('a port needs a protocol: give tcp or udp with it');
  }
  return [
    ...(ip === undefined ? [] : ofFamily(ip, family)),
    ...(match.protocol === undefined
      ? []
      : [meta(nft.NFT_META_L4PROTO), isEqual(Buffer.from([protocolNumber(match.protocol)]))]),
    ...(source ? address(source, source.family === 4 ? 12 : 8) : []),
    ...(destination ? address(destination, destination.family === 4 ? 16 : 24) : []),
    ...ports.flatMap((port, i) => (port === undefined ? [] : portEquals(port, 2 * i))),
  ];
}

/** Tables of bridges know the protocol by the frame's type only. */
function ofFamily(ip: Family, family: 'inet' | 'bridge'): Buffer[] {
  if (family === 'inet') {
    return [
      meta(nft.NFT_META_NFPROTO),
      isEqual(Buffer.from([ip === 4 ? nf.NFPROTO_IPV4 : nf.NFPROTO_IPV6])),
    ];
  }
  const type = Buffer.alloc(2);
  type.writeUInt16BE(ip === 4 ? nf.ETH_P_IP : nf.ETH_P_IPV6);
  return [meta(nft.NFT_META_PROTOCOL), isEqual(type)];
}

function address({ family, address: value, prefix: length }: Cidr, offset: number): Buffer[] {
  const bits = bitsOf(family);
  if (length === 0) return [];
  const mask = ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
  const loaded = load(nft.NFT_PAYLOAD_NETWORK_HEADER, offset, bits / 8);
  if (length === bits) return [loaded, isEqual(toBytes({ family, value }))];
  return [
    loaded,
    expression('bitwise', [
      be32(nft.NFTA_BITWISE_SREG, nft.NFT_REG_1),
      be32(nft.NFTA_BITWISE_DREG, nft.NFT_REG_1),
      be32(nft.NFTA_BITWISE_LEN, bits / 8),
      data(nft.NFTA_BITWISE_MASK, toBytes({ family, value: mask })),
      data(nft.NFTA_BITWISE_XOR, Buffer.alloc(bits / 8)),
    ]),
    isEqual(toBytes({ family, value: value & mask })),
  ];
}

function portEquals(port: number, offset: number): Buffer[] {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`there is no port ${port}: give one from 0 to 65535`);
  }
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return [load(nft.NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2), isEqual(bytes)];
}

function prefix(text: string): Cidr {
  const ip = parseIp(text);
  if (ip) return { family: ip.family, address: ip.value, prefix: bitsOf(ip.family) };
  const cidr = parseCidr(text);
  if (cidr) return cidr;
  throw new TypeError(`${text} is no address: give one such as 10.0.0.1, 10.0.0.0/24 or fd00::1`);
}

const protocolNumbers = new Map([...nf.protocolNames].map(([number, name]) => [name, number]));

function protocolNumber(protocol: string | number): number {
  const number = typeof protocol === 'number' ? protocol : protocolNumbers.get(protocol);
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 255) {
    return number;
  }
  throw new TypeError(`${protocol} is no protocol: give tcp, udp, icmp, icmpv6 or a number`);
}
