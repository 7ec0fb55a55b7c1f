import { expect, test } from 'vitest';
import { AF_BRIDGE } from '../constants.ts';
import {
  attribute,
  message,
  nestedAttribute,
  textAttribute,
  u16Attribute,
  u8Attribute,
} from '../message.ts';
import * as rt from './constants.ts';
import { decodeMessages, type RouteContent } from './decode.ts';
import { linkAddRequest, type LinkSpec } from './linkRequests.ts';
import { qdiscRequest } from './qdiscRequests.ts';

/** Messages put together by hand, for what the kernel of the recordings lacked. */

/** Without headers. */
const told = (bytes: Buffer): RouteContent[] =>
  decodeMessages(bytes).map(({ header: _header, ...content }) => content);

/** Kinds that the kernel here lacks tell in the attributes in which they are asked for. */
const echoed = (spec: LinkSpec) => {
  const [link] = decodeMessages(linkAddRequest(spec));
  return link?.kind === 'link.set' ? link.link : undefined;
};

test('kinds of links that are told as they are asked for', () => {
  const qos = { ingressQos: [{ from: 1, to: 2 }], egressQos: [{ from: 3, to: 4 }] };
  const vlan = { id: 20, protocol: '802.1ad', ...qos };
  const on = ['GVRP', 'MVRP'];
  expect(
    echoed({ kind: 'vlan', name: 'v', parent: 3, ...vlan, flags: { on, off: ['REORDER_HDR'] } }),
  ).toMatchObject({ kind: 'vlan', link: 3, vlan: { ...vlan, flags: on } });
  const ipvlan = { mode: 'l3s', flags: 'private' } as const;
  expect(echoed({ kind: 'ipvlan', name: 'i', parent: 3, ...ipvlan })).toMatchObject({ ipvlan });
  expect(echoed({ kind: 'vrf', name: 'r', table: 1000 })).toMatchObject({ vrf: { table: 1000 } });
  expect(echoed({ kind: 'dummy', name: 'd', txQueueLength: 5 })).toMatchObject({
    kind: 'dummy',
    txQueueLength: 5,
  });
});

test('qdiscs that are told as they are asked for', () => {
  const netem = {
    ...{ delay: 100_000, jitter: 10_000, limit: 500, gap: 1, ecn: true },
    rate: { rate: 8_000_000_000, packetOverhead: -4, cellSize: 48, cellOverhead: 5 },
  };
  const chances = { loss: 0.01, duplicate: 0.02, delayCorrelation: 0.25 };
  const reorder = { probability: 0.25, correlation: 0.5 };
  const [read] = decodeMessages(
    qdiscRequest('add', 3, { kind: 'netem', netem: { ...netem, ...chances, reorder } }),
  );
  const netemTold = read?.kind === 'qdisc.set' ? read.qdisc.netem : undefined;
  expect(netemTold).toMatchObject(netem);
  expect(netemTold?.loss).toBeCloseTo(chances.loss, 6);
  expect(netemTold?.duplicate).toBeCloseTo(chances.duplicate, 6);
  expect(netemTold?.delayCorrelation).toBeCloseTo(chances.delayCorrelation, 6);
  expect(netemTold?.reorder?.probability).toBeCloseTo(0.25, 6);
  const long = { delay: 1_000_000_000 };
  expect(decodeMessages(qdiscRequest('add', 3, { kind: 'netem', netem: long }))).toMatchObject([
    { qdisc: { netem: long } },
  ]);
  const fqCodel = { limit: 500, flows: 64, target: 5000, ecn: true };
  expect(decodeMessages(qdiscRequest('add', 3, { kind: 'fq_codel', fqCodel }))).toMatchObject([
    { qdisc: { kind: 'fq_codel', fqCodel } },
  ]);
});

/** struct bridge_vlan_info: flags, vid */
const vlanInfo = (flags: number, vid: number) => Buffer.from([flags, 0, vid & 0xff, vid >> 8]);

test('the VLANs of a port, with ranges, as a list and as an event', () => {
  const port = Buffer.alloc(16);
  port[0] = AF_BRIDGE;
  port.writeInt32LE(2, 4);
  const entry = (flags: number, vid: number) =>
    attribute(rt.IFLA_BRIDGE_VLAN_INFO, vlanInfo(flags, vid));
  const list = message(rt.RTM_NEWLINK, 2, [
    port,
    nestedAttribute(rt.IFLA_AF_SPEC, [entry(6, 1), entry(8, 20), entry(16, 30), entry(4, 300)]),
  ]);
  expect(told(list)).toEqual([
    {
      kind: 'port.set',
      port: {
        index: 2,
        vlans: [
          { vid: 1, pvid: true, untagged: true },
          { vid: 20, vidEnd: 30 },
          { vid: 300, untagged: true },
        ],
      },
    },
  ]);
  const header = Buffer.from([AF_BRIDGE, 0, 0, 0, 2, 0, 0, 0]);
  const event = (type: number) =>
    message(type, 0, [
      header,
      nestedAttribute(1, [attribute(1, vlanInfo(4, 20)), u16Attribute(2, 30), u8Attribute(3, 3)]),
      nestedAttribute(1, [attribute(1, vlanInfo(2, 7))]),
    ]);
  const vlans = [
    { vid: 20, vidEnd: 30, untagged: true, state: 'forwarding' },
    { vid: 7, pvid: true },
  ];
  expect(told(event(rt.RTM_NEWVLAN))).toEqual([{ kind: 'vlan.set', index: 2, vlans }]);
  expect(told(event(rt.RTM_DELVLAN))).toEqual([{ kind: 'vlan.del', index: 2, vlans }]);
});

test('values of a wrong length are absent', () => {
  const link = Buffer.alloc(16);
  const bytes = message(rt.RTM_NEWLINK, 0, [
    link,
    textAttribute(rt.IFLA_IFNAME, 'x\0'),
    attribute(rt.IFLA_MTU, Buffer.alloc(3)),
    attribute(rt.IFLA_LINK, Buffer.alloc(8)),
    attribute(rt.IFLA_OPERSTATE, Buffer.alloc(0)),
    nestedAttribute(rt.IFLA_LINKINFO, [
      textAttribute(rt.IFLA_INFO_KIND, 'vxlan'),
      nestedAttribute(rt.IFLA_INFO_DATA, [
        attribute(1, Buffer.from([42, 0, 0, 0])),
        attribute(2, Buffer.alloc(5)),
        attribute(5, Buffer.alloc(2)),
        attribute(15, Buffer.alloc(1)),
      ]),
    ]),
  ]);
  expect(told(bytes)).toEqual([
    {
      kind: 'link.set',
      link: {
        ...{ index: 0, name: 'x', kind: 'vxlan', mtu: 0, up: false, state: 'UNKNOWN' },
        ...{ flags: [], linkType: '0', vxlan: { id: 42 } },
      },
    },
  ]);
});
