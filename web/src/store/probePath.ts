import { contains, parseCidr, parseIp, type Ip } from '@cnilab/shared/cni/ip';
import type { Snapshot } from '@cnilab/shared/live/events';
import type { Link, Namespace, Route } from '@cnilab/shared/live/namespace';
import { targetAddress, targetPort, type ProbeDraft } from './probeCheck.ts';

/**
 * The way that a packet takes, as far as the live state tells it: main routing table, layer-2
 * neighbours, and destination NAT of port maps. Where it cannot go on, `stops` says why. What a
 * firewall drops is not known here.
 */
export interface PacketPath {
  /** `link:NAMESPACE/NAME` in the order of passing. */
  links: string[];
  /** The namespace that the packet is delivered in. */
  arrives?: string;
  stops?: { namespace: string; reason: string };
}

const hopLimit = 32;
const mainTable = 254;

/** Links that the packets of a probe pass on their way there. */
export function probePath(live: Snapshot, draft: ProbeDraft): string[] {
  const address = targetAddress(draft, live);
  return address ? packetPath(live, draft.from, address, targetPort(draft)).links : [];
}

export function packetPath(
  live: Snapshot,
  from: string,
  destination: string,
  port: number | undefined,
): PacketPath {
  const links: string[] = [];
  const pass = (id: string) => {
    if (links.at(-1) !== id) links.push(id);
  };
  let here = live.namespaces[from];
  let target = destination;
  for (let hop = 0; here && hop < hopLimit; hop++) {
    const stop = (reason: string): PacketPath => ({
      links,
      stops: { namespace: here?.id ?? from, reason },
    });
    const mapped = port === undefined ? undefined : destinationNat(here, target, port);
    if (mapped) [target, port] = [mapped.address, mapped.port];
    if (ownLink(here, target)) return { links, arrives: here.id };
    const ip = parseIp(target);
    if (!ip) return stop(`“${target}” is no address.`);
    const route = lookup(here, ip);
    if (!route) return stop(`${here.id} has no route to ${target}.`);
    if (route.type !== 'unicast') return stop(`${here.id} has a route that refuses ${target}.`);
    const out = here.links.find(({ index }) => index === route.dev);
    if (!out) return stop(`The route of ${here.id} to ${target} has no interface.`);
    const neighbour = route.via ?? target;
    const way = acrossLayer2(live, here, out, neighbour);
    for (const id of way.links) pass(id);
    if (!way.namespace) {
      return stop(`Nobody answers for ${neighbour} behind ${out.name} of ${here.id}.`);
    }
    here = way.namespace;
  }
  return { links, stops: { namespace: here?.id ?? from, reason: 'The way does not end.' } };
}

/** The interface of a namespace that has the address. */
function ownLink(namespace: Namespace, address: string): Link | undefined {
  const own = namespace.addresses.find((item) => item.address === address);
  return own && namespace.links.find(({ index }) => index === own.index);
}

/** The route with the longest prefix, then the lowest metric. */
function lookup(namespace: Namespace, ip: Ip): Route | undefined {
  const length = (route: Route) =>
    route.to === 'default' ? 0 : (parseCidr(withPrefix(route.to, route.family))?.prefix ?? 0);
  return namespace.routes
    .filter((route) => route.family === ip.family && route.table === mainTable)
    .filter((route) => {
      if (route.to === 'default') return true;
      const cidr = parseCidr(withPrefix(route.to, route.family));
      return cidr !== undefined && contains(cidr, ip);
    })
    .toSorted((a, b) => length(b) - length(a) || a.metric - b.metric)[0];
}

const withPrefix = (to: string, family: 4 | 6): string =>
  to.includes('/') ? to : `${to}/${family === 4 ? 32 : 128}`;

interface Place {
  namespace: Namespace;
  link: Link;
}
const placeId = ({ namespace, link }: Place): string => `link:${namespace.id}/${link.name}`;

/** Breadth first over bridges, veth pairs and VLANs to the interface that has the address. */
function acrossLayer2(
  live: Snapshot,
  namespace: Namespace,
  out: Link,
  address: string,
): { links: string[]; namespace?: Namespace } {
  const start: Place = { namespace, link: out };
  const cameFrom = new Map<string, Place | undefined>([[placeId(start), undefined]]);
  const queue: Place[] = [start];
  for (let place = queue.shift(); place; place = queue.shift()) {
    const there = place !== start && ownLink(place.namespace, address);
    if (there && there.index === place.link.index) {
      const links: string[] = [];
      for (let step: Place | undefined = place; step; step = cameFrom.get(placeId(step))) {
        links.unshift(placeId(step));
      }
      return { links, namespace: place.namespace };
    }
    for (const next of beside(live, place)) {
      if (cameFrom.has(placeId(next))) continue;
      cameFrom.set(placeId(next), place);
      queue.push(next);
    }
  }
  return { links: [placeId(start)] };
}

/** Interfaces that hand frames on to each other directly. */
function beside(live: Snapshot, { namespace, link }: Place): Place[] {
  const here = (other: Link): Place => ({ namespace, link: other });
  const places = namespace.links
    .filter(
      (other) =>
        other.index === link.master ||
        other.master === link.index ||
        (isStacked(other) && other.link === link.index && !other.linkNamespace) ||
        (isStacked(link) && link.link === other.index && !link.linkNamespace),
    )
    .map(here);
  const peer = vethPeer(live, namespace, link);
  return peer ? [...places, peer] : places;
}

const isStacked = ({ kind }: Link): boolean => kind === 'vlan' || kind === 'macvlan';

function vethPeer(live: Snapshot, namespace: Namespace, link: Link): Place | undefined {
  if (link.kind !== 'veth' || link.link === undefined) return undefined;
  const other = live.namespaces[link.linkNamespace ?? namespace.id];
  const peer = other?.links.find(({ index }) => index === link.link);
  return other && peer && { namespace: other, link: peer };
}

/** What a port map of this namespace makes of a packet to one of its addresses. */
function destinationNat(
  namespace: Namespace,
  address: string,
  port: number,
): { address: string; port: number } | undefined {
  if (!ownLink(namespace, address)) return undefined;
  const family = address.includes(':') ? 'ip6' : 'ip';
  const nat = namespace.tables.find((table) => table.family === family && table.name === 'nat');
  for (const { text } of nat?.chains.flatMap(({ rules }) => rules) ?? []) {
    const to = / --to-destination \[?([0-9a-fA-F.:]+?)\]?:([0-9]+)/.exec(text);
    if (!to || !new RegExp(` --dports? ${port}( |$)`).test(text)) continue;
    const only = / -d ([0-9a-fA-F.:]+)/.exec(text)?.[1];
    if (only && only !== address) continue;
    return { address: to[1] ?? '', port: Number(to[2]) };
  }
  return undefined;
}
