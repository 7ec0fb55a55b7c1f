import type { LabInterface } from '@cnilab/shared/lab/schema';
import { isErrno } from '../netlink/errno.ts';
import type { Link } from '../netlink/route/link.ts';
import type { LinkSpec } from '../netlink/route/linkRequests.ts';
import type { RouteSocket } from '../netlink/route/socket.ts';
import { linkFailure } from './failure.ts';
import type { Space } from './space.ts';

/** What an interface needs to know of the rest of the lab. */
export interface Surroundings {
  /** The bridge of a segment, in the segments' namespace; undefined if there is no such segment. */
  segment(name: string): { index: number } | undefined;
  segments: { space: Space; route: RouteSocket };
  host(name: string): { space: Space; route: RouteSocket } | undefined;
  /** A free name for the segment's end of an uplink. */
  uplinkName(): string;
}

/**
 * Makes one interface of a host be as the document says; what is there already is kept and set
 * right. Throws an Error whose message names the interface, the reason and the remedy.
 */
export function ensureInterface(
  here: { space: Space; route: RouteSocket },
  item: LabInterface,
  before: LabInterface | undefined,
  around: Surroundings,
): void {
  const { route } = here;
  const kind = kindOf(item);
  try {
    let link = route.linkByName(item.name);
    if (link && kind !== 'peer' && link.kind !== (kind === 'uplink' ? 'veth' : kind)) {
      throw new Error(`there is a ${link.kind || 'physical'} interface of that name already`);
    }
    if (!link) {
      create(here, item, around);
      link = route.linkByName(item.name);
    }
    if (!link) throw new Error('it was made and is not there');
    settle(route, link, item, before);
  } catch (error) {
    throw new Error(linkFailure(item.name, kind, error), { cause: error });
  }
}

/** Removes an interface that the document no longer has. The peer of a veth goes with it. */
export function removeInterface(route: RouteSocket, item: LabInterface): void {
  const link = route.linkByName(item.name);
  if (link && kindOf(item) !== 'peer') route.linkDel(link.index);
}

/** What must be there first: the parent of a VLAN, the bridge of a port, the veth of a peer. */
export function prerequisites(item: LabInterface, all: readonly LabInterface[]): string[] {
  const names: string[] = [];
  if (item.master !== undefined) names.push(item.master);
  if ('parent' in item && item.parent !== undefined) names.push(item.parent);
  if (kindOf(item) === 'peer') {
    const declaring = all.find((other) => 'peer' in other && other.peer === item.name);
    if (declaring) names.push(declaring.name);
  }
  return names;
}

/** Interfaces in an order in which each finds what it needs; loops keep the order of the file. */
export function inOrder(all: readonly LabInterface[]): LabInterface[] {
  const done = new Set<string>();
  const result: LabInterface[] = [];
  const visit = (item: LabInterface) => {
    if (done.has(item.name)) return;
    done.add(item.name);
    for (const name of prerequisites(item, all)) {
      const needed = all.find((other) => other.name === name);
      if (needed) visit(needed);
    }
    result.push(item);
  };
  all.forEach(visit);
  return result;
}

/** Whether two versions of an interface differ in what can only be set when it is made. */
export function mustRemake(before: LabInterface, after: LabInterface): boolean {
  const essence = ({ addresses: _a, mtu: _t, master: _m, vlans: _v, ...rest }: LabInterface) =>
    JSON.stringify(rest);
  return essence(before) !== essence(after);
}

const ethernetMtu = 1500;

const kindOf = (item: LabInterface) =>
  'type' in item ? item.type : 'segment' in item ? 'uplink' : 'peer';

function create(
  { space, route }: { space: Space; route: RouteSocket },
  item: LabInterface,
  around: Surroundings,
): void {
  const common = { name: item.name, ...(item.mac === undefined ? {} : { mac: item.mac }) };
  if ('segment' in item) return createUplink(space, item, around);
  if (!('type' in item)) {
    throw new Error(
      'its veth pair is not there: declare the other end with "type: veth" and "peer"',
    );
  }
  switch (item.type) {
    case 'bridge':
      return route.linkAdd({
        kind: 'bridge',
        ...common,
        ...(item.vlanFiltering === undefined ? {} : { vlanFiltering: item.vlanFiltering }),
      });
    case 'dummy':
      return route.linkAdd({ kind: 'dummy', ...common });
    case 'veth': {
      const { peer } = item;
      const name = typeof peer === 'string' ? peer : peer.name;
      const far = typeof peer === 'string' ? { space, route } : around.host(peer.host);
      if (!far) throw new Error('the host of its peer is not there');
      const netns = far.space === space ? {} : { netnsFd: far.space.net };
      route.linkAdd({ kind: 'veth', ...common, peer: { name, ...netns } });
      const end = far.route.linkByName(name);
      if (end) far.route.linkSet(end.index, { up: true });
      return;
    }
    case 'vlan':
      return route.linkAdd({
        kind: 'vlan',
        ...common,
        parent: parentOf(route, item.parent),
        id: item.id,
      });
    case 'macvlan': {
      const parent = parentOf(route, item.parent);
      return route.linkAdd({ kind: 'macvlan', ...common, parent, mode: item.mode ?? 'bridge' });
    }
    case 'vxlan': {
      const spec: LinkSpec = {
        kind: 'vxlan',
        ...common,
        id: item.id,
        ...(item.parent === undefined ? {} : { parent: parentOf(route, item.parent) }),
        ...(item.remote === undefined ? {} : { remote: item.remote }),
        ...(item.port === undefined ? {} : { port: item.port }),
      };
      return route.linkAdd(spec);
    }
  }
}

function createUplink(
  space: Space,
  item: LabInterface & { segment: string },
  around: Surroundings,
): void {
  const bridge = around.segment(item.segment);
  if (!bridge) throw new Error(`the segment ${item.segment} is not there`);
  const { mac } = item;
  around.segments.route.linkAdd({
    kind: 'veth',
    name: around.uplinkName(),
    master: bridge.index,
    up: true,
    peer: { name: item.name, netnsFd: space.net, ...(mac === undefined ? {} : { mac }) },
  });
}

function parentOf(route: RouteSocket, name: string): number {
  const parent = route.linkByName(name);
  if (!parent) throw new Error(`its parent ${name} is not there`);
  return parent.index;
}

/** Sets what can change while an interface lives. */
function settle(
  route: RouteSocket,
  link: Link,
  item: LabInterface,
  before: LabInterface | undefined,
): void {
  const master = item.master === undefined ? undefined : route.linkByName(item.master);
  if (item.master !== undefined && !master)
    throw new Error(`the bridge ${item.master} is not there`);
  const leaves = master === undefined && before?.master !== undefined;
  // Without a wish the kernel's own value counts, once more if there was a wish before.
  const mtu = item.mtu ?? (before?.mtu === undefined ? undefined : defaultMtu(route, item));
  route.linkSet(link.index, {
    up: true,
    ...(mtu === undefined || mtu === link.mtu ? {} : { mtu }),
    ...(master && link.master !== master.index ? { master: master.index } : {}),
    ...(leaves ? { master: 0 } : {}),
  });
  const wanted = item.addresses ?? [];
  const there = new Set(
    route.addressList(link.index).map(({ address, prefix }) => `${address}/${prefix}`),
  );
  for (const address of before?.addresses ?? []) {
    if (!wanted.includes(address) && there.has(address)) route.addressDel(link.index, { address });
  }
  for (const address of wanted) {
    if (!there.has(address)) addAddress(route, link.index, address);
  }
  const self = 'type' in item && item.type === 'bridge';
  for (const { id: vid, ...flags } of before?.vlans ?? []) {
    if (item.vlans?.some((vlan) => vlan.id === vid)) continue;
    try {
      route.bridgeVlanDel(link.index, { vid, ...clean(flags) }, self);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error; // gone already
    }
  }
  for (const { id: vid, ...flags } of item.vlans ?? []) {
    route.bridgeVlanAdd(link.index, { vid, ...clean(flags) }, self);
  }
}

/** What a new interface has: its parent's MTU, or Ethernet's. */
function defaultMtu(route: RouteSocket, item: LabInterface): number {
  const name = 'parent' in item ? item.parent : undefined;
  const parent = name === undefined ? undefined : route.linkByName(name);
  // VXLAN leaves room for its headers (IPv4: 50 bytes).
  const headers = 'type' in item && item.type === 'vxlan' ? 50 : 0;
  return (parent?.mtu ?? ethernetMtu) - headers;
}

/** An address that is spelled in another way than the kernel's may be there already. */
function addAddress(route: RouteSocket, index: number, address: string): void {
  try {
    route.addressAdd(index, { address });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

const clean = (flags: { pvid?: boolean | undefined; untagged?: boolean | undefined }) => ({
  ...(flags.pvid === undefined ? {} : { pvid: flags.pvid }),
  ...(flags.untagged === undefined ? {} : { untagged: flags.untagged }),
});
