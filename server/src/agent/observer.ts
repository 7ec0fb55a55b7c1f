import { changeOwn, emptySnapshot } from '@cnilab/shared/live/reducer';
import type { Change, Snapshot } from '@cnilab/shared/live/events';
import type { Namespace, NamespaceInfo } from '@cnilab/shared/live/namespace';
import { routeKey } from '@cnilab/shared/live/namespace';
import type { Reactor } from '../netlink/reactor.ts';
import { mayDropRoutes, type RouteMessage } from '../netlink/route/decode.ts';
import { openMonitor } from '../netlink/route/monitor.ts';
import type { Netconf } from '../netlink/route/netconf.ts';
import { isSetRoute } from '../netlink/route/route.ts';
import { openRoute, type RouteSocket } from '../netlink/route/socket.ts';
import type { Attribution, Origin, Told } from './attribution.ts';
import { watchFirewall, type FirewallWatch } from './firewallWatch.ts';
import { createFileWatch } from './fileWatch.ts';
import { changesOf, contentsOf, dumpNamespace, linkChanges } from './fold.ts';
import { hostFolder } from './hostFiles.ts';
import { createKnownSysctls, type KnownSysctls } from './knownSysctls.ts';
import { liveLink, liveRoute } from './liveObjects.ts';
import { createMovedLinks } from './movedLinks.ts';
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
  /** As `drain`, for all that a command on HOST or HOST/POD can reach. */
  drainAround(id: string): void;
  drainAll(): void;
  /** Does something that the agent makes in the kernel, synchronously, and reads what came of it. */
  act(make: () => void): void;
  /** Reads the counters of the rules now, and tells those that differ. */
  refreshFirewall(space: Space): Promise<void>;
  /** Calls back when a namespace came or went, with its id. */
  onSpace(listener: (id: string) => void): void;
}

interface Watched extends Knowing {
  monitor: ReturnType<typeof openMonitor>;
  stop: () => void;
  firewall: FirewallWatch;
  sysctls: KnownSysctls;
}

/** Groups of rtnetlink. */
const heard = [
  ...(['link', 'neighbour', 'address', 'route'] as const),
  ...(['rule', 'trafficControl', 'bridgeVlan', 'netconf'] as const),
];

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
  const state: Snapshot = emptySnapshot('');
  const watched = new Map<string, Watched>();
  /** Who asked for what is being told. */
  let origin: Origin;
  /** Netlink ports of the agent's own sockets: the first one in a namespace has its process id. */
  const ownPorts = new Set<number>([process.pid]);
  const originOf = (port: number): Origin => (ownPorts.has(port) ? 'agent' : port);
  const moved = createMovedLinks();
  const files = createFileWatch();
  const spaceListeners: ((id: string) => void)[] = [];
  const tellSpace = ({ id }: Space) => spaceListeners.forEach((listener) => listener(id));

  /** Folds a change in; tells it unless the state already says so. */
  const tell = (change: Change) => {
    const before = 'namespace' in change ? state.namespaces[change.namespace] : undefined;
    changeOwn(state, change);
    for (const told of attribution.record(change, before, origin)) emit(told);
  };

  const tellAll = (changes: readonly Change[]) => changes.forEach(tell);

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
    const now = entry.route.routeList().filter(isSetRoute).map(liveRoute);
    const keys = new Set(now.map(routeKey));
    for (const route of namespace.routes) {
      if (!keys.has(routeKey(route))) {
        tell({ event: 'route.del', namespace: namespace.id, route });
      }
    }
    const known = new Map(namespace.routes.map((route) => [routeKey(route), route]));
    for (const route of now) {
      const old = known.get(routeKey(route));
      if (!old || !same(old, route)) tell({ event: 'route.new', namespace: namespace.id, route });
    }
  };

  /** Messages about VLANs tell some of a port's: all of them are asked for. */
  const relistVlans = ({ space, route }: Watched) => {
    for (const { index, vlans = [] } of route.portList()) {
      const namespace = state.namespaces[space.id];
      const link = namespace?.links.find((item) => item.index === index);
      if (namespace && link) tellAll(linkChanges(namespace, { ...link, vlans }));
    }
  };

  /** The other end of a veth pair is not told that this one has moved. */
  const refreshPeer = ({ id, links }: Namespace, index: number) => {
    const { kind, link: peer, linkNamespace = id } = links.find((l) => l.index === index) ?? {};
    const there = watched.get(linkNamespace);
    const namespace = state.namespaces[linkNamespace];
    if (kind !== 'veth' || peer === undefined || !there || !namespace) return;
    const link = there.route.linkGet(peer);
    if (link) tellAll(linkChanges(namespace, liveLink(link, there.names)));
  };

  const tellSysctls = ({ sysctls }: Watched, { id, links }: Namespace, told: Netconf) => {
    const nameOf = (index: number) => links.find((link) => link.index === index)?.name;
    for (const change of sysctls.changes(told, nameOf)) {
      tell({ event: 'sysctl.change', namespace: id, ...change });
    }
  };

  /** The first end of a veth pair is told before it has its other end, and not again then. */
  const withPeer = ({ route }: Watched, message: RouteMessage): RouteMessage => {
    if (message.kind !== 'link.set') return message;
    const { index, kind, name, link } = message.link;
    if (kind !== 'veth' || link !== undefined) return message;
    const now = route.linkGet(index);
    return now?.kind === kind && now.name === name ? { ...message, link: now } : message;
  };

  const receive = (entry: Watched, message: RouteMessage) => {
    const namespace = state.namespaces[entry.space.id];
    if (!namespace) return;
    if (message.kind === 'netconf.set') return tellSysctls(entry, namespace, message.netconf);
    if (message.kind === 'netconf.del') return entry.sysctls.forget(message.netconf);
    for (const change of changesOf(withPeer(entry, message), namespace, entry.names)) {
      if (change.event === 'link.move') {
        const there = change.to && state.namespaces[change.to.namespace];
        tellAll(moved.leaves(change, namespace, there));
        refreshPeer(namespace, change.index);
      } else tell(change.event === 'link.new' ? moved.arrives(change) : change);
    }
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
      const known = state.namespaces[entry.space.id];
      const fresh = dumpNamespace(entry.route, infoOf(entry.space), known, entry.names);
      tell({ event: 'namespace.sync', state: fresh });
    } else if (messages.some(toldVlans)) relistVlans(entry);
    entry.firewall.drain();
  };
  const drainFiles = () => {
    for (const { host, path, change } of files.drain()) {
      tell({ event: 'file.change', namespace: host, path, change });
    }
  };

  const get = (space: Space): Watched => {
    const entry = watched.get(space.id);
    if (!entry) throw new Error(`${space.id || 'the segments'}: not watched`);
    return entry;
  };

  const drainAll = () => {
    for (const entry of watched.values()) drainOne(entry);
    drainFiles();
  };

  if (files.fd !== undefined) reactor.watch(files.fd, drainFiles);

  return {
    watch(space) {
      const entry = insideNet(space, (): Watched => {
        const monitor = openMonitor({ groups: heard });
        const route = openRoute();
        const sysctls = createKnownSysctls(route.netconfList());
        const firewall = watchFirewall(space, reactor, {
          tables: () => state.namespaces[space.id]?.tables ?? [],
          tell,
          committed(transactions) {
            const namespace = state.namespaces[space.id];
            if (namespace) attribution.recordRules(namespace, transactions);
          },
        });
        return { space, monitor, route, names: new Map(), stop: () => {}, firewall, sysctls };
      });
      if (space.kind === 'host') files.add(space.id, hostFolder(space.host), '/var/lib/cni');
      watched.set(space.id, entry);
      ownPorts.add(entry.route.port);
      introduce(entry, [...watched.values()]);
      const info = infoOf(space);
      origin = space.kind === 'foreign' ? undefined : 'agent';
      tell({ event: 'namespace.new', info });
      tellAll(contentsOf(dumpNamespace(entry.route, info, undefined, entry.names)));
      // A namespace that was made by hand had no number when links into it were first told.
      const around = space.kind === 'foreign' ? [...watched.values()] : [];
      for (const other of around) {
        for (const link of other.route.linkList()) {
          const namespace = state.namespaces[other.space.id];
          if (namespace) tellAll(linkChanges(namespace, liveLink(link, other.names)));
        }
      }
      origin = undefined;
      entry.stop = reactor.watch(entry.monitor.fd, () => drainOne(entry));
      tellSpace(space);
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
      files.remove(space.id);
      entry.route.close();
      if (entry.route.port !== process.pid) ownPorts.delete(entry.route.port);
      origin = space.kind === 'foreign' ? undefined : 'agent';
      tell({ event: 'namespace.del', namespace: space.id });
      origin = undefined;
      tellSpace(space);
    },
    route: (space) => get(space).route,
    namespace: (id) => state.namespaces[id],
    space: (id) => watched.get(id)?.space,
    drain(...spaces) {
      for (const space of spaces) {
        const entry = watched.get(space.id);
        if (entry) drainOne(entry);
      }
      drainFiles();
    },
    drainAround(id) {
      const host = id.replace(/\/.*/, '');
      for (const [other, entry] of watched) {
        if (other === host || other === id || other.startsWith(`${id}/`)) drainOne(entry);
      }
      drainFiles();
    },
    drainAll,
    act(make) {
      drainAll(); // what was queued before is not its doing
      try {
        make();
      } finally {
        attribution.whileAgentActs(drainAll);
      }
    },
    refreshFirewall: (space) => get(space).firewall.refresh(),
    onSpace: (listener) => void spaceListeners.push(listener),
  };
}

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

const infoOf = ({ id, kind, host }: Space): NamespaceInfo => ({
  id,
  kind,
  ...(host === '' ? {} : { host }),
});

const toldVlans = (message: RouteMessage): boolean =>
  message.kind === 'vlan.set' ||
  message.kind === 'vlan.del' ||
  (message.kind === 'port.set' && message.port.vlans !== undefined);
