import type { Address, Link, Namespace, Route } from '@cnilab/shared/live/namespace';
import { expect } from 'vitest';
import { eventually, type TestBox } from './box.ts';

/** What the tests use of the answers of `ip -j`. */
export interface IpLink {
  ifindex: number;
  ifname: string;
  address?: string;
  mtu: number;
  flags: string[];
  operstate: string;
  master?: string;
  link?: string;
  link_index?: number;
  ifalias?: string;
  promiscuity?: number;
  linkinfo?: {
    info_kind?: string;
    info_data?: { id?: number; vlan_filtering?: number };
    info_slave_kind?: string;
    info_slave_data?: { hairpin: boolean; isolated: boolean; state: string };
  };
}
export interface IpAddress {
  ifindex: number;
  ifname: string;
  addr_info: {
    family: string;
    local: string;
    prefixlen: number;
    scope: string;
    address?: string;
    tentative?: boolean;
  }[];
}
export interface IpRoute {
  type?: string;
  dst: string;
  gateway?: string;
  via?: { host: string };
  dev?: string;
  protocol?: string;
  scope?: string;
  prefsrc?: string;
  metric?: number;
  table?: string;
  nexthops?: { gateway?: string; via?: { host: string }; dev: string; weight: number }[];
  metrics?: { mtu?: number }[];
}

interface IpRule {
  priority: number;
  table?: string;
  action?: string;
}
interface FdbLine {
  mac: string;
  ifname: string;
  state: string;
}
interface QdiscLine {
  kind: string;
  handle: string;
  dev: string;
}

/** The objects of one namespace, in the terms of the live state and in a fixed order. */
interface Objects {
  links: Omit<Link, 'link' | 'linkNamespace' | 'vxlan' | 'settings' | 'origin' | 'vlans'>[];
  /** `4 100 lookup 7` */
  policies: string[];
  /** `02:00:00:00:00:01 on vetha`; learnt and static ones. */
  fdb: string[];
  /** `tbf 8001: on eth0` */
  qdiscs: string[];
  addresses: Address[];
  routes: Omit<Route, 'protocol' | 'scope'>[];
}

/** Runs `ip -j …` in a namespace of the lab; the segments' one is the empty name. */
export const ip = <T>(box: TestBox, namespace: string, args: string): Promise<T> =>
  iproute2(box, namespace, `ip -j ${args}`);

async function iproute2<T>(box: TestBox, namespace: string, command: string): Promise<T> {
  // The segments' namespace is the box's own, where only the agent starts processes. Its first
  // process is there as well, and unlike the agent it is never on a visit to a host.
  const [anyHost = ''] = Object.keys(box.state().namespaces).filter((id) => /^[^/]+$/.test(id));
  const text =
    namespace === ''
      ? await box.sh(anyHost, `nsenter --net=/proc/1/ns/net ${command}`)
      : await box.sh(namespace, command);
  return JSON.parse(text || '[]');
}

/** Waits until the live state of every namespace says what `ip` says there. */
export async function expectStateLikeKernel(box: TestBox): Promise<void> {
  await eventually(async () => {
    const before = Object.keys(box.state().namespaces);
    const seen: Record<string, Objects> = {};
    for (const id of before) seen[id] = await readObjects(box, id);
    const told = Object.fromEntries(
      Object.entries(box.state().namespaces).map(([id, namespace]) => [id, objectsOf(namespace)]),
    );
    expect(told).toEqual(seen);
    expectBothEnds(Object.values(box.state().namespaces));
  });
}

/** Each end of a veth pair names the other one, also across namespaces. */
function expectBothEnds(namespaces: Namespace[]): void {
  for (const { id, links } of namespaces) {
    for (const { name, kind, index, link, linkNamespace = id } of links) {
      if (kind !== 'veth') continue;
      const far = namespaces.find((other) => other.id === linkNamespace);
      const peer = far?.links.find((other) => other.index === link);
      const back = { namespace: peer?.linkNamespace ?? linkNamespace, index: peer?.link };
      expect(back, `the other end of ${name} in "${id}"`).toEqual({ namespace: id, index });
    }
  }
}

function objectsOf(namespace: Namespace): Objects {
  const { links, addresses, routes } = namespace;
  const nameOf = (index: number) => links.find((link) => link.index === index)?.name;
  return inOrder({
    links: links.map(
      ({ link: _l, linkNamespace: _n, vxlan: _v, settings: _s, origin: _o, vlans: _vs, ...rest }) =>
        rest,
    ),
    policies: namespace.policies.map(({ family, priority, action, table }) =>
      [family, priority, action, table].filter((word) => word !== undefined).join(' '),
    ),
    fdb: namespace.fdb.map(({ mac, index }) => `${mac} on ${nameOf(index)}`),
    qdiscs: namespace.qdiscs.map(
      ({ kind, handle, index }) => `${kind} ${handle} on ${nameOf(index)}`,
    ),
    addresses,
    routes: routes.map(({ protocol: _p, scope: _s, ...rest }) => rest),
  });
}

async function readObjects(box: TestBox, namespace: string): Promise<Objects> {
  const links = await ip<IpLink[]>(box, namespace, '-d link');
  const addresses = await ip<IpAddress[]>(box, namespace, 'addr');
  const indexOf = (name: string | undefined) => links.find((link) => link.ifname === name)?.ifindex;
  const routes = await Promise.all(
    ([4, 6] as const).map(async (family) =>
      (await ip<IpRoute[]>(box, namespace, `-${family} route show table all`))
        .filter((route) => route.table !== 'local')
        .filter(({ type = 'unicast' }) => !hidden.includes(type))
        .map((route) => toRoute(route, family, indexOf)),
    ),
  );
  const rules = await Promise.all(
    ([4, 6] as const).map(async (family) =>
      (await ip<IpRule[]>(box, namespace, `-${family} -N rule`))
        .filter(({ priority }) => ![0, 32766, 32767].includes(priority))
        .map(({ priority, action = 'lookup', table }) =>
          [family, priority, ruleActions[action] ?? action, table]
            .filter((word) => word !== undefined)
            .join(' '),
        ),
    ),
  );
  const fdb = await iproute2<FdbLine[]>(box, namespace, 'bridge -j fdb');
  const qdiscs = await iproute2<QdiscLine[]>(box, namespace, 'tc -j qdisc');
  return inOrder({
    policies: rules.flat(),
    fdb: fdb
      .filter(
        ({ state, mac }) => state !== 'permanent' && (parseInt(mac.slice(0, 2), 16) & 1) === 0,
      )
      .map(({ mac, ifname }) => `${mac} on ${ifname}`),
    qdiscs: qdiscs
      .filter(({ handle }) => handle !== '0:')
      .map(({ kind, handle, dev }) => `${kind} ${handle} on ${dev}`),
    links: links.map((link) => toLink(link, indexOf(link.master))),
    addresses: addresses.flatMap(({ ifindex, addr_info }) =>
      addr_info
        .filter(({ local }) => local !== undefined)
        .map((address) => toAddress(address, ifindex)),
    ),
    routes: routes.flat(),
  });
}

/** As `ip -N`, which is needed for the numbers of tables, writes them. */
const ruleActions: Record<string, string> = { 6: 'blackhole', 7: 'unreachable', 8: 'prohibit' };

const hidden = ['local', 'broadcast', 'anycast', 'multicast'];

function toLink(link: IpLink, master: number | undefined): Objects['links'][number] {
  const { linkinfo: info = {} } = link;
  const kind = link.flags.includes('LOOPBACK') ? 'loopback' : (info.info_kind ?? '');
  const port = info.info_slave_kind === 'bridge' ? info.info_slave_data : undefined;
  return {
    index: link.ifindex,
    name: link.ifname,
    kind,
    ...(link.address === undefined ? {} : { mac: link.address }),
    mtu: link.mtu,
    up: link.flags.includes('UP'),
    state: link.operstate,
    ...(link.promiscuity ? { promiscuous: true } : {}),
    ...(master === undefined ? {} : { master }),
    ...(link.ifalias === undefined ? {} : { alias: link.ifalias }),
    ...(kind === 'bridge'
      ? { bridge: { vlanFiltering: info.info_data?.vlan_filtering === 1 } }
      : {}),
    ...(port
      ? { port: { hairpin: port.hairpin, isolated: port.isolated, state: port.state } }
      : {}),
  };
}

const toAddress = (info: IpAddress['addr_info'][number], index: number): Address => ({
  index,
  family: info.family === 'inet' ? 4 : 6,
  // For a point-to-point address `local` is ours and `address` the other end.
  address: info.local,
  prefix: info.prefixlen,
  scope: info.scope,
  ...(info.address === undefined ? {} : { peer: info.address }),
  ...(info.tentative ? { tentative: true } : {}),
});

function toRoute(
  route: IpRoute,
  family: 4 | 6,
  indexOf: (name: string | undefined) => number | undefined,
): Objects['routes'][number] {
  const { dst, nexthops, metrics } = route;
  const first = nexthops?.[0] ?? route;
  const via = first.gateway ?? first.via?.host;
  const dev = indexOf(first.dev);
  return {
    family,
    table: Number(route.table ?? 254),
    type: route.type ?? 'unicast',
    to: dst === 'default' || dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    ...(via === undefined ? {} : { via }),
    ...(dev === undefined ? {} : { dev }),
    ...(route.prefsrc === undefined ? {} : { source: route.prefsrc }),
    metric: route.metric ?? 0,
    ...(nexthops && {
      nextHops: nexthops.map((hop) => {
        const hopVia = hop.gateway ?? hop.via?.host;
        const hopDev = indexOf(hop.dev);
        return {
          ...(hopVia === undefined ? {} : { via: hopVia }),
          ...(hopDev === undefined ? {} : { dev: hopDev }),
          weight: hop.weight,
        };
      }),
    }),
    ...(metrics?.[0]?.mtu === undefined ? {} : { mtu: metrics[0].mtu }),
  };
}

/** Neither the kernel's lists nor ours promise an order. */
function inOrder({ links, addresses, routes, policies, fdb, qdiscs }: Objects): Objects {
  const sorted = <T extends object>(items: T[]) =>
    items
      .map((item) => ({
        item,
        key: JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ item }) => item);
  return {
    links: links.toSorted((a, b) => a.index - b.index),
    addresses: sorted(addresses.filter((address) => !isUnannounced(address))),
    routes: sorted(routes),
    policies: policies.toSorted(),
    fdb: fdb.toSorted(),
    qdiscs: qdiscs.toSorted(),
  };
}

/** The kernel announces a link-local address of its own only when nobody else has it (DAD). */
const isUnannounced = ({ tentative, address }: Address) =>
  tentative === true && address.startsWith('fe80:');
