import type { Change } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';
import { isSetRoute } from '../netlink/route/route.ts';
import type { RouteMessage } from '../netlink/route/decode.ts';
import type { RouteSocket } from '../netlink/route/socket.ts';
import * as live from './liveObjects.ts';

/** The lab's namespaces by the numbers that they have in one of them. */
export type Names = ReadonlyMap<number, string>;

/**
 * What a message changes in a namespace, as the model has it so far: nothing if it says what is
 * known, or is about what the model leaves out.
 */
export function changesOf(message: RouteMessage, namespace: Namespace, names: Names): Change[] {
  const { id } = namespace;
  switch (message.kind) {
    case 'link.set':
      return linkChanges(namespace, live.liveLink(message.link, names));
    case 'link.del': {
      const { index, name, newNsid, newIndex } = message.link;
      if (!namespace.links.some((link) => link.index === index)) return [];
      if (newNsid === undefined) return [{ event: 'link.del', namespace: id, index, name }];
      const there = names.get(newNsid);
      const to =
        there === undefined || newIndex === undefined
          ? {}
          : { to: { namespace: there, index: newIndex } };
      return [{ event: 'link.move', namespace: id, index, name, ...to }];
    }
    case 'port.set': {
      const { index, port } = message.port;
      const link = namespace.links.find((item) => item.index === index);
      if (!link || !port || link.master === undefined) return [];
      return linkChanges(namespace, { ...link, port: live.livePort(port) });
    }
    case 'address.set': {
      const address = live.liveAddress(message.address);
      const known = namespace.addresses.find((item) => live.sameAddress(item, address));
      return same(known, address) ? [] : [{ event: 'address.new', namespace: id, address }];
    }
    case 'address.del': {
      const address = live.liveAddress(message.address);
      const isKnown = namespace.addresses.some((item) => live.sameAddress(item, address));
      return isKnown ? [{ event: 'address.del', namespace: id, address }] : [];
    }
    case 'route.set':
      return routeChanges(message, namespace);
    case 'route.del': {
      if (!isSetRoute(message.route)) return [];
      const route = live.liveRoute(message.route);
      const isKnown = namespace.routes.some((item) => live.sameRoute(item, route));
      return isKnown ? [{ event: 'route.del', namespace: id, route }] : [];
    }
    case 'neighbour.set': {
      if (!live.isLiveNeighbour(message.neighbour)) return [];
      const neighbour = live.liveNeighbour(message.neighbour);
      const known = namespace.neighbours.find((item) => live.sameNeighbour(item, neighbour));
      return same(known, neighbour) ? [] : [{ event: 'neighbour.new', namespace: id, neighbour }];
    }
    case 'neighbour.del': {
      const neighbour = live.liveNeighbour(message.neighbour);
      const isKnown = namespace.neighbours.some((item) => live.sameNeighbour(item, neighbour));
      return isKnown ? [{ event: 'neighbour.del', namespace: id, neighbour }] : [];
    }
    case 'rule.set': {
      if (!live.isLivePolicy(message.rule)) return [];
      const policy = live.livePolicy(message.rule);
      const isKnown = namespace.policies.some((item) => live.samePolicy(item, policy));
      return isKnown ? [] : [{ event: 'policy.new', namespace: id, policy }];
    }
    case 'rule.del': {
      const policy = live.livePolicy(message.rule);
      const isKnown = namespace.policies.some((item) => live.samePolicy(item, policy));
      return isKnown ? [{ event: 'policy.del', namespace: id, policy }] : [];
    }
    case 'fdb.set': {
      if (!live.isLiveFdb(message.entry)) return [];
      const entry = live.liveFdb(message.entry);
      const known = namespace.fdb.find((item) => live.sameFdb(item, entry));
      return same(known, entry) ? [] : [{ event: 'fdb.new', namespace: id, entry }];
    }
    case 'fdb.del': {
      const entry = live.liveFdb(message.entry);
      const isKnown = namespace.fdb.some((item) => live.sameFdb(item, entry));
      return isKnown ? [{ event: 'fdb.del', namespace: id, entry }] : [];
    }
    case 'qdisc.set': {
      if (!live.isLiveQdisc(message.qdisc)) return [];
      const qdisc = live.liveQdisc(message.qdisc);
      const known = namespace.qdiscs.find((item) => live.sameQdisc(item, qdisc));
      return same(known, qdisc) ? [] : [{ event: 'qdisc.new', namespace: id, qdisc }];
    }
    case 'qdisc.del': {
      const qdisc = live.liveQdisc(message.qdisc);
      const isKnown = namespace.qdiscs.some((item) => live.sameQdisc(item, qdisc));
      return isKnown ? [{ event: 'qdisc.del', namespace: id, qdisc }] : [];
    }
    default:
      return [];
  }
}

/** What messages about a link do not say stays as it is known: its VLANs, and where it was made. */
export function linkChanges(namespace: Namespace, told: Link): Change[] {
  const known = namespace.links.find((item) => item.index === told.index);
  const link = {
    ...told,
    ...(known?.vlans &&
      known.master === told.master &&
      told.vlans === undefined && { vlans: known.vlans }),
    ...(known?.origin && told.origin === undefined && { origin: known.origin }),
  };
  if (same(known, link)) return [];
  return [{ event: known ? 'link.change' : 'link.new', namespace: namespace.id, link }];
}

function routeChanges(
  message: Extract<RouteMessage, { kind: 'route.set' }>,
  { id, routes }: Namespace,
): Change[] {
  if (!isSetRoute(message.route)) return [];
  const route = live.liveRoute(message.route);
  const changes: Change[] = [];
  const old = message.replaces && routes.find((item) => live.replacedBy(item, route));
  if (old) changes.push({ event: 'route.del', namespace: id, route: old });
  const known = routes.find((item) => live.sameRoute(item, route));
  if (!same(known, route)) changes.push({ event: 'route.new', namespace: id, route });
  return changes;
}

/** Everything that the kernel has, from dumps: at the start, and after it dropped messages. */
export function dumpNamespace(
  route: RouteSocket,
  info: Pick<Namespace, 'id' | 'kind' | 'host'>,
  known: Namespace | undefined,
  names: Names,
): Namespace {
  const before = new Map(known?.links.map((link) => [link.index, link]));
  const vlans = new Map(route.portList().map((port) => [port.index, port.vlans]));
  const links = route.linkList().map((item): Link => {
    const origin = before.get(item.index)?.origin;
    const own = vlans.get(item.index);
    return {
      ...live.liveLink(item, names),
      ...(own && { vlans: own }),
      ...(origin && { origin }),
    };
  });
  return {
    ...info,
    links,
    addresses: route.addressList().map(live.liveAddress),
    routes: route.routeList().filter(isSetRoute).map(live.liveRoute),
    neighbours: route.neighbourList().filter(live.isLiveNeighbour).map(live.liveNeighbour),
    policies: route.ruleList().filter(live.isLivePolicy).map(live.livePolicy),
    fdb: route.fdbList().filter(live.isLiveFdb).map(live.liveFdb),
    qdiscs: route.qdiscList().filter(live.isLiveQdisc).map(live.liveQdisc),
    tables: known?.tables ?? [],
  };
}

/** The changes that tell all of a namespace. */
export function contentsOf(namespace: Namespace): Change[] {
  const { id, links, addresses, routes, neighbours, policies, fdb, qdiscs } = namespace;
  return [
    ...links.map((link): Change => ({ event: 'link.new', namespace: id, link })),
    ...addresses.map((address): Change => ({ event: 'address.new', namespace: id, address })),
    ...routes.map((route): Change => ({ event: 'route.new', namespace: id, route })),
    ...neighbours.map((neighbour): Change => ({
      event: 'neighbour.new',
      namespace: id,
      neighbour,
    })),
    ...policies.map((policy): Change => ({ event: 'policy.new', namespace: id, policy })),
    ...fdb.map((entry): Change => ({ event: 'fdb.new', namespace: id, entry })),
    ...qdiscs.map((qdisc): Change => ({ event: 'qdisc.new', namespace: id, qdisc })),
  ];
}

const same = (a: object | undefined, b: object): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);
