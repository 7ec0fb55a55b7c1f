import type { Address, Neighbour, Route } from '@cnilab/shared/live/namespace';
import { isErrno } from './errno.ts';
import { decodeLinkStats, type LinkStats, type RawLink } from './linkDecode.ts';
import {
  bridgeVlanRequest,
  linkAddRequest,
  linkDelRequest,
  linkGetRequest,
  linkListRequest,
  linkSetRequest,
  type BridgeVlan,
  type LinkChange,
  type LinkSpec,
} from './linkMessages.ts';
import { openRequestSocket } from './netlinkSocket.ts';
import * as rt from './routeConstants.ts';
import { decodeRoute } from './routeDecode.ts';
import {
  addressRequest,
  dumpRequest,
  nsidGetRequest,
  nsidSetRequest,
  routeGetRequest,
  routeRequest,
  type AddressSpec,
  type RouteSpec,
} from './routeMessages.ts';

export type { BridgeVlan, LinkChange, LinkSpec, PeerSpec } from './linkMessages.ts';
export type { AddressSpec, RouteSpec } from './routeMessages.ts';
export type { LinkStats, RawLink } from './linkDecode.ts';

/**
 * The operations of `ip` on one network namespace. Each blocks for about 0.2 ms and throws an Errno
 * (`call` says what was attempted, `detail` is the kernel's own text) or a SpecError.
 */
export interface RouteSocket {
  linkAdd(spec: LinkSpec): void;
  linkSet(index: number, change: LinkChange): void;
  linkDel(index: number): void;
  /** Undefined when there is no such link. */
  linkGet(index: number): RawLink | undefined;
  linkByName(name: string): RawLink | undefined;
  linkList(): RawLink[];
  linkStats(): LinkStats[];
  addressAdd(index: number, spec: AddressSpec): void;
  addressDel(index: number, spec: AddressSpec): void;
  addressList(): Address[];
  routeAdd(spec: RouteSpec): void;
  /** Adds it, or puts it in the place of one with the same destination, table and metric. */
  routeReplace(spec: RouteSpec): void;
  routeDel(spec: RouteSpec): void;
  /** Without the local table, local, broadcast and multicast entries. */
  routeList(): Route[];
  /** The way of a packet to `destination`; ENETUNREACH or EHOSTUNREACH when there is none. */
  routeGet(destination: string, from?: string): ChosenRoute;
  neighbourList(): Neighbour[];
  /** Names the namespace of descriptor `fd` in this one. EEXIST when it already has an id. */
  nsidSet(fd: number, nsid: number): void;
  /** Undefined when the namespace has no id in this one. */
  nsidGet(fd: number): number | undefined;
  /** `index` is a port, or with `self` the bridge. */
  bridgeVlanAdd(index: number, vlan: BridgeVlan, self?: boolean): void;
  bridgeVlanDel(index: number, vlan: BridgeVlan, self?: boolean): void;
  close(): void;
}

export interface ChosenRoute {
  /** `unicast`; `local` for the namespace's own addresses; … */
  type: string;
  via?: string;
  /** Interface index. */
  dev?: number;
  source?: string;
}

/** Opens it in the network namespace of the calling thread, where it stays. */
export function openRoute(): RouteSocket {
  const socket = openRequestSocket();
  const request = (what: string, bytes: Buffer) => socket.request(what, bytes);

  const decoded = (what: string, bytes: Buffer) =>
    request(what, bytes).map((answer) => answer.decoded);
  const oneLink = (what: string, link: number | string): RawLink | undefined => {
    try {
      const [answer] = decoded(what, linkGetRequest(link));
      return answer?.kind === 'link.set' ? answer.link : undefined;
    } catch (error) {
      if (isErrno(error, 'ENODEV')) return undefined;
      throw error;
    }
  };
  const routeChange = (operation: 'add' | 'replace' | 'del', spec: RouteSpec) => {
    const name = operation === 'del' ? 'RTM_DELROUTE' : 'RTM_NEWROUTE';
    request(`${name} ${spec.to}`, routeRequest(operation, spec));
  };
  const vlanChange =
    (operation: 'add' | 'del') =>
    (index: number, vlan: BridgeVlan, self = false) => {
      const name = operation === 'add' ? 'RTM_SETLINK' : 'RTM_DELLINK';
      const bytes = bridgeVlanRequest(operation, index, vlan, self);
      request(`${name} bridge vlan ${vlan.vid} on link ${index}`, bytes);
    };

  return {
    linkAdd: (spec) =>
      void request(`RTM_NEWLINK ${spec.kind} "${spec.name}"`, linkAddRequest(spec)),
    linkSet: (index, change) =>
      void request(`RTM_NEWLINK link ${index} ${words(change)}`, linkSetRequest(index, change)),
    linkDel: (index) => void request(`RTM_DELLINK link ${index}`, linkDelRequest(index)),
    linkGet: (index) => oneLink(`RTM_GETLINK link ${index}`, index),
    linkByName: (name) => oneLink(`RTM_GETLINK "${name}"`, name),
    linkList: () =>
      decoded('RTM_GETLINK', linkListRequest()).flatMap((m) =>
        m.kind === 'link.set' ? [m.link] : [],
      ),
    linkStats: () =>
      request('RTM_GETLINK', linkListRequest()).flatMap(
        ({ raw }) => decodeLinkStats(raw.payload) ?? [],
      ),
    addressAdd: (index, spec) =>
      void request(`RTM_NEWADDR ${spec.address}`, addressRequest('add', index, spec)),
    addressDel: (index, spec) =>
      void request(`RTM_DELADDR ${spec.address}`, addressRequest('del', index, spec)),
    addressList: () =>
      decoded('RTM_GETADDR', dumpRequest(rt.RTM_GETADDR)).flatMap((m) =>
        m.kind === 'address.set' ? [m.address] : [],
      ),
    routeAdd: (spec) => routeChange('add', spec),
    routeReplace: (spec) => routeChange('replace', spec),
    routeDel: (spec) => routeChange('del', spec),
    routeList: () =>
      decoded('RTM_GETROUTE', dumpRequest(rt.RTM_GETROUTE)).flatMap((m) =>
        m.kind === 'route.set' ? [m.route] : [],
      ),
    routeGet(destination, from) {
      const what = `RTM_GETROUTE ${destination}`;
      const [answer] = request(what, routeGetRequest(destination, from));
      const route = answer && decodeRoute(answer.raw.payload);
      if (!route) throw new Error(`${what}: the kernel acknowledged without a route`);
      const { type, via, dev, source } = route;
      return {
        type,
        ...(via !== undefined && { via }),
        ...(dev !== undefined && { dev }),
        ...(source !== undefined && { source }),
      };
    },
    neighbourList: () =>
      decoded('RTM_GETNEIGH', dumpRequest(rt.RTM_GETNEIGH)).flatMap((m) =>
        m.kind === 'neighbour.set' ? [m.neighbour] : [],
      ),
    nsidSet: (fd, nsid) => void request(`RTM_NEWNSID ${nsid}`, nsidSetRequest(fd, nsid)),
    nsidGet(fd) {
      const [answer] = decoded('RTM_GETNSID', nsidGetRequest(fd));
      return answer?.kind === 'nsid' ? answer.nsid : undefined;
    },
    bridgeVlanAdd: vlanChange('add'),
    bridgeVlanDel: vlanChange('del'),
    close: () => socket.close(),
  };
}

/** `mtu 1400 master 3`: what a change asked for, for its error. */
const words = (change: LinkChange): string =>
  Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (value === true ? key : `${key} ${value}`))
    .join(' ');
