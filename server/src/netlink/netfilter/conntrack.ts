import type { Family } from '@cnilab/shared/cni/ip';
import { NLM_F_CREATE } from '../constants.ts';
import { readAttributes, readNested, readText, type Attributes, type Message } from '../message.ts';
import * as ct from './conntrackConstants.ts';
import {
  bitWords,
  messageType,
  nfgenmsgSize,
  present,
  readBe16,
  readBe32,
  readBe64,
  readIp,
  readNfgenmsg,
  readU8,
} from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import { wordAt } from './nftWords.ts';

/** One direction of a connection: who sends to whom. */
export interface FlowTuple {
  source: string;
  destination: string;
  /** `tcp`, `udp`, `icmp`, … or the number. */
  protocol: string;
  sourcePort?: number;
  destinationPort?: number;
  icmp?: { id: number; type: number; code: number };
  /** Of this direction only. */
  zone?: number;
}

export interface FlowCounter {
  packets: number;
  bytes: number;
}

/** A connection as the kernel tracks it. Events tell only what changed, but always both tuples. */
export interface Flow {
  family: Family;
  /** The same in dumps, events and traces for as long as the connection lives. */
  id?: number;
  zone?: number;
  original: FlowTuple;
  /** What answers look like before their addresses are translated back. */
  reply: FlowTuple;
  /** `SEEN_REPLY`, `ASSURED`, `CONFIRMED`, `SNAT`, `DNAT`, … */
  status?: string[];
  /** Seconds until it is forgotten without a packet. */
  timeout?: number;
  mark?: number;
  /** `SYN_SENT`, `ESTABLISHED`, `TIME_WAIT`, … */
  tcpState?: string;
  helper?: string;
  /** The connection that made this one expected. */
  master?: FlowTuple;
  /** With net.netfilter.nf_conntrack_acct. */
  counters?: { original: FlowCounter; reply: FlowCounter };
  /** With net.netfilter.nf_conntrack_timestamp: milliseconds since 1970. */
  start?: number;
  stop?: number;
}

export interface FlowEvent {
  kind: 'new' | 'update' | 'destroy';
  flow: Flow;
}

const CT_NEW = messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_NEW);
const CT_DELETE = messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_DELETE);

/** The connection in a message of a dump or of an event; undefined if it is not a whole one. */
export function decodeFlow({ header, payload }: Message): Flow | undefined {
  if (header.type !== CT_NEW && header.type !== CT_DELETE) return undefined;
  const family = familyOf(payload);
  if (family === undefined) return undefined;
  const a = readAttributes(payload, nfgenmsgSize);
  const original = readTuple(a.get(ct.CTA_TUPLE_ORIG), family);
  const reply = readTuple(a.get(ct.CTA_TUPLE_REPLY), family);
  if (!original || !reply) return undefined;
  const status = readBe32(a.get(ct.CTA_STATUS));
  const optional = {
    id: readBe32(a.get(ct.CTA_ID)),
    zone: readBe16(a.get(ct.CTA_ZONE)),
    status: status === undefined ? undefined : bitWords(status, ct.statusWords),
    timeout: readBe32(a.get(ct.CTA_TIMEOUT)),
    mark: readBe32(a.get(ct.CTA_MARK)),
    tcpState: readTcpState(a.get(ct.CTA_PROTOINFO)),
    helper: readText(inner(a.get(ct.CTA_HELP), ct.CTA_HELP_NAME)),
    master: readTuple(a.get(ct.CTA_TUPLE_MASTER), family),
    counters: readCounters(a),
    start: milliseconds(inner(a.get(ct.CTA_TIMESTAMP), ct.CTA_TIMESTAMP_START)),
    stop: milliseconds(inner(a.get(ct.CTA_TIMESTAMP), ct.CTA_TIMESTAMP_STOP)),
  };
  return { family, original, reply, ...present(optional) };
}

/** What a message of the three conntrack groups tells. */
export function decodeFlowEvent(message: Message): FlowEvent | undefined {
  const flow = decodeFlow(message);
  if (!flow) return undefined;
  if (message.header.type === CT_DELETE) return { kind: 'destroy', flow };
  return { kind: (message.header.flags & NLM_F_CREATE) === 0 ? 'update' : 'new', flow };
}

/** An address and, where the protocol has them, a port. */
export interface Endpoint {
  address: string;
  port?: number;
}

export interface Translation {
  /** What a sender looks like behind this machine. */
  source?: { from: Endpoint; to: Endpoint };
  /** Who is meant by the address that a sender uses. */
  destination?: { from: Endpoint; to: Endpoint };
}

/** How the kernel changes the addresses of the original direction; empty where it does not. */
export function translationOf({ original, reply }: Flow): Translation {
  const source = changed(
    { address: original.source, port: original.sourcePort },
    { address: reply.destination, port: reply.destinationPort },
  );
  const destination = changed(
    { address: original.destination, port: original.destinationPort },
    { address: reply.source, port: reply.sourcePort },
  );
  return present({ source, destination });
}

type LooseEndpoint = { address: string; port: number | undefined };

const changed = (from: LooseEndpoint, to: LooseEndpoint) =>
  from.address === to.address && from.port === to.port
    ? undefined
    : { from: present(from), to: present(to) };

function familyOf(payload: Buffer): Family | undefined {
  const family = readNfgenmsg(payload)?.family;
  if (family === nf.NFPROTO_IPV4) return 4;
  return family === nf.NFPROTO_IPV6 ? 6 : undefined;
}

const inner = (nest: Buffer | undefined, type: number): Buffer | undefined =>
  nest && readAttributes(nest).get(type);

function readTuple(bytes: Buffer | undefined, family: Family): FlowTuple | undefined {
  if (!bytes) return undefined;
  const attributes = readAttributes(bytes);
  const ip = attributes.get(ct.CTA_TUPLE_IP);
  const [from, to] =
    family === 4 ? [ct.CTA_IP_V4_SRC, ct.CTA_IP_V4_DST] : [ct.CTA_IP_V6_SRC, ct.CTA_IP_V6_DST];
  const source = readIp(inner(ip, from), family);
  const destination = readIp(inner(ip, to), family);
  const proto = readNested(attributes, ct.CTA_TUPLE_PROTO);
  const number = readU8(proto.get(ct.CTA_PROTO_NUM));
  if (source === undefined || destination === undefined || number === undefined) return undefined;
  const optional = {
    sourcePort: readBe16(proto.get(ct.CTA_PROTO_SRC_PORT)),
    destinationPort: readBe16(proto.get(ct.CTA_PROTO_DST_PORT)),
    icmp: readIcmp(proto),
    zone: readBe16(attributes.get(ct.CTA_TUPLE_ZONE)),
  };
  const protocol = nf.protocolNames.get(number) ?? String(number);
  return { source, destination, protocol, ...present(optional) };
}

function readIcmp(proto: Attributes): FlowTuple['icmp'] {
  const either = (v4: number, v6: number) => proto.get(v4) ?? proto.get(v6);
  const id = readBe16(either(ct.CTA_PROTO_ICMP_ID, ct.CTA_PROTO_ICMPV6_ID));
  const type = readU8(either(ct.CTA_PROTO_ICMP_TYPE, ct.CTA_PROTO_ICMPV6_TYPE));
  const code = readU8(either(ct.CTA_PROTO_ICMP_CODE, ct.CTA_PROTO_ICMPV6_CODE));
  return id === undefined || type === undefined || code === undefined
    ? undefined
    : { id, type, code };
}

function readTcpState(protoinfo: Buffer | undefined): string | undefined {
  const state = readU8(inner(inner(protoinfo, ct.CTA_PROTOINFO_TCP), ct.CTA_PROTOINFO_TCP_STATE));
  return state === undefined ? undefined : wordAt(ct.tcpStates, state);
}

function readCounters(a: Attributes): Flow['counters'] {
  const one = (type: number): FlowCounter | undefined => {
    const packets = readBe64(inner(a.get(type), ct.CTA_COUNTERS_PACKETS));
    const bytes = readBe64(inner(a.get(type), ct.CTA_COUNTERS_BYTES));
    return packets === undefined || bytes === undefined ? undefined : { packets, bytes };
  };
  const original = one(ct.CTA_COUNTERS_ORIG);
  const reply = one(ct.CTA_COUNTERS_REPLY);
  return original && reply && { original, reply };
}

/** From nanoseconds. */
function milliseconds(value: Buffer | undefined): number | undefined {
  const nanoseconds = readBe64(value);
  return nanoseconds === undefined ? undefined : nanoseconds / 1e6;
}
