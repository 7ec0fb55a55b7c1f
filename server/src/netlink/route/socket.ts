import { isErrno } from '../errno.ts';
import { openRequestSocket, type Ported } from '../netlinkSocket.ts';
import type { Outcome, Request } from '../requests.ts';
import { addressListRequest, type Address } from './address.ts';
import { attributeAt } from './attributeNames.ts';
import { portListRequest } from './bridgeVlan.ts';
import { changesOver, type Changes } from './changes.ts';
import { decodeMessage, type RouteMessage } from './decode.ts';
import type { Link, LinkStats, PortMessage } from './link.ts';
import { decodeLinkStats } from './linkDecode.ts';
import { linkGetRequest, linkListRequest } from './linkRequests.ts';
import {
  fdbListRequest,
  neighbourListRequest,
  type FdbEntry,
  type Neighbour,
} from './neighbour.ts';
import { netconfListRequest, type Netconf } from './netconf.ts';
import { nsidGetRequest, nsidListRequest } from './nsid.ts';
import type { Qdisc, TrafficClass } from './qdisc.ts';
import { classListRequest, qdiscListRequest } from './qdiscRequests.ts';
import { decodeRoute, type Route } from './route.ts';
import { routeGetRequest, routeListRequest, type RouteFilter } from './routeRequests.ts';
import { ruleListRequest, type Rule } from './rule.ts';

/**
 * The operations of `ip`, `bridge` and `tc` on one network namespace. Each blocks while the kernel
 * works (20 µs for a small change) and throws an Errno (`call` says what was attempted, `detail` is
 * the kernel's own text, `attribute` what it refused) or a SpecError.
 */
export interface RouteSocket extends Changes, Ported {
  /** Undefined when there is no such link. */
  linkGet(index: number): Link | undefined;
  linkByName(name: string): Link | undefined;
  linkList(): Link[];
  linkStats(): LinkStats[];
  /** The ports of bridges with their VLANs, and the bridges with their own. */
  portList(): PortMessage[];
  /** Of one link, or of all; of a link that is not there none, as with the other lists. */
  addressList(index?: number): Address[];
  /** Of all tables unless narrowed; `isSetRoute` leaves the kernel's own out. */
  routeList(filter?: RouteFilter): Route[];
  /** The way of a packet to `destination`; ENETUNREACH or EHOSTUNREACH when there is none. */
  routeGet(destination: string, from?: string): ChosenRoute;
  ruleList(): Rule[];
  /** Of one link, or of all; `proxy`: the addresses that the namespace answers for. */
  neighbourList(index?: number, proxy?: boolean): Neighbour[];
  fdbList(): FdbEntry[];
  /** With statistics. */
  qdiscList(index?: number): Qdisc[];
  classList(index: number): TrafficClass[];
  /** Settings of IP, those of both families. */
  netconfList(): Netconf[];
  /** Undefined when the namespace of descriptor `fd` has no id in this one. */
  nsidGet(fd: number): number | undefined;
  nsidList(): number[];
  /**
   * Collects the changes that `make` asks for and sends them together, 64 to a system call. A
   * refused one does not hold up those after it: look at the outcomes, in the same order.
   */
  batch(make: (changes: Changes) => void): Outcome[];
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
  const socket = openRequestSocket({ nameAttribute: attributeAt });
  const request = (what: string, bytes: Buffer) => socket.request(what, bytes);
  /** Those answers that `pick` makes something of. */
  const list = <T>(what: string, bytes: Buffer, pick: (m: RouteMessage) => T | undefined): T[] =>
    request(what, bytes).flatMap((message) => pick(decodeMessage(message)) ?? []);
  /** Of a link or table that is not there, nothing is listed. */
  const listOf = <T>(
    what: string,
    bytes: Buffer,
    pick: (m: RouteMessage) => T | undefined,
  ): T[] => {
    try {
      return list(what, bytes, pick);
    } catch (error) {
      if (isErrno(error, 'ENODEV', 'ENOENT')) return [];
      throw error;
    }
  };
  const oneLink = (what: string, link: number | string): Link | undefined => {
    try {
      return list(what, linkGetRequest(link), linkOf)[0];
    } catch (error) {
      if (isErrno(error, 'ENODEV')) return undefined;
      throw error;
    }
  };

  return {
    ...changesOver((what, bytes) => void request(what, bytes)),
    port: socket.port,
    linkGet: (index) => oneLink(`RTM_GETLINK link ${index}`, index),
    linkByName: (name) => oneLink(`RTM_GETLINK "${name}"`, name),
    linkList: () => list('RTM_GETLINK', linkListRequest(), linkOf),
    linkStats: () =>
      request('RTM_GETLINK', linkListRequest()).flatMap(
        ({ payload }) => decodeLinkStats(payload) ?? [],
      ),
    portList: () =>
      list('RTM_GETLINK bridge', portListRequest(), (m) =>
        m.kind === 'port.set' ? m.port : undefined,
      ),
    // What an old kernel lists too much is left out here.
    addressList: (index) =>
      listOf('RTM_GETADDR', addressListRequest(index), (m) =>
        m.kind === 'address.set' && (index === undefined || m.address.index === index)
          ? m.address
          : undefined,
      ),
    routeList: (filter = {}) => {
      const matches = ({ family, table, dev, nextHops = [] }: Route) =>
        (filter.family === undefined || filter.family === family) &&
        (filter.table === undefined || filter.table === table) &&
        (filter.dev === undefined ||
          filter.dev === dev ||
          nextHops.some((hop) => hop.dev === filter.dev));
      return listOf('RTM_GETROUTE', routeListRequest(filter), (m) =>
        m.kind === 'route.set' && matches(m.route) ? m.route : undefined,
      );
    },
    routeGet(destination, from) {
      const what = `RTM_GETROUTE ${destination}`;
      const [answer] = request(what, routeGetRequest(destination, from));
      const route = answer && decodeRoute(answer.payload);
      if (!route) throw new Error(`${what}: the kernel acknowledged without a route`);
      const { type, via, dev, source } = route;
      return {
        type,
        ...(via !== undefined && { via }),
        ...(dev !== undefined && { dev }),
        ...(source !== undefined && { source }),
      };
    },
    ruleList: () =>
      list('RTM_GETRULE', ruleListRequest(), (m) => (m.kind === 'rule.set' ? m.rule : undefined)),
    neighbourList: (index, proxy = false) =>
      listOf('RTM_GETNEIGH', neighbourListRequest(index, proxy), (m) =>
        m.kind === 'neighbour.set' && (index === undefined || m.neighbour.index === index)
          ? m.neighbour
          : undefined,
      ),
    fdbList: () =>
      list('RTM_GETNEIGH fdb', fdbListRequest(), (m) =>
        m.kind === 'fdb.set' ? m.entry : undefined,
      ),
    qdiscList: (index) =>
      list('RTM_GETQDISC', qdiscListRequest(), (m) =>
        m.kind === 'qdisc.set' && (index === undefined || m.qdisc.index === index)
          ? m.qdisc
          : undefined,
      ),
    classList: (index) =>
      listOf(`RTM_GETTCLASS link ${index}`, classListRequest(index), (m) =>
        m.kind === 'class.set' ? m.class : undefined,
      ),
    netconfList: () =>
      ([4, 6] as const).flatMap((family) =>
        list('RTM_GETNETCONF', netconfListRequest(family), (m) =>
          m.kind === 'netconf.set' && m.netconf.family === family ? m.netconf : undefined,
        ),
      ),
    nsidGet: (fd) =>
      list('RTM_GETNSID', nsidGetRequest(fd), (m) => (m.kind === 'nsid' ? m.nsid : undefined))[0],
    nsidList: () =>
      list('RTM_GETNSID', nsidListRequest(), (m) => (m.kind === 'nsid' ? m.nsid : undefined)),
    batch(make) {
      const requests: Request[] = [];
      make(changesOver((what, bytes) => void requests.push({ what, bytes })));
      return socket.batch(requests);
    },
    close: () => socket.close(),
  };
}

const linkOf = (message: RouteMessage): Link | undefined =>
  message.kind === 'link.set' ? message.link : undefined;
