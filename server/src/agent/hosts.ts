import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledHost } from '@cnilab/shared/lab/compiled';
import type { RouteSpec } from '../netlink/route/routeRequests.ts';
import type { RouteSocket } from '../netlink/route/socket.ts';
import type { Elements } from './elements.ts';
import { messageOf } from './failure.ts';
import { watchForeign, type ForeignWatch } from './foreign.ts';
import { hostFolder } from './hostFiles.ts';
import {
  ensureInterface,
  inOrder,
  mustRemake,
  removeInterface,
  type Surroundings,
} from './interfaces.ts';
import type { Observer } from './observer.ts';
import { forgetPod, type Pod } from './pods.ts';
import { killProcessesIn } from './processesOf.ts';
import { insideNet, type Space } from './space.ts';
import { dropHost, makeHost, setLoopbackUp } from './spaces.ts';
import { writeSysctl } from './sysctls.ts';

export interface Host {
  space: Space;
  /** What was applied last. */
  spec: CompiledHost;
  pods: Map<string, Pod>;
  foreign: ForeignWatch;
}

export function startHost(name: string, observer: Observer): Host {
  const space = makeHost(name);
  observer.watch(space);
  setLoopbackUp(observer.route(space));
  const spec = { name, interfaces: [], routes: [], sysctls: {}, networks: [], pods: [] };
  const pods = new Map<string, Pod>();
  const foreign = watchForeign(space, (pod) => pods.has(pod), observer);
  return { space, spec, pods, foreign };
}

/** Drops a host with all that is in it; the kernel cleans up its namespaces at once. */
export function endHost(host: Host, observer: Observer): void {
  host.foreign.close();
  for (const pod of host.pods.values()) forgetPod(pod, observer);
  killProcessesIn(host.space);
  observer.unwatch(host.space);
  dropHost(host.space);
}

/** Removes what the document no longer has, or what must be made anew. */
export function pruneInterfaces(host: Host, wanted: CompiledHost, observer: Observer): void {
  const route = observer.route(host.space);
  for (const old of host.spec.interfaces) {
    const next = wanted.interfaces.find((item) => item.name === old.name);
    if (!next || mustRemake(old, next)) removeInterface(route, old);
  }
}

export function applyInterfaces(
  host: Host,
  wanted: CompiledHost,
  around: Surroundings,
  observer: Observer,
  elements: Elements | undefined,
): void {
  const route = observer.route(host.space);
  for (const item of inOrder(wanted.interfaces)) {
    const element = `interface:${host.space.host}/${item.name}`;
    const before = host.spec.interfaces.find((old) => old.name === item.name);
    attempt(elements, element, () => {
      const kept = before && !mustRemake(before, item) ? before : undefined;
      ensureInterface({ space: host.space, route }, item, kept, around);
    });
  }
}

export function applySysctls(
  host: Host,
  wanted: CompiledHost,
  elements: Elements | undefined,
): void {
  for (const [name, value] of Object.entries(wanted.sysctls)) {
    try {
      insideNet(host.space, () => writeSysctl(name, value));
    } catch (error) {
      elements?.set(`host:${host.space.host}`, 'failed', messageOf(error));
    }
  }
}

export function applyRoutes(
  host: Host,
  wanted: CompiledHost,
  observer: Observer,
  elements: Elements,
): void {
  const route = observer.route(host.space);
  const key = (item: CompiledHost['routes'][number]) => JSON.stringify(item);
  for (const old of host.spec.routes) {
    if (wanted.routes.some((item) => key(item) === key(old))) continue;
    try {
      route.routeDel(routeSpec(route, old));
    } catch {
      // It went with its interface.
    }
  }
  for (const [index, item] of wanted.routes.entries()) {
    attempt(elements, `route:${host.space.host}/${index}`, () => {
      try {
        route.routeReplace(routeSpec(route, item));
      } catch (error) {
        throw new Error(`The route to ${item.to}: ${messageOf(error)}`, { cause: error });
      }
    });
  }
}

/** Writes the networks' files into /etc/cni/net.d and takes away those that we wrote before. */
export function applyNetworks(host: Host, wanted: CompiledHost, elements: Elements): void {
  const folder = join(hostFolder(host.space.host), 'etc/cni/net.d');
  for (const old of host.spec.networks) {
    if (!wanted.networks.some((item) => item.file === old.file)) {
      rmSync(join(folder, old.file), { force: true });
    }
  }
  for (const item of wanted.networks) {
    attempt(elements, `network:${host.space.host}/${item.name}`, () => {
      mkdirSync(folder, { recursive: true }); // somebody may have deleted it
      writeFileSync(join(folder, item.file), item.text);
    });
  }
}

function routeSpec(route: RouteSocket, item: CompiledHost['routes'][number]): RouteSpec {
  const dev = item.dev === undefined ? undefined : route.linkByName(item.dev);
  if (item.dev !== undefined && !dev) throw new Error(`the interface ${item.dev} is not there`);
  return {
    to: item.to,
    ...(item.via === undefined ? {} : { via: item.via }),
    ...(dev === undefined ? {} : { dev: dev.index }),
    ...(item.table === undefined ? {} : { table: item.table }),
  };
}

/**
 * The element works, then it is up, or failed with the reason. Without `elements` this is a first
 * try, whose outcome nobody is told.
 */
function attempt(elements: Elements | undefined, element: string, action: () => void): void {
  elements?.set(element, 'working');
  try {
    action();
    elements?.set(element, 'up');
  } catch (error) {
    elements?.set(element, 'failed', messageOf(error));
  }
}
