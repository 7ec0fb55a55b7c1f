import { expect, test } from 'vitest';
import { decodeMessages, type RouteContent } from './decode.ts';
import { moreReplies } from './moreReplies.fixtures.ts';

/** Without headers. */
const told = (base64: string): RouteContent[] =>
  decodeMessages(Buffer.from(base64, 'base64')).map(({ header: _header, ...content }) => content);

test('a bridge with its settings and its state', () => {
  expect(told(moreReplies.bridge)).toMatchObject([
    {
      kind: 'link.set',
      link: {
        index: 4,
        flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
        qdisc: 'noqueue',
        addressGeneration: 'none',
        bridge: {
          vlanFiltering: false,
          forwardDelay: 400,
          priority: 4096,
          mcastSnooping: true,
          mcastStartupQueryIntvl: 3124,
          bridgeId: '1000.02:00:00:00:00:10',
          groupAddr: '01:80:c2:00:00:00',
          options: [],
        },
      },
    },
  ]);
});

test('a port with what its bridge knows of it, by both kinds of message', () => {
  const port = {
    hairpin: true,
    isolated: true,
    state: 'forwarding',
    cost: 77,
    guard: true,
    fastleave: true,
    learning: false,
    flood: false,
    mcastFlood: true,
    id: 0x8001,
    no: 1,
  };
  expect(told(moreReplies.port)).toMatchObject([
    { kind: 'link.set', link: { name: 'va', master: 4, slaveKind: 'bridge', port } },
  ]);
  expect(told(moreReplies.ports)).toMatchObject([
    { kind: 'port.set', port: { index: 2, name: 'va', master: 4, port } },
    { kind: 'port.set', port: { index: 4, name: 'br0' } },
  ]);
});

test('macvlan, vxlan and tun with their settings', () => {
  const links = [moreReplies.macvlan, moreReplies.vxlan, moreReplies.tap].flatMap(told);
  expect(links).toMatchObject([
    {
      link: {
        name: 'mv1',
        link: 3,
        macvlan: { mode: 'source', bcqueuelen: 1000, macaddrData: ['02:00:00:00:00:77'] },
      },
    },
    {
      link: {
        name: 'vx6',
        vxlan: {
          id: 43,
          remote: 'ff05::100',
          local: 'fd00::8',
          link: 3,
          portRange: { low: 1000, high: 2000 },
          port: 4789,
          learning: false,
          l2miss: true,
          tos: 4,
          ttl: 5,
          df: 'set',
          ageing: 60,
        },
      },
    },
    {
      link: {
        name: 'tap0',
        carrier: false,
        alternativeNames: ['a-longer-name-of-tap0'],
        tun: { type: 'tap', multiQueue: true, persist: true, owner: 0 },
      },
    },
  ]);
});

test('addresses with labels, flags and lifetimes', () => {
  const common = { index: 3, prefix: 24, scope: 'global' };
  expect(told(moreReplies.addresses)).toEqual([
    {
      kind: 'address.set',
      address: {
        ...{ ...common, family: 4, address: '10.0.0.2', flags: ['noprefixroute'], label: 'vb:x' },
        ...{ broadcast: '10.0.0.255', validLifetime: 1000, preferredLifetime: 500 },
      },
    },
    {
      kind: 'address.set',
      address: {
        ...{ ...common, family: 4, address: '10.0.0.3', flags: ['secondary', 'permanent'] },
        label: 'vb',
      },
    },
    {
      kind: 'address.set',
      address: {
        ...{ ...common, family: 6, address: 'fd00::2', prefix: 64, metric: 50 },
        flags: ['nodad', 'permanent'],
      },
    },
  ]);
});

test('routes with several next hops, metrics, a source prefix and a preference', () => {
  const common = { table: 254, type: 'unicast', scope: 'global', protocol: 'boot', dev: 3 };
  const hop = { dev: 3, flags: ['onlink'] };
  expect(told(moreReplies.routes)).toEqual([
    {
      kind: 'route.set',
      replaces: false,
      route: {
        ...{ ...common, family: 4, to: '10.5.0.0/16', via: '10.0.0.7', metric: 0, flags: [] },
        nextHops: [
          { ...hop, via: '10.0.0.7', weight: 3 },
          { ...hop, via: '10.0.0.8', weight: 256 },
        ],
      },
    },
    {
      kind: 'route.set',
      replaces: false,
      route: {
        ...{ ...common, family: 4, to: '10.6.0.0/16', via: '10.0.0.7', metric: 0, tos: 4 },
        flags: ['onlink'],
        metrics: { lock: 4, mtu: 1400, advmss: 1000, congestion: 'cubic' },
      },
    },
    {
      kind: 'route.set',
      replaces: false,
      route: {
        ...{ ...common, family: 6, to: 'fd01::/64', via: 'fd00::9', metric: 1024, flags: [] },
        ...{ from: 'fd07::/64', preference: 'high' },
      },
    },
  ]);
});

test('rules with everything that they can look at; those of other families are left aside', () => {
  const rules = told(moreReplies.rules);
  expect(rules.slice(1, 3)).toEqual([
    {
      kind: 'rule.set',
      rule: { family: 4, priority: 95, action: 'goto', goto: 32766, protocol: 'unspec' },
    },
    {
      kind: 'rule.set',
      rule: {
        ...{ family: 4, priority: 99, action: 'lookup', table: 1000, tos: 4, fwmark: 1 },
        ...{ from: '10.0.0.0/8', to: '10.1.0.1/32', fwmask: 255, iif: 'vb', oif: 'gone' },
        ...{ uidRange: { start: 5, end: 9 }, ipProtocol: 'tcp', sport: { start: 53, end: 53 } },
        ...{ dport: { start: 80, end: 90 }, suppressPrefixLength: 0, detached: ['oif'] },
        protocol: 'unspec',
      },
    },
  ]);
  expect(rules.slice(-2)).toEqual([
    { kind: 'other' },
    {
      kind: 'rule.set',
      rule: {
        ...{ family: 6, priority: 96, action: 'prohibit', not: true, from: 'fd00::/64' },
        protocol: 'unspec',
      },
    },
  ]);
});

test('neighbours, those that the machine answers for, and the FDB', () => {
  const common = { index: 3, family: 4 };
  expect(told(moreReplies.neighbours)).toMatchObject([
    { neighbour: { index: 4, address: '224.0.0.22', state: 'NOARP' } },
    { neighbour: { ...common, address: '10.0.0.9', flags: ['extern_learn'] } },
    { neighbour: { ...common, address: '10.0.0.10', flags: ['router'], protocol: 'dhcp' } },
  ]);
  expect(told(moreReplies.proxies)).toEqual([
    {
      kind: 'neighbour.set',
      neighbour: { ...common, address: '10.0.0.77', state: 'NONE', flags: ['proxy'] },
    },
  ]);
  const self = { mac: '00:00:00:00:00:00', index: 6, state: 'permanent', flags: ['self'], via: 3 };
  expect(told(moreReplies.fdb)).toEqual([
    {
      kind: 'fdb.set',
      entry: { index: 2, mac: '02:00:00:00:00:21', state: 'static', flags: [], master: 4 },
    },
    { kind: 'fdb.set', entry: { ...self, dst: 'ff05::100' } },
    { kind: 'fdb.set', entry: { ...self, dst: 'fd00::55', port: 999, vni: 7 } },
  ]);
});

test('qdiscs and classes with settings and counters', () => {
  const stats = { bytes: 0, packets: 0, drops: 0, overlimits: 0, requeues: 0, backlog: 0, qlen: 0 };
  expect(told(moreReplies.qdiscs)).toMatchObject([
    {
      qdisc: {
        ...{ index: 2, kind: 'tbf', parent: 'root', stats },
        tbf: { rate: 125_000, burst: 10_240, limit: 16_490, latency: 50_000 },
      },
    },
    { qdisc: { kind: 'htb', handle: '1:', htb: { r2q: 10, defaultClass: 0x10 } } },
    { qdisc: { kind: 'pfifo', parent: '1:10', fifo: { limit: 5 } } },
    { qdisc: { kind: 'clsact', parent: 'ffff:fff1' } },
    { qdisc: { kind: 'noqueue', handle: '0:' } },
  ]);
  expect(told(moreReplies.classes)).toEqual([
    {
      kind: 'class.set',
      class: {
        ...{ index: 3, kind: 'htb', handle: '1:10', parent: 'root', leaf: '10:', stats },
        htb: {
          ...{ rate: 1_250_000, ceil: 2_500_000, burst: 1600, cburst: 1600, quantum: 125_000 },
          ...{ level: 0, prio: 0, linkLayer: 'ethernet' },
        },
      },
    },
  ]);
});
