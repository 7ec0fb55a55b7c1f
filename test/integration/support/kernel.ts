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
    info_slave_data?: { hairpin: boolean; isolated: boolean };
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
}

/** The objects of one namespace, in the terms of the live state and in a fixed order. */
interface Objects {
  links: Omit<Link, 'link' | 'linkNamespace' | 'vxlan'>[];
  addresses: Address[];
  routes: Omit<Route, 'protocol' | 'scope'>[];
}

/** Runs `ip -j …` in a namespace of the lab; the segments' one is the empty name. */
export async function ip<T>(box: TestBox, namespace: string, args: string): Promise<T> {
  // The segments' namespace is the box's own, where only the agent starts processes. Its first
  // process is there as well, and unlike the agent it is never on a visit to a host.
  const [anyHost = ''] = Object.keys(box.state().namespaces).filter((id) => /^[^/]+$/.test(id));
  const text =
    namespace === ''
      ? await box.sh(anyHost, `nsenter --net=/proc/1/ns/net ip -j ${args}`)
      : await box.sh(namespace, `ip -j ${args}`);
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

function objectsOf({ links, addresses, routes }: Namespace): Objects {
  return inOrder({
    links: links.map(({ link: _l, linkNamespace: _n, vxlan: _v, ...rest }) => rest),
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
        .map((route) => toRoute(route, family, indexOf(route.dev))),
    ),
  );
  return inOrder({
    links: links.map((link) => toLink(link, indexOf(link.master))),
    addresses: addresses.flatMap(({ ifindex, addr_info }) =>
      addr_info
        .filter(({ local }) => local !== undefined)
        .map((address) => toAddress(address, ifindex)),
    ),
    routes: routes.flat(),
  });
}

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
    ...(port ? { port: { hairpin: port.hairpin, isolated: port.isolated } } : {}),
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
  dev: number | undefined,
): Objects['routes'][number] {
  const via = route.gateway ?? route.via?.host;
  const { dst } = route;
  return {
    family,
    table: Number(route.table ?? 254),
    type: route.type ?? 'unicast',
    to: dst === 'default' || dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    ...(via === undefined ? {} : { via }),
    ...(dev === undefined ? {} : { dev }),
    ...(route.prefsrc === undefined ? {} : { source: route.prefsrc }),
    metric: route.metric ?? 0,
  };
}

/** Neither the kernel's lists nor ours promise an order. */
function inOrder({ links, addresses, routes }: Objects): Objects {
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
  };
}

/** The kernel announces a link-local address of its own only when nobody else has it (DAD). */
const isUnannounced = ({ tentative, address }: Address) =>
  tentative === true && address.startsWith('fe80:');
