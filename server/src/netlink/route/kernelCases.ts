import assert from 'node:assert/strict';
import type { Cases } from '../caseRunner.ts';
import * as os from '../constants.ts';
import { Errno } from '../errno.ts';
import * as libc from '../libc.ts';
import { createReactor } from '../reactor.ts';
import { mayDropRoutes } from './decode.ts';
import { openMonitor } from './monitor.ts';
import { isSetRoute } from './route.ts';
import { openRoute } from './socket.ts';
import { found, pair } from './caseHelpers.ts';

/** What the kernel does with our requests, and what it tells of it. */
export const cases: Cases = {
  'links are made, changed, found and removed'(route) {
    route.linkAdd({ kind: 'bridge', name: 'br0', mtu: 1400, mac: '02:00:00:00:00:10', up: true });
    const { index, kind, mac, mtu, up, bridge } = found(route, 'br0');
    assert.deepEqual([kind, mac, mtu, up], ['bridge', '02:00:00:00:00:10', 1400, true]);
    assert.equal(bridge?.vlanFiltering, false);
    route.linkAdd({ kind: 'veth', name: 'a', master: index, up: true, peer: { name: 'b' } });
    const a = found(route, 'a');
    const b = found(route, 'b');
    assert.deepEqual([a.master, a.link, b.link, b.master], [index, b.index, a.index, undefined]);
    assert.deepEqual([a.port?.hairpin, a.port?.isolated], [false, false]);
    route.linkSet(a.index, { master: 0, alias: 'to the left' });
    route.linkSet(b.index, { name: 'c', promiscuous: true, up: true });
    assert.deepEqual(
      [found(route, 'a').master, found(route, 'a').alias, found(route, 'c').promiscuous],
      [undefined, 'to the left', true],
    );
    route.linkSet(a.index, { alias: '' });
    assert.equal(found(route, 'a').alias, undefined);
    assert.deepEqual(route.linkGet(a.index), found(route, 'a'));
    const names = route.linkStats().map(({ name }) => name);
    assert.deepEqual(names.sort(), ['a', 'br0', 'c', 'lo']);
    route.linkDel(a.index);
    assert.deepEqual(
      route
        .linkList()
        .map(({ name }) => name)
        .sort(),
      ['br0', 'lo'],
    );
    assert.equal(route.linkByName('a'), undefined);
    assert.equal(route.linkGet(a.index), undefined);
  },

  'the peer of a veth is made in another namespace, whose id both names and finds it'(route) {
    const home = libc.open('/proc/thread-self/ns/net', os.O_CLOEXEC);
    libc.unshare(os.CLONE_NEWNET);
    const pod = libc.open('/proc/thread-self/ns/net', os.O_CLOEXEC);
    const inPod = openRoute();
    libc.setns(home, os.CLONE_NEWNET);
    assert.equal(route.nsidGet(pod), undefined);
    route.nsidSet(pod, 7);
    assert.equal(route.nsidGet(pod), 7);
    assert.throws(() => route.nsidSet(pod, 8), { code: 'EEXIST' });
    const peer = { name: 'eth0', netnsFd: pod, mac: '02:00:00:00:00:02', mtu: 1300 };
    route.linkAdd({ kind: 'veth', name: 'v0', up: true, peer });
    const eth0 = found(inPod, 'eth0');
    const v0 = found(route, 'v0');
    assert.deepEqual([eth0.mac, eth0.mtu, eth0.link], [peer.mac, 1300, v0.index]);
    assert.deepEqual([v0.link, v0.linkNsid], [eth0.index, 7]);
    route.linkSet(v0.index, { netnsFd: pod, name: 'v1' });
    assert.equal(route.linkByName('v0'), undefined);
    assert.equal(found(inPod, 'v1').link, eth0.index);
    inPod.close();
    libc.close(pod);
    libc.close(home);
  },

  'addresses and routes are added, listed, asked for and removed'(route) {
    const dev = pair(route);
    route.addressAdd(dev, { address: '10.0.0.2/24', broadcast: '10.0.0.255' });
    route.addressAdd(dev, { address: '10.9.0.1/32', peer: '10.9.0.2' });
    route.addressAdd(dev, { address: 'fd00::2/64', noDad: true });
    const ours = () =>
      route
        .addressList()
        .filter(({ scope }) => scope === 'global')
        .map(({ index, family, address, prefix, scope, peer }) => ({
          ...{ index, family, address, prefix, scope },
          ...(peer !== undefined && { peer }),
        }));
    assert.deepEqual(ours(), [
      { index: dev, family: 4, address: '10.0.0.2', prefix: 24, scope: 'global' },
      { index: dev, family: 4, address: '10.9.0.1', prefix: 32, scope: 'global', peer: '10.9.0.2' },
      { index: dev, family: 6, address: 'fd00::2', prefix: 64, scope: 'global' },
    ]);
    route.routeAdd({ to: 'default', via: '10.0.0.1' });
    route.routeAdd({ to: 'default', via: 'fd00::1' });
    route.routeAdd({ to: '10.8.0.1', via: '192.0.2.1', dev, onlink: true, protocol: 'static' });
    route.routeAdd({ to: '10.5.0.0/16', dev, table: 1000, metric: 5, source: '10.0.0.2' });
    route.routeAdd({ to: '10.7.0.0/16', type: 'blackhole' });
    const set = () =>
      route
        .routeList()
        .filter((r) => isSetRoute(r) && r.protocol !== 'kernel')
        .map((r) => r.to);
    const all = ['10.5.0.0/16', '10.7.0.0/16', '10.8.0.1/32', 'default', 'default'];
    assert.deepEqual(set().sort(), all);
    assert.deepEqual(route.routeGet('192.0.2.7'), {
      type: 'unicast',
      via: '10.0.0.1',
      dev,
      source: '10.0.0.2',
    });
    assert.equal(route.routeGet('10.0.0.2').type, 'local');
    assert.equal(route.routeGet('192.0.2.7', '10.9.0.1').via, '10.0.0.1');
    assert.equal(route.routeGet('2001:db8::1').via, 'fd00::1');
    route.routeReplace({ to: 'default', via: '10.0.0.9' });
    assert.equal(route.routeGet('192.0.2.7').via, '10.0.0.9');
    route.routeDel({ to: 'default', via: '10.0.0.9' });
    route.routeDel({ to: 'default', via: 'fd00::1' });
    route.routeDel({ to: '10.8.0.1' });
    route.routeDel({ to: '10.5.0.0/16', table: 1000 });
    route.routeDel({ to: '10.7.0.0/16' });
    assert.deepEqual(set(), []);
    route.addressDel(dev, { address: '10.9.0.1/32', peer: '10.9.0.2' });
    route.addressDel(dev, { address: 'fd00::2/64' });
    assert.deepEqual(
      ours().map(({ address }) => address),
      ['10.0.0.2'],
    );
  },

  'refusals name the request and carry the words of the kernel'(route) {
    const dev = pair(route);
    const refusal = (request: () => void): Errno => {
      try {
        request();
      } catch (error) {
        if (error instanceof Errno) return error;
        throw error;
      }
      throw new assert.AssertionError({ message: 'it was not refused' });
    };
    const gateway = refusal(() => route.routeAdd({ to: '10.8.0.0/16', via: '192.0.2.1' }));
    assert.equal(gateway.code, 'ENETUNREACH');
    assert.match(
      gateway.message,
      /^RTM_NEWROUTE 10\.8\.0\.0\/16: Network is unreachable \(.*gateway.*\)$/,
    );
    const twice = refusal(() => route.linkAdd({ kind: 'bridge', name: 'a' }));
    assert.match(twice.message, /^RTM_NEWLINK bridge "a": File exists/);
    const mtu = refusal(() => route.linkSet(dev, { mtu: 1 }));
    assert.match(mtu.message, /^RTM_NEWLINK link \d+ mtu 1: Invalid argument \(.*mtu.*\)$/);
    assert.equal(refusal(() => route.linkDel(9999)).code, 'ENODEV');
    assert.equal(refusal(() => route.routeDel({ to: '10.8.0.0/16' })).code, 'ESRCH');
    assert.equal(refusal(() => route.routeGet('10.200.0.1')).code, 'ENETUNREACH');
    // The socket is in step again after every refusal.
    assert.equal(route.linkByName('lo')?.index, 1);
  },

  'what a request caused is queued at the monitor before the request returns'(route) {
    const monitor = openMonitor();
    const kinds = (): Set<string> => {
      const { messages, overrun } = monitor.drain();
      assert.equal(overrun, false);
      return new Set(messages.map(({ kind }) => kind).filter((kind) => kind !== 'other'));
    };
    const dev = pair(route);
    assert.ok(kinds().has('link.set'));
    route.addressAdd(dev, { address: '10.0.0.2/24' });
    const assigned = kinds();
    assert.ok(assigned.has('address.set') && assigned.has('route.set'));
    route.routeAdd({ to: '10.5.0.0/16', via: '10.0.0.1' });
    assert.ok(kinds().has('route.set'));
    route.routeReplace({ to: '10.5.0.0/16', via: '10.0.0.3' });
    const replaced = monitor
      .drain()
      .messages.flatMap((m) => (m.kind === 'route.set' || m.kind === 'route.del' ? [m] : []))
      .filter((m) => m.route.to === '10.5.0.0/16')
      .map((m) => [m.kind, m.route.via, m.kind === 'route.set' && m.replaces]);
    assert.deepEqual(replaced, [['route.set', '10.0.0.3', true]]);
    route.routeDel({ to: '10.5.0.0/16' });
    assert.ok(kinds().has('route.del'));
    route.linkAdd({ kind: 'bridge', name: 'br0' });
    route.linkSet(dev, { master: found(route, 'br0').index });
    kinds();
    route.linkSet(dev, { master: 0 });
    const left = kinds();
    assert.ok(left.has('port.del') && left.has('link.set') && !left.has('link.del'));
    route.linkDel(dev);
    const gone = kinds();
    assert.ok(gone.has('link.del') && gone.has('address.del'));
    monitor.close();
  },

  'IPv4 routes that go without a word are announced by what took them along'(route) {
    const dev = pair(route);
    const monitor = openMonitor();
    const untold = (change: () => void): boolean => {
      const had = () => route.routeList({ table: 254 }).some(({ to }) => to === '10.5.0.0/16');
      route.linkSet(dev, { up: true });
      route.addressAdd(dev, { address: '10.0.0.2/24' });
      route.routeAdd({ to: '10.5.0.0/16', via: '10.0.0.1' });
      assert.ok(had());
      monitor.drain();
      change();
      assert.ok(!had());
      return monitor.drain().messages.some(mayDropRoutes);
    };
    const removeAddress = () => route.addressDel(dev, { address: '10.0.0.2/24' });
    assert.ok(untold(removeAddress));
    assert.ok(untold(() => route.linkSet(dev, { down: true })));
    removeAddress();
    assert.ok(untold(() => route.linkDel(dev)));
    monitor.close();
  },

  'a full queue is reported as overrun, once, and then it hears again'(route) {
    const dev = pair(route);
    const monitor = openMonitor({ receiveBuffer: 65536 });
    for (let i = 0; i < 500; i += 1) route.linkSet(dev, { mtu: 1400 + (i % 2) });
    assert.equal(monitor.drain().overrun, true);
    assert.equal(monitor.drain().overrun, false);
    route.linkSet(dev, { mtu: 1300 });
    const { messages, overrun } = monitor.drain();
    assert.equal(overrun, false);
    assert.ok(messages.some((m) => m.kind === 'link.set' && m.link.mtu === 1300));
    monitor.close();
  },

  async 'of 4,000 changes in a burst none is lost in silence'(route) {
    const dev = pair(route);
    const reactor = createReactor();
    const monitor = openMonitor();
    let heard = 0;
    let overrun = false;
    const last = new Promise<void>((resolve) => {
      reactor.watch(monitor.fd, () => {
        const drained = monitor.drain();
        overrun ||= drained.overrun;
        for (const m of drained.messages) {
          if (m.kind !== 'link.set' || m.link.index !== dev) continue;
          if (m.link.mtu === 1300) resolve();
          else heard += 1;
        }
        if (overrun) resolve();
      });
    });
    for (let i = 0; i < 4000; i += 1) {
      route.linkSet(dev, { mtu: 1400 + (i % 2) });
      if (i % 40 === 39) await new Promise((resolve) => setImmediate(resolve));
    }
    route.linkSet(dev, { mtu: 1300 });
    await last;
    assert.ok(overrun || heard === 4000, `${heard} heard, no overrun`);
    reactor.close();
    monitor.close();
  },
};
