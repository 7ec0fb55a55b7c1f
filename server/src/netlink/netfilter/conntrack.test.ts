import { describe, expect, test } from 'vitest';
import { NLM_F_CREATE } from '../constants.ts';
import { attribute, nameAttribute, readMessages } from '../message.ts';
import { decodeFlow, decodeFlowEvent, translationOf } from './conntrack.ts';
import * as ct from './conntrackConstants.ts';
import { be16, messageType, nested, nfMessage } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import { decoded } from './testMessages.ts';

const nat = ['SNAT', 'DNAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'];
const fetched = {
  family: 4,
  id: 4_094_904_486,
  original: {
    source: '10.0.0.1',
    destination: '10.0.0.1',
    protocol: 'tcp',
    sourcePort: 40_001,
    destinationPort: 8080,
  },
  reply: {
    source: '10.0.0.1',
    destination: '10.0.0.9',
    protocol: 'tcp',
    sourcePort: 80,
    destinationPort: 40_001,
  },
};

describe('a connection', () => {
  const [tcp, udp, icmp] = decoded('flows', decodeFlow);

  test('has both tuples, status and state in words, counters and time', () => {
    expect(tcp).toEqual({
      ...fetched,
      status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', ...nat],
      timeout: 119,
      mark: 0,
      tcpState: 'TIME_WAIT',
      counters: { original: { packets: 4, bytes: 216 }, reply: { packets: 4, bytes: 221 } },
      start: expect.closeTo(1_795_523_568_709.267, 2),
    });
  });

  test('of ICMP has an id instead of ports', () => {
    expect(icmp?.original).toEqual({
      source: '10.0.0.1',
      destination: '10.0.0.1',
      protocol: 'icmp',
      icmp: { id: 4059, type: 8, code: 0 },
    });
    expect(icmp?.reply.icmp).toEqual({ id: 4059, type: 0, code: 0 });
  });

  test('may have a zone', () => {
    expect([udp?.zone, tcp?.zone]).toEqual([7, undefined]);
  });

  test('shows how it is translated', () => {
    expect(tcp && translationOf(tcp)).toEqual({
      source: {
        from: { address: '10.0.0.1', port: 40_001 },
        to: { address: '10.0.0.9', port: 40_001 },
      },
      destination: {
        from: { address: '10.0.0.1', port: 8080 },
        to: { address: '10.0.0.1', port: 80 },
      },
    });
    expect(udp && translationOf(udp)).toEqual({});
    expect(icmp && translationOf(icmp)).toEqual({});
  });
});

test('events tell how a connection lives', () => {
  const states = decoded('flowEvents', decodeFlowEvent)
    .filter(({ flow }) => flow.id === fetched.id)
    .map(({ kind, flow }) => [kind, flow.tcpState, flow.status?.includes('ASSURED')]);
  expect(states).toEqual([
    ['new', 'SYN_SENT', false],
    ['update', 'SYN_RECV', false],
    ['update', 'ESTABLISHED', true],
    ['update', 'FIN_WAIT', true],
    ['update', 'LAST_ACK', true],
    ['update', 'TIME_WAIT', true],
  ]);
});

test('its end tells what it has counted and when it ended', () => {
  const [ended, ...more] = decoded('flowEnded', decodeFlowEvent);
  expect(more).toEqual([]);
  expect(ended).toMatchObject({
    kind: 'destroy',
    flow: {
      ...fetched,
      counters: { original: { packets: 4, bytes: 216 }, reply: { packets: 4, bytes: 221 } },
    },
  });
  expect(ended?.flow.status).toContain('DYING');
  expect(ended?.flow.stop).toBeGreaterThan(ended?.flow.start ?? Infinity);
});

describe('what the recordings do not have', () => {
  const address = (text: string) => Buffer.from(text, 'hex');
  const tuple = (type: number, from: string, to: string, proto: Buffer[]) =>
    nested(type, [
      nested(ct.CTA_TUPLE_IP, [
        attribute(ct.CTA_IP_V6_SRC, address(from)),
        attribute(ct.CTA_IP_V6_DST, address(to)),
      ]),
      nested(ct.CTA_TUPLE_PROTO, proto),
      be16(ct.CTA_TUPLE_ZONE, 3),
    ]);
  const one = 'fd000000000000000000000000000001';
  const two = 'fd000000000000000000000000000002';
  const number = (protocol: number) => attribute(ct.CTA_PROTO_NUM, Buffer.from([protocol]));
  const build = (family: number, protocol: number) =>
    nfMessage(messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_NEW), NLM_F_CREATE, family, [
      tuple(ct.CTA_TUPLE_ORIG, one, two, [number(protocol)]),
      tuple(ct.CTA_TUPLE_REPLY, two, one, [number(protocol)]),
      tuple(ct.CTA_TUPLE_MASTER, one, two, [
        number(6),
        be16(ct.CTA_PROTO_SRC_PORT, 50_000),
        be16(ct.CTA_PROTO_DST_PORT, 21),
      ]),
      nested(ct.CTA_HELP, [nameAttribute(ct.CTA_HELP_NAME, 'ftp')]),
    ]);

  test('IPv6, protocols without a name, zones of one direction, helpers and masters', () => {
    const [message] = readMessages(build(nf.NFPROTO_IPV6, 99));
    const there = { source: 'fd00::1', destination: 'fd00::2', zone: 3 };
    expect(message && decodeFlowEvent(message)).toEqual({
      kind: 'new',
      flow: {
        family: 6,
        original: { ...there, protocol: '99' },
        reply: { source: 'fd00::2', destination: 'fd00::1', zone: 3, protocol: '99' },
        helper: 'ftp',
        master: { ...there, protocol: 'tcp', sourcePort: 50_000, destinationPort: 21 },
      },
    });
  });

  test('addresses that do not fit the family make it no connection', () => {
    expect(readMessages(build(nf.NFPROTO_IPV4, 6)).map(decodeFlow)).toEqual([undefined]);
    expect(readMessages(build(nf.NFPROTO_BRIDGE, 6)).map(decodeFlow)).toEqual([undefined]);
  });
});
