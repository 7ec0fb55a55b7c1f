import type {
  Address,
  FdbEntry,
  Link,
  Neighbour,
  Policy,
  Qdisc,
  Route,
} from '@cnilab/shared/live/namespace';
import { fdbKey, policyKey, qdiscKey, routeKey } from '@cnilab/shared/live/namespace';
import type { Address as KernelAddress } from '../netlink/route/address.ts';
import type { BridgePort } from '../netlink/route/kinds/bridgePort.ts';
import type { Link as KernelLink } from '../netlink/route/link.ts';
import type {
  FdbEntry as KernelFdbEntry,
  Neighbour as KernelNeighbour,
} from '../netlink/route/neighbour.ts';
import type { Qdisc as KernelQdisc } from '../netlink/route/qdisc.ts';
import type { Route as KernelRoute } from '../netlink/route/route.ts';
import type { Rule as KernelRule } from '../netlink/route/rule.ts';

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
    ...settingsOf(link),
    ...(port && { port: livePort(port) }),
    ...(linkNamespace !== undefined && { linkNamespace }),
  };
}

/** Of a bridge only what somebody sets: the rest are timers, which never stand still. */
const bridgeSettings = [
  ...(['stpState', 'priority', 'forwardDelay', 'ageingTime', 'vlanFiltering'] as const),
  ...(['vlanDefaultPvid', 'vlanProtocol', 'mcastSnooping', 'groupFwdMask'] as const),
];

function settingsOf(link: KernelLink): Pick<Link, 'settings'> {
  const { bridge, vlan, macvlan, ipvlan, vxlan, vrf, tun } = link;
  const chosen = bridge && bridgeSettings.map((name) => [name, bridge[name]] as const);
  const own = chosen
    ? Object.fromEntries(chosen)
    : (vlan ?? macvlan ?? ipvlan ?? vxlan ?? vrf ?? tun);
  return own ? { settings: jsonRecord(own) } : {};
}

type Json = NonNullable<Link['settings']>[string];

/** What of an object is JSON; the rest of it is left out. */
const jsonRecord = (value: object): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, Json][] => {
      const json = toJson(item);
      return json === undefined ? [] : [[key, json]];
    }),
  );

function toJson(value: unknown): Json | undefined {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null);
  if (typeof value === 'object') return jsonRecord(value);
  const isPlain = typeof value === 'string' || typeof value === 'number';
  return isPlain || typeof value === 'boolean' ? value : undefined;
}

export const livePort = ({ hairpin, isolated, state }: BridgePort): NonNullable<Link['port']> => ({
  hairpin,
  isolated,
  ...(state !== undefined && { state }),
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
  ...(route.nextHops && {
    nextHops: route.nextHops.map(({ via, dev, weight }) => ({
      ...(via !== undefined && { via }),
      ...(dev !== undefined && { dev }),
      weight,
    })),
  }),
  ...(route.metrics?.mtu !== undefined && { mtu: route.metrics.mtu }),
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

/** Every namespace has those that look up the tables local, main and default. */
export const isLivePolicy = ({ action, priority, protocol, l3mdev }: KernelRule): boolean =>
  !(
    action === 'lookup' &&
    protocol === 'kernel' &&
    [0, 32766, 32767].includes(priority) &&
    !l3mdev
  );

export function livePolicy(rule: KernelRule): Policy {
  const { family, priority, action, table, fwmark, fwmask } = rule;
  const short = (prefix: string) => prefix.replace(family === 4 ? /\/32$/ : /\/128$/, '');
  const hex = (value: number) => `0x${value.toString(16)}`;
  const mark =
    fwmark === undefined
      ? ''
      : `fwmark ${hex(fwmark)}${fwmask === undefined || fwmask === 0xffffffff ? '' : `/${hex(fwmask)}`}`;
  const span = (name: string, range: { start: number; end: number } | undefined) =>
    range && `${name} ${range.start === range.end ? range.start : `${range.start}-${range.end}`}`;
  const words = [
    rule.not && 'not',
    `from ${rule.from === undefined ? 'all' : short(rule.from)}`,
    rule.to && `to ${short(rule.to)}`,
    rule.tos && `tos ${hex(rule.tos)}`,
    mark,
    rule.iif && `iif ${rule.iif}`,
    rule.oif && `oif ${rule.oif}`,
    rule.ipProtocol && `ipproto ${rule.ipProtocol}`,
    span('sport', rule.sport),
    span('dport', rule.dport),
    span('uidrange', rule.uidRange),
    rule.l3mdev && 'l3mdev',
    rule.goto !== undefined && `goto ${rule.goto}`,
    rule.suppressPrefixLength !== undefined && `suppress_prefixlength ${rule.suppressPrefixLength}`,
  ];
  return {
    family,
    priority,
    action,
    ...(table !== undefined && !rule.l3mdev && { table }),
    match: words.filter(Boolean).join(' '),
  };
}

/** Not the addresses of the ports themselves, and no groups. */
export const isLiveFdb = ({ mac, state, dst }: KernelFdbEntry): boolean =>
  dst !== undefined || (state !== 'permanent' && (parseInt(mac.slice(0, 2), 16) & 1) === 0);

export const liveFdb = ({ index, mac, vlan, master, dst, state }: KernelFdbEntry): FdbEntry => ({
  index,
  mac,
  ...(vlan !== undefined && { vlan }),
  ...(master !== undefined && { master }),
  ...(dst !== undefined && { dst }),
  state,
});

/** Those that the kernel gives to every link have no handle. */
export const isLiveQdisc = ({ handle }: KernelQdisc): boolean => handle !== '0:';

export function liveQdisc(qdisc: KernelQdisc): Qdisc {
  const { index, kind, handle, parent, tbf, htb, fqCodel, netem, pfifoFast, fifo } = qdisc;
  const own = tbf ?? htb ?? fqCodel ?? netem ?? pfifoFast ?? fifo;
  return { index, kind, handle, parent, ...(own && { settings: jsonRecord(own) }) };
}

// The cheap comparison first: bursts of thousands are compared with thousands.
export const sameAddress = (a: Address, b: Address) =>
  a.index === b.index && a.address === b.address && a.prefix === b.prefix;
export const sameNeighbour = (a: Neighbour, b: Neighbour) =>
  a.index === b.index && a.address === b.address;
export const sameRoute = (a: Route, b: Route) => a.to === b.to && routeKey(a) === routeKey(b);
export const samePolicy = (a: Policy, b: Policy) => policyKey(a) === policyKey(b);
export const sameFdb = (a: FdbEntry, b: FdbEntry) => a.mac === b.mac && fdbKey(a) === fdbKey(b);
export const sameQdisc = (a: Qdisc, b: Qdisc) => qdiscKey(a) === qdiscKey(b);
