import { describe, expect, test } from 'vitest';
import { decodePacket } from './packet.ts';
import { decodeTrace } from './trace.ts';
import { decoded } from './testMessages.ts';

const steps = decoded('traces', decodeTrace);
const firstId = steps[0]?.id;
/** The first packet, a SYN, on its way out; its id comes again with a later one. */
const out = steps.slice(
  0,
  steps.findIndex(({ id }) => id !== firstId),
);

describe('a trace', () => {
  test('tells which rules and policies decided', () => {
    expect(
      out.map(({ table, chain, type, rule, verdict, policy }) =>
        [table, chain, type, rule, verdict?.verdict ?? policy, verdict?.chain].filter(
          (part) => part !== undefined,
        ),
      ),
    ).toEqual([
      ['cnilab', 'output', 'rule', 4, 'continue'],
      ['cnilab', 'output', 'rule', 'continue'],
      ['cnilab', 'output', 'policy', 'accept'],
      ['raw', 'OUTPUT', 'rule', 'continue'],
      ['raw', 'OUTPUT', 'policy', 'accept'],
      ['nat', 'OUTPUT', 'rule', 4, 'jump', 'CNI-DN-0123456789'],
      ['nat', 'CNI-DN-0123456789', 'rule', 5, 'accept'],
      ['nat', 'POSTROUTING', 'rule', 7, 'accept'],
    ]);
  });

  test('has interfaces and headers in the first step of a base chain only', () => {
    expect(out[0]).toMatchObject({ oif: 1, oifType: 772, protocolFamily: 'ip' });
    expect(out[0]).not.toHaveProperty('iif');
    expect(out.map(({ networkHeader }) => networkHeader !== undefined)).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
      false,
      true,
    ]);
    const incoming = steps[out.length];
    expect(incoming).toMatchObject({ iif: 1, chain: 'prerouting' });
    expect(incoming?.linkHeader).toHaveLength(14);
  });

  test('names the connection, and how far its translation is', () => {
    expect(out.map(({ connection }) => connection?.id)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      4_094_904_486,
      undefined,
      4_094_904_486,
    ]);
    expect(out[5]?.connection).toEqual({
      id: 4_094_904_486,
      direction: 'original',
      status: [],
      state: ['new'],
    });
    expect(out[7]?.connection?.status).toContain('DNAT');
  });
});

describe('the headers of a packet', () => {
  const packetOf = (step: (typeof steps)[number] | undefined) =>
    decodePacket(step?.networkHeader, step?.transportHeader);
  const syn = {
    source: '10.0.0.1',
    destination: '10.0.0.1',
    protocol: 'tcp',
    ttl: 64,
    length: 60,
    ipId: 4681,
    transport: {
      kind: 'tcp',
      sourcePort: 40_001,
      destinationPort: 8080,
      seq: 892_769_908,
      ack: 0,
      flags: ['SYN'],
    },
  };

  test('show its addresses and ports, before and after their translation', () => {
    expect(packetOf(out[0])).toEqual(syn);
    expect(packetOf(out[7])?.transport).toMatchObject({ destinationPort: 80 });
    expect(packetOf(steps[out.length])).toMatchObject({ source: '10.0.0.9', ipId: 4681 });
  });

  test('of IPv6 and ICMP', () => {
    const [request] = decoded('tracesOfPing', decodeTrace);
    expect(packetOf(request)).toEqual({
      source: 'fd00::1',
      destination: 'fd00::1',
      protocol: 'icmpv6',
      ttl: 64,
      length: 104,
      transport: { kind: 'icmp', type: 128, code: 0, echo: { id: 4060, seq: 1 } },
    });
  });

  test('of UDP', () => {
    const network = Buffer.from(out[0]?.networkHeader ?? []);
    network.writeUInt8(17, 9);
    expect(decodePacket(network, Buffer.from('9c420036', 'hex'))).toMatchObject({
      protocol: 'udp',
      transport: { kind: 'udp', sourcePort: 40_002, destinationPort: 54 },
    });
  });

  test('of a later fragment have no ports', () => {
    const network = Buffer.from(out[0]?.networkHeader ?? []);
    network.writeUInt16BE(0x2000 | 185, 6);
    const packet = decodePacket(network, out[0]?.transportHeader);
    expect(packet).toMatchObject({ fragment: { offset: 1480, more: true } });
    expect(packet).not.toHaveProperty('transport');
  });

  test('that are cut are undefined, or lack what is missing', () => {
    const { networkHeader, transportHeader } = out[0] ?? {};
    expect(decodePacket(undefined, undefined)).toBeUndefined();
    expect(decodePacket(Buffer.alloc(0), transportHeader)).toBeUndefined();
    expect(decodePacket(networkHeader?.subarray(0, 19), transportHeader)).toBeUndefined();
    expect(decodePacket(Buffer.alloc(40), transportHeader)).toBeUndefined();
    const { transport, ...rest } = syn;
    expect(decodePacket(networkHeader, transportHeader?.subarray(0, 13))).toEqual(rest);
    expect(decodePacket(networkHeader, undefined)).toEqual(rest);
    expect(transport.kind).toBe('tcp');
  });
});
