import { applyChange, emptySnapshot } from '@cnilab/shared/live/reducer';
import type { Change, Snapshot } from '@cnilab/shared/live/events';
import type { Link, Namespace, Route } from '@cnilab/shared/live/namespace';
import { routeKey } from '@cnilab/shared/live/namespace';
import type { Reactor } from '../netlink/reactor.ts';
import { mayDropRoutes, type RouteMessage } from '../netlink/route/decode.ts';
import { openMonitor } from '../netlink/route/monitor.ts';
import { isSetRoute } from '../netlink/route/route.ts';
import { openRoute, type RouteSocket } from '../netlink/route/socket.ts';
import type { Attribution, Origin, Told } from './attribution.ts';
import { watchFirewall, type FirewallWatch } from './firewallWatch.ts';
import {
  isLiveNeighbour,
  liveAddress,
  liveLink,
  liveNeighbour,
  livePort,
  liveRoute,
  replacedBy,
  sameAddress,
  sameNeighbour,
  sameRoute,
} from './liveObjects.ts';
import { introduce, type Knowing } from './nsids.ts';
import { insideNet, type Space } from './space.ts';

export interface Observer {
  /** Starts to watch a namespace and tells everything that is in it. */
  watch(space: Space): void;
  unwatch(space: Space): void;
  /** Requests of the agent's own to this namespace. */
  route(space: Space): RouteSocket;
  /** The kernel's state of a namespace as of the last drain. */
  namespace(id: string): Namespace | undefined;
  space(id: string): Space | undefined;
  /** Reads what the kernel has queued for these namespaces, without waiting. */
  drain(...spaces: readonly Space[]): void;
  drainAll(): void;
  /** Reads the counters of the rules now, and tells those that differ. */
  refreshFirewall(space: Space): Promise<void>;
}

interface Watched extends Knowing {
  monitor: ReturnType<typeof openMonitor>;
  stop: () => void;
  firewall: FirewallWatch;
}

/**
 * The one reader of the kernel: folds netlink messages of every namespace into the live state, and
 * tells only what really changed. Links know each other across namespaces by the ids (nsid) that
 * the agent gives to each pair of a host and its pods, and of hosts.
 */
export function createObserver(
  reactor: Reactor,
  attribution: Attribution,
  emit: (told: Told) => void,
): Observer {
  let state: Snapshot = emptySnapshot('');
  const watched = new Map<string, Watched>();
  /** Who asked for what is being told. */
  let origin: Origin;
  /** Netlink ports of the agent's own sockets: the first one in a namespace has its process id. */
  const ownPorts = new Set<number>([process.pid]);
  const originOf = (port: number): Origin => (ownPorts.has(port) ? 'agent' : port);

  /** Folds a change in; tells it unless the state already says so. */
  const tell = (change: Change) => {
    const before = 'namespace' in change ? state.namespaces[change.namespace] : undefined;
    state = applyChange(state, change);
    for (const told of attribution.record(change, before, origin)) emit(told);
  };

  /** The routes that the model knows, as the kernel has them now. */
  const routesOf = (entry: Watched): Route[] =>
    entry.route.routeList().filter(isSetRoute).map(liveRoute);

  const setLink = (id: string, link: Link) => {
    const known = state.namespaces[id]?.links.find((item) => item.index === link.index);
    if (known && same(known, link)) return;
    tell({ event: known ? 'link.change' : 'link.new', namespace: id, link });
  };

  const setRoute = (namespace: Namespace, route: Route) => {
    const known = namespace.routes.find((item) => sameRoute(item, route));
    if (known && same(known, route)) return;
    tell({ event: 'route.new', namespace: namespace.id, route });
  };

  /** A new link is down at first, but no route leads over it yet. */
  const tookRoutes = (entry: Watched, message: RouteMessage): boolean => {
    if (!mayDropRoutes(message)) return false;
    if (message.kind !== 'link.set') return true;
    const routes = state.namespaces[entry.space.id]?.routes ?? [];
    return routes.some((route) => route.family === 4 && route.dev === message.link.index);
  };

  /** IPv4 routes go without a word when their link goes down or their address leaves. */
  const relistRoutes = (entry: Watched) => {
    const namespace = state.namespaces[entry.space.id];
    if (!namespace) return;
    const known = new Map(namespace.routes.map((route) => [routeKey(route), route]));
    const now = new Map(routesOf(entry).map((route) => [routeKey(route), route]));
    for (const [key, route] of known) {
      if (!now.has(key)) tell({ event: 'route.del', namespace: namespace.id, route });
    }
    for (const [key, route] of now) {
      const old = known.get(key);
      if (!old || !same(old, route)) tell({ event: 'route.new', namespace: namespace.id, route });
    }
  };

  const receive = (entry: Watched, message: RouteMessage) => {
    const { id } = entry.space;
    const namespace = state.namespaces[id];
    if (!namespace) return;
    switch (message.kind) {
      case 'link.set':
        return setLink(id, liveLink(message.link, entry.names));
      case 'link.del': {
        const { index, name } = message.link;
        if (!namespace.links.some((link) => link.index === index)) return;
        return tell({ event: 'link.del', namespace: id, index, name });
      }
      case 'port.set': {
        const { index, port } = message.port;
        const link = namespace.links.find((item) => item.index === index);
        if (link && port && link.master !== undefined)
          setLink(id, { ...link, port: livePort(port) });
        return;
      }
      case 'address.set': {
        const address = liveAddress(message.address);
        const known = namespace.addresses.find((item) => sameAddress(item, address));
        if (known && same(known, address)) return;
        return tell({ event: 'address.new', namespace: id, address });
      }
      case 'address.del': {
        const address = liveAddress(message.address);
        if (!namespace.addresses.some((item) => sameAddress(item, address))) return;
        return tell({ event: 'address.del', namespace: id, address });
      }
      case 'route.set': {
        if (!isSetRoute(message.route)) return;
        const { replaces } = message;
        const route = liveRoute(message.route);
        const old = replaces ? namespace.routes.find((item) => replacedBy(item, route)) : undefined;
        if (old) tell({ event: 'route.del', namespace: id, route: old });
        return setRoute(namespace, route);
      }
      case 'route.del': {
        if (!isSetRoute(message.route)) return;
        const route = liveRoute(message.route);
        if (!namespace.routes.some((item) => sameRoute(item, route))) return;
        return tell({ event: 'route.del', namespace: id, route });
      }
      case 'neighbour.set': {
        if (!isLiveNeighbour(message.neighbour)) return;
        const neighbour = liveNeighbour(message.neighbour);
        const known = namespace.neighbours.find((item) => sameNeighbour(item, neighbour));
        if (known && same(known, neighbour)) return;
        return tell({ event: 'neighbour.new', namespace: id, neighbour });
      }
      case 'neighbour.del': {
        const neighbour = liveNeighbour(message.neighbour);
        if (!namespace.neighbours.some((item) => sameNeighbour(item, neighbour))) return;
        return tell({ event: 'neighbour.del', namespace: id, neighbour });
      }
      default:
    }
  };

  /** Everything again, from dumps: at the start, and after the kernel dropped messages. */
  const dump = (entry: Watched): Namespace => {
    const { id, kind, host } = entry.space;
    return {
      id,
      kind,
      ...(host === '' ? {} : { host }),
      links: entry.route.linkList().map((link) => liveLink(link, entry.names)),
      addresses: entry.route.addressList().map(liveAddress),
      routes: routesOf(entry),
      neighbours: entry.route.neighbourList().filter(isLiveNeighbour).map(liveNeighbour),
      tables: state.namespaces[id]?.tables ?? [],
    };
  };

  const drainOne = (entry: Watched) => {
    const { messages, overrun } = entry.monitor.drain();
    for (const message of messages) {
      origin = originOf(message.header.pid);
      receive(entry, message);
    }
    const taker = overrun ? undefined : messages.find((message) => tookRoutes(entry, message));
    if (taker) {
      origin = originOf(taker.header.pid);
      relistRoutes(entry);
    }
    origin = undefined;
    if (overrun) {
      const fresh = dump(entry);
      state = applyChange(state, { event: 'namespace.sync', state: fresh });
      emit({ change: { event: 'namespace.sync', state: fresh } });
    }
    entry.firewall.drain();
  };

  const get = (space: Space): Watched => {
    const entry = watched.get(space.id);
    if (!entry) throw new Error(`${space.id || 'the segments'}: not watched`);
    return entry;
  };

  return {
    watch(space) {
      const entry = insideNet(space, (): Watched => ({
        space,
        monitor: openMonitor(),
        route: openRoute(),
        names: new Map(),
        stop: () => {},
        firewall: watchFirewall(space, reactor, {
          tables: () => state.namespaces[space.id]?.tables ?? [],
          tell,
          committed(transactions) {
            const namespace = state.namespaces[space.id];
            if (namespace) attribution.recordRules(namespace, transactions);
          },
        }),
      }));
      watched.set(space.id, entry);
      ownPorts.add(entry.route.port);
      introduce(entry, [...watched.values()]);
      const fresh = dump(entry);
      const { id, kind, host, ...objects } = fresh;
      origin = kind === 'foreign' ? undefined : 'agent';
      tell({ event: 'namespace.new', info: { id, kind, ...(host ? { host } : {}) } });
      for (const link of objects.links) setLink(id, link);
      for (const address of objects.addresses)
        tell({ event: 'address.new', namespace: id, address });
      for (const route of objects.routes) tell({ event: 'route.new', namespace: id, route });
      // A namespace that was made by hand had no number when links into it were first told.
      const around = kind === 'foreign' ? [...watched.values()] : [];
      for (const other of around) {
        for (const link of other.route.linkList())
          setLink(other.space.id, liveLink(link, other.names));
      }
      origin = undefined;
      entry.stop = reactor.watch(entry.monitor.fd, () => drainOne(entry));
    },
    unwatch(space) {
      const entry = watched.get(space.id);
      if (!entry) return;
      watched.delete(space.id);
      for (const other of watched.values()) {
        for (const [nsid, id] of other.names) if (id === space.id) other.names.delete(nsid);
      }
      entry.stop();
      entry.monitor.close();
      entry.firewall.close();
      entry.route.close();
      if (entry.route.port !== process.pid) ownPorts.delete(entry.route.port);
      origin = space.kind === 'foreign' ? undefined : 'agent';
      tell({ event: 'namespace.del', namespace: space.id });
      origin = undefined;
    },
    route: (space) => get(space).route,
    namespace: (id) => state.namespaces[id],
    space: (id) => watched.get(id)?.space,
    drain(...spaces) {
      for (const space of spaces) {
        const entry = watched.get(space.id);
        if (entry) drainOne(entry);
      }
    },
    drainAll() {
      for (const entry of watched.values()) drainOne(entry);
    },
    refreshFirewall: (space) => get(space).firewall.refresh(),
  };
}

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);
