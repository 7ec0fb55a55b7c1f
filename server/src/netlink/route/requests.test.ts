import { expect, test } from 'vitest';
import { addressRequest } from './address.ts';
import { bridgeVlanRequest } from './bridgeVlan.ts';
import { linkAddRequest, linkDelRequest, linkSetRequest } from './linkRequests.ts';
import { requests } from './messages.fixtures.ts';
import { shapeOf } from './requestShape.ts';
import { neighbourRequest } from './neighbour.ts';
import { qdiscRequest } from './qdiscRequests.ts';
import { routeRequest } from './routeRequests.ts';
import { ruleRequest } from './rule.ts';
import { SpecError } from './values.ts';

const ours: Record<keyof typeof requests, Buffer> = {
  'ip link add link p0 name p0.20 type vlan id 20': linkAddRequest({
    kind: 'vlan',
    name: 'p0.20',
    parent: 3,
    id: 20,
  }),
  'ip link add brf type bridge vlan_filtering 1': linkAddRequest({
    kind: 'bridge',
    name: 'brf',
    vlanFiltering: true,
  }),
  'ip link add d0 mtu 1400 type dummy': linkAddRequest({ kind: 'dummy', name: 'd0', mtu: 1400 }),
  'ip link add mv0 link p0 type macvlan mode bridge': linkAddRequest({
    kind: 'macvlan',
    name: 'mv0',
    parent: 3,
    mode: 'bridge',
  }),
  'ip link add vx0 type vxlan id 42 remote 10.0.0.9 local 10.0.0.8 dev p0 dstport 4789':
    linkAddRequest({
      kind: 'vxlan',
      name: 'vx0',
      id: 42,
      remote: '10.0.0.9',
      local: '10.0.0.8',
      parent: 3,
    }),
  'ip link add vx6 type vxlan id 43 remote fd00::9 local fd00::8 dstport 9999': linkAddRequest({
    kind: 'vxlan',
    name: 'vx6',
    id: 43,
    remote: 'fd00::9',
    local: 'fd00::8',
    port: 9999,
  }),
  'ip link add v5 address 02:00:00:00:00:05 type veth peer name v6 mtu 1400': linkAddRequest({
    kind: 'veth',
    name: 'v5',
    mac: '02:00:00:00:00:05',
    peer: { name: 'v6', mtu: 1400 },
  }),
  'bridge vlan add dev p0 vid 20 pvid untagged': bridgeVlanRequest(
    'add',
    3,
    { vid: 20, pvid: true, untagged: true },
    false,
  ),
  'bridge vlan add dev br9 vid 20 self': bridgeVlanRequest('add', 4, { vid: 20 }, true),
  'bridge vlan del dev p0 vid 20': bridgeVlanRequest('del', 3, { vid: 20 }, false),
  'ip link set p0 alias hello': linkSetRequest(3, { alias: 'hello' }),
  'ip link set p0 promisc on up mtu 1300': linkSetRequest(3, {
    promiscuous: true,
    up: true,
    mtu: 1300,
  }),
  'ip link set p0 down': linkSetRequest(3, { down: true }),
  'ip link set p0 master br9': linkSetRequest(3, { master: 4 }),
  'ip link set p0 nomaster': linkSetRequest(3, { master: 0 }),
  'ip link set p0 name eth7': linkSetRequest(3, { name: 'eth7' }),
  'ip link del p0': linkDelRequest(3),
  'ip addr add 10.0.0.1/24 broadcast 10.0.0.255 dev p0': addressRequest('add', 3, {
    address: '10.0.0.1/24',
    broadcast: '10.0.0.255',
  }),
  'ip addr add fd00::1/64 nodad dev p0': addressRequest('add', 3, {
    address: 'fd00::1/64',
    noDad: true,
  }),
  'ip addr add 10.9.0.1 peer 10.9.0.2/32 dev p0': addressRequest('add', 3, {
    address: '10.9.0.1/32',
    peer: '10.9.0.2',
  }),
  'ip addr del 10.0.0.1/24 dev p0': addressRequest('del', 3, { address: '10.0.0.1/24' }),
  'ip route add 10.5.0.0/16 dev p0 table 1000 metric 5 src 10.0.0.2': routeRequest('add', {
    to: '10.5.0.0/16',
    dev: 3,
    table: 1000,
    metric: 5,
    source: '10.0.0.2',
  }),
  'ip route add default via 10.0.0.1 dev p0 onlink proto static': routeRequest('add', {
    to: 'default',
    via: '10.0.0.1',
    dev: 3,
    onlink: true,
    protocol: 'static',
  }),
  'ip route add 10.6.0.0/16 via inet6 fd00::9 dev p0': routeRequest('add', {
    to: '10.6.0.0/16',
    via: 'fd00::9',
    dev: 3,
  }),
  'ip route add blackhole 10.7.0.0/16': routeRequest('add', {
    to: '10.7.0.0/16',
    type: 'blackhole',
  }),
  'ip route add default via fd00::1 dev p0': routeRequest('add', {
    to: 'default',
    via: 'fd00::1',
    dev: 3,
  }),
  'ip route add fd01::/64 via fd00::9': routeRequest('add', { to: 'fd01::/64', via: 'fd00::9' }),
  'ip route add 10.5.0.0/16 dev p0 scope host': routeRequest('add', {
    to: '10.5.0.0/16',
    dev: 3,
    scope: 'host',
  }),
  'ip route del 10.5.0.0/16 table 1000': routeRequest('del', { to: '10.5.0.0/16', table: 1000 }),
  'ip route del default via 10.0.0.1': routeRequest('del', { to: 'default', via: '10.0.0.1' }),
  'ip route replace 10.5.0.0/16 via 10.0.0.1': routeRequest('replace', {
    to: '10.5.0.0/16',
    via: '10.0.0.1',
  }),
};

test.each(Object.entries(requests))('we ask what "%s" asks', (command, hex) => {
  const [, request] = Object.entries(ours).find(([key]) => key === command) ?? [];
  expect(request && shapeOf(request)).toEqual(shapeOf(Buffer.from(hex, 'hex')));
});

const vlan = { kind: 'vlan', name: 'v', parent: 3, id: 1 } as const;
const near = { address: '10.0.0.1', mac: '02:00:00:00:00:01' };
const range = { start: 0, end: 65_536 };

test.each<[string, () => Buffer]>([
  ['a name of 16 bytes', () => linkAddRequest({ kind: 'dummy', name: 'abcdefghijklmnop' })],
  ['a name with a slash', () => linkSetRequest(3, { name: 'a/b' })],
  ['an empty name', () => linkSetRequest(3, { name: '' })],
  ['a name that is a directory', () => linkSetRequest(3, { name: '..' })],
  ['half a MAC address', () => linkSetRequest(3, { mac: '02:00:00' })],
  ['an address without a prefix', () => addressRequest('add', 3, { address: '10.0.0.1' })],
  ['a short address', () => routeRequest('add', { to: '10.1' })],
  ['a gateway with a prefix', () => routeRequest('add', { to: 'default', via: '10.0.0.1/24' })],
  ['an unknown scope', () => routeRequest('add', { to: 'default', scope: 'world' })],
  ['a tos of more than a byte', () => routeRequest('add', { to: 'default', tos: 256 })],
  ['a weight of 0', () => routeRequest('add', { to: 'default', nextHops: [{ weight: 0 }] })],
  ['half a table', () => ruleRequest('add', { family: 4, table: 1.5 })],
  ['a rule for a port beyond the last', () => ruleRequest('add', { family: 4, sport: range })],
  ['a VLAN beyond the last', () => bridgeVlanRequest('add', 3, { vid: 70_000 }, false)],
  ['a VLAN id of more than 16 bits', () => linkAddRequest({ ...vlan, id: 70_000 })],
  ['a protocol that no VLAN has', () => linkAddRequest({ ...vlan, protocol: '802.3' })],
  ['a port state that is none', () => linkSetRequest(3, { port: { state: 'open' } })],
  ['a negative priority', () => linkAddRequest({ kind: 'bridge', name: 'b', priority: -1 })],
  ['a neighbour state that is none', () => neighbourRequest('add', 3, { ...near, state: 'GOOD' })],
  ['a handle that is none', () => qdiscRequest('add', 3, { kind: 'htb', handle: '1' })],
  ['a negative limit', () => qdiscRequest('add', 3, { kind: 'pfifo', fifo: { limit: -1 } })],
  ['a label with a slash', () => addressRequest('add', 3, { address: '10.0.0.1/8', label: 'a/b' })],
])('%s is refused before the kernel sees it', (_, request) => {
  expect(request).toThrow(SpecError);
});
