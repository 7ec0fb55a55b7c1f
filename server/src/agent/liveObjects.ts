import type { Address, Link, Neighbour, Route } from '@cnilab/shared/live/namespace';
import { routeKey } from '@cnilab/shared/live/namespace';
import type { Address as KernelAddress } from '../netlink/route/address.ts';
import type { Link as KernelLink } from '../netlink/route/link.ts';
import type { Neighbour as KernelNeighbour } from '../netlink/route/neighbour.ts';
import type { Route as KernelRoute } from '../netlink/route/route.ts';

/**
 * What the live model keeps of the kernel's objects. The rest must not get into it: it would make
 * events of what nobody is told about.
 */

/** `names`: the lab's namespaces by the numbers that they have in the link's own. */
export function liveLink(link: KernelLink, names: ReadonlyMap<number, string>): Link {
  const { linkNsid, vlan, vxlan, bridge, port } = link;
  const linkNamespace = linkNsid === undefined ? undefined : names.get(linkNsid);
  return {
    index: link.index,
    name: link.name,
    kind: link.kind,
    ...(link.mac !== undefined && { mac: link.mac }),
    mtu: link.mtu,
    up: link.up,
    state: link.state,
    ...(link.promiscuous === true && { promiscuous: true }),
    ...(link.master !== undefined && { master: link.master }),
    ...(link.link !== undefined && { link: link.link }),
    ...(link.alias !== undefined && { alias: link.alias }),
    ...(vlan && { vlan: vlan.id }),
    ...(vxlan && {
      vxlan: { id: vxlan.id, ...(vxlan.remote !== undefined && { remote: vxlan.remote }) },
    }),
    ...(bridge && { bridge: { vlanFiltering: bridge.vlanFiltering } }),
    ...(port && { port: livePort(port) }),
    ...(linkNamespace !== undefined && { linkNamespace }),
  };
}

export const livePort = ({ hairpin, isolated }: { hairpin: boolean; isolated: boolean }) => ({
  hairpin,
  isolated,
});

export const liveAddress = (address: KernelAddress): Address => ({
  index: address.index,
  family: address.family,
  address: address.address,
  prefix: address.prefix,
  scope: address.scope,
  ...(address.peer !== undefined && { peer: address.peer }),
  ...(address.tentative === true && { tentative: true }),
});

/** A route of the model; those that are the kernel's own bookkeeping are left out before. */
export const liveRoute = (route: KernelRoute): Route => ({
  family: route.family,
  table: route.table,
  type: route.type,
  to: route.to,
  ...(route.via !== undefined && { via: route.via }),
  ...(route.dev !== undefined && { dev: route.dev }),
  ...(route.source !== undefined && { source: route.source }),
  scope: route.scope,
  protocol: route.protocol,
  metric: route.metric,
});

/** Whether an entry is one of the model: about a machine that traffic went to. */
export const isLiveNeighbour = ({ state, flags }: KernelNeighbour): boolean =>
  state !== 'NOARP' && !flags.includes('proxy');

export const liveNeighbour = (neighbour: KernelNeighbour): Neighbour => ({
  index: neighbour.index,
  family: neighbour.family,
  address: neighbour.address,
  ...(neighbour.mac !== undefined && { mac: neighbour.mac }),
  state: neighbour.state,
});

/** `ip route replace` puts a route in the place of one that differs in its way. */
export const replacedBy = (old: Route, route: Route): boolean =>
  old.to === route.to &&
  old.family === route.family &&
  old.table === route.table &&
  old.metric === route.metric &&
  routeKey(old) !== routeKey(route);

// The cheap comparison first: bursts of thousands are compared with thousands.
export const sameAddress = (a: Address, b: Address) =>
  a.index === b.index && a.address === b.address && a.prefix === b.prefix;
export const sameNeighbour = (a: Neighbour, b: Neighbour) =>
  a.index === b.index && a.address === b.address;
export const sameRoute = (a: Route, b: Route) => a.to === b.to && routeKey(a) === routeKey(b);
