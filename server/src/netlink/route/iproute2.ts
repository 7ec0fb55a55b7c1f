import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { Address } from './address.ts';
import type { Link } from './link.ts';
import type { FdbEntry, Neighbour } from './neighbour.ts';
import type { Route } from './route.ts';
import type { Rule } from './rule.ts';
import type { RouteSocket } from './socket.ts';

/** Test support: our objects in the shape of iproute2's JSON, to compare with what it prints. */

export type Json = Record<string, unknown>;

/** What a command of iproute2 prints in the namespace of this thread. */
export function run(command: string): string {
  const [file = '', ...args] = command.split(' ');
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  assert.ok(status === 0 && !error, `${command}: ${error?.message ?? stderr}`);
  return stdout;
}

export const runJson = (command: string): Json[] => JSON.parse(run(command) || '[]');

export type NameOf = (index: number | undefined) => string | undefined;

export const namesOf = (route: RouteSocket): NameOf => {
  const names = new Map(route.linkList().map(({ index, name }) => [index, name]));
  return (index) => (index === undefined ? undefined : names.get(index));
};

export const sorted = (list: Json[]): Json[] =>
  list
    .map((item) =>
      Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    )
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Without the keys whose value is undefined. */
export const defined = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export const without = (object: Json, ...keys: string[]): Json =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

export const snake = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const snakeKeys = (object: object): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [snake(key), value]));

export const linkJson = (link: Link, nameOf: NameOf): Json =>
  defined({
    ifindex: link.index,
    ifname: link.name,
    link: link.linkNsid === undefined ? nameOf(link.link) : undefined,
    link_index: link.linkNsid === undefined ? undefined : link.link,
    link_netnsid: link.linkNsid,
    flags: link.flags,
    mtu: link.mtu,
    qdisc: link.qdisc,
    master: nameOf(link.master),
    operstate: link.state,
    linkmode: link.linkMode,
    group: link.group === 0 ? 'default' : String(link.group),
    txqlen: link.txQueueLength,
    link_type: link.linkType,
    address: link.mac,
    broadcast: link.broadcast,
    promiscuity: link.promiscuity,
    allmulti: link.allMulticast,
    min_mtu: link.minMtu,
    max_mtu: link.maxMtu,
    ifalias: link.alias,
    altnames: link.alternativeNames,
    inet6_addr_gen_mode: link.addressGeneration,
    num_tx_queues: link.txQueues,
    num_rx_queues: link.rxQueues,
    linkinfo: linkInfo(link, nameOf),
  });

function linkInfo(link: Link, nameOf: NameOf): Json | undefined {
  if (link.kind === 'loopback' || link.kind === '') return undefined;
  const data = infoData(link, nameOf);
  const slave = link.port && slaveData(link.port);
  return defined({
    info_kind: link.kind,
    info_data: data && Object.keys(data).length > 0 ? data : undefined,
    info_slave_kind: link.slaveKind,
    info_slave_data: slave,
  });
}

const hexText = (value: unknown): string => (value === 0 ? '0' : `0x${Number(value).toString(16)}`);
const numberOf = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value);

function infoData(link: Link, nameOf: NameOf): Json | undefined {
  const { bridge, macvlan, vxlan, tun } = link;
  if (bridge) {
    const { options = [], groupFwdMask, ...others } = bridge;
    return {
      ...snakeKeys(Object.fromEntries(Object.entries(others).map(([k, v]) => [k, numberOf(v)]))),
      group_fwd_mask: hexText(groupFwdMask),
      no_linklocal_learn: Number(options.includes('no_linklocal_learn')),
      mcast_vlan_snooping: Number(options.includes('mcast_vlan_snooping')),
    };
  }
  if (macvlan) {
    const { flags = [], macaddrCount, ...others } = macvlan;
    return snakeKeys({
      ...others,
      ...(macaddrCount && { macaddrCount }),
      ...(flags.length > 0 && { flags }),
    });
  }
  if (vxlan) {
    const { link: lower, tos, label, limit, remote, local, ...others } = vxlan;
    const off = ['proxy', 'rsc', 'l2miss', 'l3miss', 'remcsumTx', 'remcsumRx', 'external'];
    const told = Object.entries(others).filter(([key, value]) => !off.includes(key) || value);
    const newer = ['ttl_inherit', 'vnifilter', 'localbypass'];
    const group = /^(ff|22[4-9]|23)/.test(remote ?? '') ? 'group' : 'remote';
    const six = (text: string | undefined) => (text?.includes(':') ? '6' : '');
    return defined({
      ...without(snakeKeys(Object.fromEntries(told)), ...newer),
      [`${group}${six(remote)}`]: remote,
      [`local${six(local)}`]: local,
      link: nameOf(lower),
      tos: tos ? hexText(tos) : undefined,
      label: label ? hexText(label) : undefined,
      limit: limit || undefined,
    });
  }
  if (tun) {
    const { owner, ...others } = tun;
    return defined({ ...snakeKeys(others), user: owner === 0 ? 'root' : undefined });
  }
  return undefined;
}

function slaveData({ id, no, groupFwdMask, ...port }: NonNullable<Link['port']>): Json {
  return {
    // Those that iproute2 6.1 does not know.
    ...without(snakeKeys(port), 'mab', 'neigh_vlan_suppress'),
    id: hexText(id),
    no: hexText(no),
    topology_change_ack: numberOf(port.topologyChangeAck),
    config_pending: numberOf(port.configPending),
    group_fwd_mask: hexText(groupFwdMask),
    group_fwd_mask_str: `0x${Number(groupFwdMask).toString(16)}`,
  };
}

export function addressJson(address: Address): Json {
  const permanent = address.flags.includes('permanent');
  const told = address.flags.filter((flag) => flag !== 'permanent' && flag !== 'nodad');
  return defined({
    family: address.family === 4 ? 'inet' : 'inet6',
    local: address.address,
    address: address.peer,
    prefixlen: address.prefix,
    metric: address.metric,
    broadcast: address.broadcast,
    scope: address.scope,
    ...Object.fromEntries(told.map((flag) => [flag, true])),
    dynamic: permanent ? undefined : true,
    nodad: address.flags.includes('nodad') ? true : undefined,
    label: address.label,
    valid_life_time: address.validLifetime ?? 0xffff_ffff,
    preferred_life_time: address.preferredLifetime ?? 0xffff_ffff,
  });
}

const tableNames = new Map([
  [254, 'main'],
  [255, 'local'],
  [253, 'default'],
]);
const tableText = (table: number) => tableNames.get(table) ?? String(table);

export function routeJson(route: Route, nameOf: NameOf): Json {
  const host = route.family === 4 ? '/32' : '/128';
  const { nextHops } = route;
  const other = nextHops || route.via === undefined ? undefined : viaJson(route.via, route.family);
  const { lock: _, ...metrics } = route.metrics ?? {};
  return defined({
    type: route.type,
    dst: route.to.endsWith(host) ? route.to.slice(0, -host.length) : route.to,
    from: route.from,
    tos: route.tos === undefined ? undefined : `0x${route.tos.toString(16).padStart(2, '0')}`,
    ...other,
    dev: nextHops ? undefined : nameOf(route.dev),
    table: tableText(route.table),
    protocol: route.protocol,
    scope: route.scope,
    prefsrc: route.source,
    metric: route.metric === 0 && route.family === 4 ? undefined : route.metric,
    flags: route.flags,
    metrics: route.metrics ? [snakeKeys(metrics)] : undefined,
    pref: route.preference,
    nexthops: nextHops?.map(({ via, dev, weight, flags }) =>
      defined({
        ...(via === undefined ? {} : viaJson(via, route.family)),
        dev: nameOf(dev),
        weight,
        flags,
      }),
    ),
  });
}

function viaJson(via: string, family: number): Json {
  const same = via.includes(':') === (family === 6);
  return same
    ? { gateway: via }
    : { via: { family: via.includes(':') ? 'inet6' : 'inet', host: via } };
}

export function ruleJson(rule: Rule): Json {
  const [src = 'all', srclen] = rule.from?.split('/') ?? [];
  const [dst, dstlen] = rule.to?.split('/') ?? [];
  const full = rule.family === 4 ? '32' : '128';
  return defined({
    priority: rule.priority,
    not: rule.not ? null : undefined,
    src,
    srclen: srclen === undefined || srclen === full ? undefined : Number(srclen),
    dst,
    dstlen: dstlen === undefined || dstlen === full ? undefined : Number(dstlen),
    tos: rule.tos === undefined ? undefined : `0x${rule.tos.toString(16).padStart(2, '0')}`,
    fwmark: rule.fwmark ? `0x${rule.fwmark.toString(16)}` : undefined,
    fwmask:
      rule.fwmask && rule.fwmask !== 0xffff_ffff ? `0x${rule.fwmask.toString(16)}` : undefined,
    iif: rule.iif,
    iif_detached: rule.detached?.includes('iif') ? null : undefined,
    oif: rule.oif,
    oif_detached: rule.detached?.includes('oif') ? null : undefined,
    uid_start: rule.uidRange?.start,
    uid_end: rule.uidRange?.end,
    ipproto: rule.ipProtocol,
    sport: rule.sport?.start === rule.sport?.end ? rule.sport?.start : undefined,
    dport_start: rule.dport?.start === rule.dport?.end ? undefined : rule.dport?.start,
    dport_end: rule.dport?.start === rule.dport?.end ? undefined : rule.dport?.end,
    table: rule.table === undefined ? undefined : tableText(rule.table),
    suppress_prefixlen: rule.suppressPrefixLength,
    goto: rule.goto,
    action: ['lookup', 'goto'].includes(rule.action) ? undefined : rule.action,
    protocol: rule.protocol,
  });
}

export const neighbourJson = (entry: Neighbour, nameOf: NameOf): Json =>
  defined({
    dst: entry.address,
    dev: nameOf(entry.index),
    lladdr: entry.mac,
    ...Object.fromEntries(entry.flags.map((flag) => [flag, null])),
    state: entry.flags.includes('proxy') ? undefined : [entry.state],
  });

export const fdbJson = (entry: FdbEntry, nameOf: NameOf): Json =>
  defined({
    mac: entry.mac,
    ifname: nameOf(entry.index),
    dst: entry.dst,
    vlan: entry.vlan,
    port: entry.port,
    vni: entry.vni,
    src_vni: entry.srcVni,
    viaIf: nameOf(entry.via),
    flags: entry.flags,
    master: nameOf(entry.master),
    state: entry.state,
  });
