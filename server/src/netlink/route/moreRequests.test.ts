import { expect, test } from 'vitest';
import { addressRequest } from './address.ts';
import { bridgeVlanRequest } from './bridgeVlan.ts';
import { linkAddRequest, linkGroupDelRequest, linkSetRequest } from './linkRequests.ts';
import { moreRequests } from './moreRequests.fixtures.ts';
import { fdbRequest, neighbourRequest } from './neighbour.ts';
import { qdiscDelRequest, qdiscRequest } from './qdiscRequests.ts';
import { shapeOf } from './requestShape.ts';
import { routeRequest } from './routeRequests.ts';
import { ruleRequest } from './rule.ts';

const ours: Record<keyof typeof moreRequests, Buffer> = {
  'ip link add b1 type bridge forward_delay 400 hello_time 300 ageing_time 12345 stp_state 1 priority 4096 vlan_filtering 1 vlan_default_pvid 7 mcast_snooping 0 vlan_protocol 802.1ad nf_call_iptables 1':
    linkAddRequest({
      ...{ kind: 'bridge', name: 'b1', forwardDelay: 400, helloTime: 300, ageingTime: 12345 },
      ...{ stpState: 1, priority: 4096, vlanFiltering: true, vlanDefaultPvid: 7 },
      ...{ mcastSnooping: false, vlanProtocol: '802.1ad', nfCallIptables: true },
    }),
  'ip link add link p0 name q1 type vlan protocol 802.1ad id 20 reorder_hdr off gvrp on ingress-qos-map 1:2 3:4 egress-qos-map 5:6':
    linkAddRequest({
      ...{ kind: 'vlan', name: 'q1', parent: 3, id: 20, protocol: '802.1ad' },
      flags: { on: ['GVRP'], off: ['REORDER_HDR'] },
      ingressQos: [
        { from: 1, to: 2 },
        { from: 3, to: 4 },
      ],
      egressQos: [{ from: 5, to: 6 }],
    }),
  'ip link add link p0 name m1 type macvlan mode source macaddr set 02:00:00:00:00:77 02:00:00:00:00:78':
    linkAddRequest({
      ...{ kind: 'macvlan', name: 'm1', parent: 3, mode: 'source' },
      macaddrData: ['02:00:00:00:00:77', '02:00:00:00:00:78'],
    }),
  'ip link add link p0 name m2 type macvlan mode passthru nopromisc': linkAddRequest({
    ...{ kind: 'macvlan', name: 'm2', parent: 3, mode: 'passthru', flags: ['nopromisc'] },
  }),
  'ip link add link p0 name i1 type ipvlan mode l2 vepa': linkAddRequest({
    ...{ kind: 'ipvlan', name: 'i1', parent: 3, mode: 'l2', flags: 'vepa' },
  }),
  'ip link add link p0 name i2 type ipvlan mode l3s private': linkAddRequest({
    ...{ kind: 'ipvlan', name: 'i2', parent: 3, mode: 'l3s', flags: 'private' },
  }),
  'ip link add r1 type vrf table 1000': linkAddRequest({ kind: 'vrf', name: 'r1', table: 1000 }),
  'ip link add x1 type vxlan id 42 remote 10.0.0.9 local 10.0.0.8 dev p0 dstport 9999 ttl 5 tos 4 ageing 60 maxaddress 70 srcport 1000 2000 nolearning l2miss l3miss proxy rsc noudpcsum udp6zerocsumtx udp6zerocsumrx df set':
    linkAddRequest({
      ...{ kind: 'vxlan', name: 'x1', id: 42, remote: '10.0.0.9', local: '10.0.0.8', parent: 3 },
      ...{
        port: 9999,
        ttl: 5,
        tos: 4,
        ageing: 60,
        limit: 70,
        portRange: { low: 1000, high: 2000 },
      },
      ...{ learning: false, l2miss: true, l3miss: true, proxy: true, rsc: true, udpCsum: false },
      ...{ udpZeroCsum6Tx: true, udpZeroCsum6Rx: true, df: 'set' },
    }),
  'ip link set p0 type bridge_slave state 2 priority 16 cost 77 hairpin on guard on fastleave on learning off flood off isolated on mcast_flood off neigh_suppress on':
    linkSetRequest(3, {
      port: {
        ...{ state: 'learning', priority: 16, cost: 77, hairpin: true, guard: true },
        ...{ fastleave: true, learning: false, flood: false, isolated: true },
        ...{ mcastFlood: false, neighSuppress: true },
      },
    }),
  'ip link set br9 type bridge stp_state 1 ageing_time 100': linkSetRequest(4, {
    bridge: { stpState: 1, ageingTime: 100 },
  }),
  'ip link del group 5': linkGroupDelRequest(5),
  'ip addr add 10.0.1.2/24 dev p0 label p0:x valid_lft 1000 preferred_lft 500 noprefixroute metric 50':
    addressRequest('add', 3, {
      ...{ address: '10.0.1.2/24', label: 'p0:x', validLifetime: 1000, preferredLifetime: 500 },
      ...{ noPrefixRoute: true, metric: 50 },
    }),
  'ip route add 10.5.0.0/16 nexthop via 10.0.0.7 weight 3 nexthop via 10.0.0.8 dev p0 onlink':
    routeRequest('add', {
      to: '10.5.0.0/16',
      nextHops: [
        { via: '10.0.0.7', weight: 3 },
        { via: '10.0.0.8', dev: 3, onlink: true },
      ],
    }),
  'ip route add 10.6.0.0/16 via 10.0.0.7 mtu 1400 advmss 1000 tos 4': routeRequest('add', {
    ...{ to: '10.6.0.0/16', via: '10.0.0.7', tos: 4, metrics: { mtu: 1400, advmss: 1000 } },
  }),
  'ip rule add from 10.0.0.0/8 to 10.1.0.1 iif p0 oif p1 fwmark 1/255 table 1000 priority 99 ipproto tcp dport 80-90 sport 53 uidrange 5-9 suppress_prefixlength 0':
    ruleRequest('add', {
      ...{ family: 4, from: '10.0.0.0/8', to: '10.1.0.1', iif: 'p0', oif: 'p1', table: 1000 },
      ...{ fwmark: 1, fwmask: 255, priority: 99, ipProtocol: 'tcp', suppressPrefixLength: 0 },
      ...{ dport: { start: 80, end: 90 }, sport: { start: 53, end: 53 } },
      uidRange: { start: 5, end: 9 },
    }),
  'ip -6 rule add not from fd00::/64 prohibit priority 96': ruleRequest('add', {
    ...{ family: 6, not: true, from: 'fd00::/64', action: 'prohibit', priority: 96 },
  }),
  'ip rule add goto 32766 priority 95': ruleRequest('add', {
    family: 4,
    goto: 32766,
    priority: 95,
  }),
  'ip rule del priority 95': ruleRequest('del', { family: 4, priority: 95 }),
  'ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev p0': neighbourRequest('add', 3, {
    ...{ address: '10.0.0.7', mac: '02:00:00:00:00:07' },
  }),
  'ip neigh replace 10.0.0.8 lladdr 02:00:00:00:00:08 dev p0 nud stale': neighbourRequest(
    'replace',
    3,
    {
      ...{ address: '10.0.0.8', mac: '02:00:00:00:00:08', state: 'STALE' },
    },
  ),
  'ip neigh add proxy 10.0.0.77 dev p0': neighbourRequest('add', 3, {
    address: '10.0.0.77',
    proxy: true,
  }),
  'ip neigh del proxy 10.0.0.77 dev p0': neighbourRequest('del', 3, {
    address: '10.0.0.77',
    proxy: true,
  }),
  'bridge fdb add 02:00:00:00:00:21 dev p0 master static': fdbRequest('add', 3, {
    ...{ mac: '02:00:00:00:00:21', state: 'static', master: true },
  }),
  'bridge fdb add 02:00:00:00:00:22 dev p0 self': fdbRequest('add', 3, {
    mac: '02:00:00:00:00:22',
  }),
  'bridge fdb append 00:00:00:00:00:00 dev vx9 dst 10.0.0.55 port 999 vni 7': fdbRequest(
    'append',
    5,
    {
      ...{ mac: '00:00:00:00:00:00', dst: '10.0.0.55', port: 999, vni: 7 },
    },
  ),
  'bridge fdb del 02:00:00:00:00:21 dev p0 master': fdbRequest('del', 3, {
    mac: '02:00:00:00:00:21',
    master: true,
  }),
  'bridge vlan add dev p0 vid 20-30 untagged': bridgeVlanRequest(
    ...(['add', 3, { vid: 20, vidEnd: 30, untagged: true }, false] as const),
  ),
  'tc qdisc add dev p0 root handle 1: htb default 10 r2q 20': qdiscRequest('add', 3, {
    ...{ kind: 'htb', handle: '1:', htb: { defaultClass: 0x10, r2q: 20 } },
  }),
  'tc qdisc add dev p0 root netem delay 100ms 10ms 25% loss 1% 5% duplicate 2% corrupt 0.1% 3% reorder 25% 50% rate 1mbit limit 500':
    qdiscRequest('add', 3, {
      kind: 'netem',
      netem: {
        ...{ delay: 100_000, jitter: 10_000, delayCorrelation: 0.25, loss: 0.01, limit: 500 },
        ...{ lossCorrelation: 0.05, duplicate: 0.02 },
        corrupt: { probability: 0.001, correlation: 0.03 },
        reorder: { probability: 0.25, correlation: 0.5 },
        rate: { rate: 125_000, packetOverhead: 0, cellSize: 0, cellOverhead: 0 },
      },
    }),
  'tc qdisc add dev p0 root netem loss 10%': qdiscRequest('add', 3, {
    ...{ kind: 'netem', netem: { loss: 0.1 } },
  }),
  'tc qdisc add dev p0 root fq_codel limit 500 flows 64 target 5ms interval 100ms quantum 1000 ecn memory_limit 1000000 ce_threshold 2ms':
    qdiscRequest('add', 3, {
      kind: 'fq_codel',
      fqCodel: {
        ...{ limit: 500, flows: 64, target: 5000, interval: 100_000, quantum: 1000, ecn: true },
        ...{ memoryLimit: 1_000_000, ceThreshold: 2000 },
      },
    }),
  'tc qdisc add dev p0 clsact': qdiscRequest('add', 3, { kind: 'clsact' }),
  'tc qdisc add dev p0 ingress': qdiscRequest('add', 3, { kind: 'ingress' }),
  'tc qdisc add dev p0 root pfifo limit 5': qdiscRequest('add', 3, {
    kind: 'pfifo',
    fifo: { limit: 5 },
  }),
  'tc qdisc del dev p0 root': qdiscDelRequest(3),
};

test.each(Object.entries(moreRequests))('we ask what "%s" asks', (command, hex) => {
  const [, request] = Object.entries(ours).find(([key]) => key === command) ?? [];
  expect(request && shapeOf(request)).toEqual(shapeOf(Buffer.from(hex, 'hex')));
});
