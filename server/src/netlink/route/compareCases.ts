import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cases } from '../caseRunner.ts';
import { beQuiet, found, noLinkLocal, pair } from './caseHelpers.ts';
import {
  addressJson,
  fdbJson,
  linkJson,
  neighbourJson,
  routeJson,
  ruleJson,
  namesOf,
  run,
  runJson,
  sorted,
  without,
  type Json,
} from './iproute2.ts';
import type { RouteSocket } from './socket.ts';

/** What we make and read, next to what `ip`, `bridge` and `tc` print of the same kernel. */
export const cases: Cases = {
  'links of every kind that this kernel has read as `ip -d link` tells them'(route) {
    const dev = pair(route);
    route.linkAdd({
      ...{
        kind: 'bridge',
        name: 'br0',
        mac: '12:34:56:78:9a:bc',
        up: true,
        forwardDelay: 400,
        helloTime: 300,
        maxAge: 1000,
      },
      ...{ ageingTime: 12345, stpState: 1, priority: 4096, mcastSnooping: false },
      ...{ groupFwdMask: 8, mcastHashMax: 512, nfCallIptables: true, mcastQueryIntvl: 7000 },
    });
    const br0 = found(route, 'br0').index;
    route.linkSet(dev, { master: br0, alias: 'to b' });
    route.linkSet(dev, {
      port: {
        ...{ cost: 77, priority: 16, hairpin: true, isolated: true, guard: true, fastleave: true },
        ...{ learning: false, flood: false, mcastFlood: false, bcastFlood: false },
        ...{ neighSuppress: true, locked: true, rootBlock: true, groupFwdMask: 16 },
      },
    });
    const parent = found(route, 'b').index;
    const local = { remote: '10.0.0.9', local: '10.0.0.8', parent };
    route.linkAdd({ kind: 'vxlan', name: 'vx0', id: 42, ...local, ttl: 5, ageing: 60, port: 9999 });
    const ipv6 = { remote: 'ff05::100', local: 'fd00::8', parent, udpZeroCsum6Tx: true };
    const more = { learning: false, l2miss: true, l3miss: true, proxy: true, rsc: true, tos: 4 };
    const range = { portRange: { low: 1000, high: 2000 }, df: 'set', label: 77 };
    route.linkAdd({ kind: 'vxlan', name: 'vx6', id: 43, ...ipv6, ...more, ...range });
    route.linkAdd({ kind: 'vxlan', name: 'vxe', id: 0, external: true, gbp: true });
    route.linkAdd({ kind: 'macvlan', name: 'mv0', parent, mode: 'private', bcqueuelen: 500 });
    const macaddrData = ['02:00:00:00:00:77', '02:00:00:00:00:78'];
    route.linkAdd({ kind: 'macvlan', name: 'mv1', parent, mode: 'source', macaddrData });
    route.linkAdd({ kind: 'ifb', name: 'ifb0', txQueueLength: 77, group: 5 });
    run('ip link set ifb0 promisc on allmulticast on');
    run('ip link property add dev ifb0 altname a-much-longer-name-of-ifb0');
    // The machine decides who may open the device that makes them.
    if (isWritable('/dev/net/tun')) {
      run('ip tuntap add tap0 mode tap user 0 multi_queue');
      run('ip tuntap add tun0 mode tun');
    }
    compareLinks(route);
    route.linkSet(br0, { bridge: { stpState: 0, ageingTime: 30000 } });
    route.linkSet(dev, { port: { state: 'disabled', flood: true } });
    compareLinks(route);
    route.linkSet(dev, { master: 0 });
    compareLinks(route);
    route.linkGroupDel(5);
    assert.equal(route.linkByName('ifb0'), undefined);
  },

  'ports of a bridge read as `bridge -d link` tells them'(route) {
    const dev = pair(route);
    route.linkAdd({ kind: 'bridge', name: 'br0', up: true });
    route.linkSet(dev, { master: found(route, 'br0').index });
    route.linkSet(dev, { port: { cost: 9, hairpin: true } });
    const told = runJson('bridge -j -d link');
    const [port, ...others] = route.portList().filter(({ master }) => master !== undefined);
    assert.ok(port && others.length === 0 && told.length === 1);
    const { state, priority, cost, hairpin, guard, learning, flood } = port.port ?? {};
    assert.deepEqual(
      [port.index, port.name, state, priority, cost, hairpin, guard, learning, flood],
      ['ifindex', 'ifname', 'state', 'priority', 'cost', 'hairpin', 'guard', 'learning', 'flood'] //
        .map((key) => told[0]?.[key]),
    );
    assert.deepEqual(
      runJson('bridge -j vlan'),
      route.portList().filter(({ vlans }) => vlans !== undefined),
    );
  },

  'addresses read as `ip address` tells them'(route) {
    noLinkLocal();
    const dev = pair(route);
    route.addressAdd(dev, { address: '10.0.0.2/24', broadcast: '10.0.0.255', label: 'a:x' });
    route.addressAdd(dev, { address: '10.0.0.3/24' });
    route.addressAdd(dev, { address: '10.9.0.1/32', peer: '10.9.0.2', scope: 'link' });
    const ours = { noDad: true, noPrefixRoute: true, metric: 50 };
    route.addressAdd(dev, { address: 'fd00::2/64', ...ours });
    route.addressAdd(dev, { address: 'fd00::3/64', protocol: '77' });
    const passing = { validLifetime: 10_000, preferredLifetime: 5000 };
    route.addressAdd(dev, { address: '10.0.1.2/24', ...passing, noPrefixRoute: true });
    const names = namesOf(route);
    const before = route.addressList();
    const told = runJson('ip -j -d address').flatMap(({ ifname, addr_info: list }) =>
      Array.isArray(list) ? list.map((item: Json): Json => ({ dev: ifname, ...item })) : [],
    );
    const shown = (list: typeof before) =>
      list.map((item) => ({ dev: names(item.index), ...addressJson(item) }));
    const steady = (list: Json[]) =>
      sorted(list.map((item) => without(item, 'valid_life_time', 'preferred_life_time')));
    // IPv6 addresses leave the tentative state when they like.
    const settled = (list: Json[]) => steady(list).map((item) => without(item, 'tentative'));
    assert.deepEqual(settled(shown(before)), settled(told));
    const time = (list: Json[]) =>
      Number(list.find(({ local }) => local === '10.0.1.2')?.['valid_life_time']);
    assert.ok(time(shown(before)) >= time(told) && time(told) >= time(shown(route.addressList())));
    assert.equal(before.find(({ address }) => address === 'fd00::3')?.protocol, '77');
    assert.deepEqual(
      route.addressList(dev),
      route.addressList().filter(({ index }) => index === dev),
    );
    assert.deepEqual(
      route.addressList(1).map(({ index }) => index),
      route.addressList().flatMap(({ index }) => (index === 1 ? [1] : [])),
    );
  },

  async 'routes of all tables read as `ip route` tells them'(route) {
    noLinkLocal();
    const dev = pair(route);
    const other = found(route, 'b').index;
    route.addressAdd(dev, { address: '10.0.0.2/24' });
    route.addressAdd(dev, { address: 'fd00::2/64', noDad: true });
    route.addressAdd(other, { address: '10.2.0.2/24' });
    route.routeAdd({ to: 'default', via: '10.0.0.1', metric: 5, metrics: { mtu: 1400 } });
    const nextHops = [
      { via: '10.0.0.7', weight: 3 },
      { via: '192.0.2.1', dev: other, weight: 256, onlink: true },
    ];
    route.routeAdd({ to: '10.5.0.0/16', nextHops, metrics: { advmss: 1200, congestion: 'cubic' } });
    const ipv6 = [{ via: 'fd00::7' }, { via: 'fd00::8', weight: 2 }];
    route.routeAdd({ to: 'fd05::/64', nextHops: ipv6 });
    route.routeAdd({ to: '10.6.0.0/16', via: 'fd00::9', dev, tos: 4 });
    route.routeAdd({ to: '10.7.0.0/16', type: 'unreachable', table: 1000, protocol: 'static' });
    route.routeAdd({ to: '10.8.0.1', via: '192.0.2.9', dev, onlink: true, source: '10.0.0.2' });
    route.routeAdd({ to: 'fd01::/64', via: 'fd00::9', metrics: { hoplimit: 5, mtu: 1300 } });
    run('ip -6 route add fd06::/64 from fd07::/64 via fd00::9 pref high');
    run('ip nexthop add id 7 via 10.0.0.5 dev a');
    run('ip route add 10.11.0.0/16 nhid 7');
    compareRoutes(route);
    const nhid = route.routeList({ table: 254 }).find(({ to }) => to === '10.11.0.0/16');
    assert.equal(nhid?.nextHopId, 7);
    const all = route.routeList();
    for (const filter of [{ table: 254 }, { table: 1000 }, { dev }, { family: 6 as const }]) {
      const some = route.routeList(filter);
      assert.ok(some.length > 0 && some.length < all.length);
    }
    for (const family of [4, 6] as const) {
      assert.deepEqual(route.routeList({ family, table: 4242 }), []);
      assert.deepEqual(route.routeList({ family, dev: 4242 }), []);
    }
    assert.deepEqual(route.routeList({ table: 4242 }), []);
    assert.deepEqual([route.addressList(4242), route.neighbourList(4242)], [[], []]);
    assert.deepEqual([route.qdiscList(4242), route.classList(4242)], [[], []]);
    // The kernel looks at the carrier a little later.
    route.linkSet(other, { down: true });
    while (!route.routeList().some(({ flags }) => flags.includes('linkdown'))) await sleep(5);
    compareRoutes(route);
  },

  'rules read as `ip rule` tells them, and are removed again'(route) {
    pair(route);
    const rules: Parameters<RouteSocket['ruleAdd']>[0][] = [
      { family: 4, from: '10.0.0.0/8', table: 100, priority: 99, iif: 'a', protocol: 'static' },
      { family: 4, to: '10.1.0.1', table: 1000, priority: 98, oif: 'gone', tos: 4 },
      { family: 4, fwmark: 1, fwmask: 255, table: 254, priority: 97, not: true },
      { family: 6, from: 'fd00::/64', action: 'prohibit', priority: 96 },
      { family: 4, goto: 32766, priority: 95, ipProtocol: 'tcp', dport: { start: 80, end: 90 } },
      { family: 6, table: 7, priority: 94, uidRange: { start: 0, end: 0 }, ipProtocol: 'udp' },
      { family: 4, table: 254, priority: 93, suppressPrefixLength: 0 },
      { family: 4, table: 7, priority: 92, sport: { start: 53, end: 53 }, ipProtocol: 'udp' },
    ];
    for (const rule of rules) route.ruleAdd(rule);
    const ours = sorted(route.ruleList().map(ruleJson));
    const theirs = [...runJson('ip -j -d rule'), ...runJson('ip -j -d -6 rule')];
    assert.deepEqual(ours, sorted(theirs));
    for (const rule of rules) route.ruleDel(rule);
    assert.equal(route.ruleList().length, 5);
  },

  'neighbours read as `ip neigh` tells them'(route) {
    const dev = pair(route);
    const mac = '02:00:00:00:00:07';
    route.neighbourAdd(dev, { address: '10.0.0.7', mac });
    route.neighbourAdd(dev, { address: 'fd00::7', mac, state: 'STALE' });
    route.neighbourReplace(dev, { address: '10.0.0.8', mac, state: 'NOARP' });
    route.neighbourAdd(dev, { address: '10.0.0.77', proxy: true });
    run('ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev b extern_learn');
    const names = namesOf(route);
    const shown = (proxy: boolean) =>
      set(route.neighbourList(undefined, proxy).map((item) => neighbourJson(item, names)));
    // The kernel's own for multicast come when it first sends such a packet.
    const set = (list: Json[]) => sorted(list.filter(({ dst }) => !String(dst).startsWith('ff02')));
    assert.deepEqual(shown(false), set(runJson('ip -j -d neigh show nud all')));
    assert.deepEqual(shown(true), set(runJson('ip -j neigh show proxy')));
    assert.deepEqual(
      route.neighbourList(dev),
      route.neighbourList().filter(({ index }) => index === dev),
    );
    route.neighbourDel(dev, { address: '10.0.0.7' });
    route.neighbourDel(dev, { address: '10.0.0.77', proxy: true });
    assert.deepEqual(route.neighbourList(undefined, true), []);
  },

  'FDB entries read as `bridge fdb` tells them'(route) {
    beQuiet();
    const dev = pair(route);
    route.linkAdd({ kind: 'bridge', name: 'br0', up: true });
    route.linkSet(dev, { master: found(route, 'br0').index });
    const vxlan = { parent: found(route, 'b').index, remote: '10.0.0.9' };
    route.linkAdd({ kind: 'vxlan', name: 'vx0', id: 42, ...vxlan });
    const vx0 = found(route, 'vx0').index;
    route.fdbAdd(dev, { mac: '02:00:00:00:00:21', state: 'static', master: true });
    route.fdbAdd(dev, { mac: '02:00:00:00:00:22', state: 'dynamic', master: true });
    route.fdbAdd(dev, { mac: '02:00:00:00:00:23', master: true });
    route.fdbAdd(vx0, { mac: '02:00:00:00:00:24', dst: '10.0.0.55', vni: 7, port: 999 });
    route.fdbAppend(vx0, { mac: '00:00:00:00:00:00', dst: '10.0.0.56' });
    route.fdbReplace(vx0, { mac: '02:00:00:00:00:25', dst: '10.0.0.57' });
    const now = namesOf(route);
    assert.deepEqual(
      sorted(route.fdbList().map((item) => fdbJson(item, now))),
      sorted(runJson('bridge -j fdb')),
    );
    route.fdbDel(vx0, { mac: '02:00:00:00:00:25' });
    route.fdbDel(dev, { mac: '02:00:00:00:00:21', master: true });
    const left = new Set(route.fdbList().map((item) => item.mac));
    assert.deepEqual(
      ['21', '22', '25'].map((end) => left.has(`02:00:00:00:00:${end}`)),
      [false, true, false],
    );
  },
};

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function compareLinks(route: RouteSocket): void {
  // Limits of segmentation offload are not read here.
  const unread = ['gso', 'tso', 'gro'].flatMap((x) => [`${x}_max_size`, `${x}_max_segs`]);
  compare(
    () => route.linkList().map((link) => withoutTimers(linkJson(link, namesOf(route)))),
    () => runJson('ip -j -d link').map((link) => withoutTimers(without(link, ...unread))),
  );
}

/** Looks again if the kernel changed something by itself while it was asked. */
function compare(ours: () => unknown[], theirs: () => unknown[]): void {
  for (;;) {
    const before = ours();
    const told = theirs();
    if (!isDeepStrictEqual(before, ours())) continue;
    assert.deepEqual(before, told);
    return;
  }
}

/** Timers run on between two looks, and the state of a port with them. */
function withoutTimers(link: Json): unknown {
  return JSON.parse(
    JSON.stringify(link, (key, value: unknown) =>
      /_timer$|^topology_change|^config_pending$|^designated_|^root_/.test(key) ? undefined : value,
    ),
  );
}

function compareRoutes(route: RouteSocket): void {
  const told = (family: string) => runJson(`ip -j -d ${family} route show table all`);
  compare(
    () => sorted(route.routeList().map((item) => routeJson(item, namesOf(route)))),
    () => sorted([...told('-4'), ...told('-6')].map((item) => without(item, 'nhid', 'nh_info'))),
  );
}
