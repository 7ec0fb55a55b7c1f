import assert from 'node:assert/strict';
import type { Cases } from '../caseRunner.ts';
import * as os from '../constants.ts';
import { Errno } from '../errno.ts';
import * as libc from '../libc.ts';
import { openRequestSocket } from '../netlinkSocket.ts';
import { found, pair } from './caseHelpers.ts';
import { linkSetRequest } from './linkRequests.ts';
import { openMonitor } from './monitor.ts';
import { openRoute } from './socket.ts';

/** Batches, refusals in detail, and what monitors hear of beyond links, addresses and routes. */
export const cases: Cases = {
  'a batch makes what it asks for in order, and tells which requests were refused'(route) {
    const outcomes = route.batch((changes) => {
      changes.linkAdd({ kind: 'bridge', name: 'br0', index: 100, up: true });
      for (let i = 0; i < 150; i += 1) {
        const names = { name: `v${i}`, peer: { name: `p${i}`, index: 2000 + i } };
        changes.linkAdd({ kind: 'veth', index: 1000 + i, master: 100, up: true, ...names });
        changes.addressAdd(2000 + i, { address: `10.1.${i}.1/24` });
      }
      changes.linkAdd({ kind: 'bridge', name: 'v7' });
      changes.linkSet(2149, { up: true, alias: 'the last' });
    });
    assert.equal(outcomes.length, 303);
    const refused = outcomes.flatMap(({ error }) => (error ? [error.message] : []));
    assert.deepEqual(refused.length, 1);
    assert.match(refused[0] ?? '', /^RTM_NEWLINK bridge "v7": File exists/);
    assert.ok(outcomes[301]?.error);
    const links = route.linkList();
    assert.equal(links.filter(({ master }) => master === 100).length, 150);
    assert.equal(
      route.addressList().filter(({ address }) => address.startsWith('10.1.')).length,
      150,
    );
    assert.deepEqual([found(route, 'p149').alias, found(route, 'p149').index], ['the last', 2149]);
    assert.deepEqual(
      route.batch(() => undefined),
      [],
    );
  },

  'a batch whose answers do not fit into the receive buffer says which outcomes are unknown'(
    route,
  ) {
    const dev = pair(route);
    const socket = openRequestSocket({ receiveBuffer: 1 });
    const requests = Array.from({ length: 64 }, (_, i) => ({
      what: `mtu ${1300 + i}`,
      bytes: linkSetRequest(dev, { mtu: 1300 + i }),
    }));
    const outcomes = socket.batch(requests);
    const lost = outcomes.filter(({ error }) => error?.code === 'ENOBUFS');
    assert.ok(lost.length > 0 && lost.length < 64, `${lost.length} lost`);
    assert.equal(outcomes[0]?.error, undefined);
    // All were carried out, and the socket is in step again.
    assert.equal(found(route, 'a').mtu, 1363);
    assert.deepEqual(socket.request('mtu 1200', linkSetRequest(dev, { mtu: 1200 })), []);
    socket.close();
  },

  'a refusal names the attribute that the kernel means'(route) {
    const attributeOf = (request: () => void): string | undefined => {
      try {
        request();
      } catch (error) {
        if (error instanceof Errno) return error.attribute;
        throw error;
      }
      throw new assert.AssertionError({ message: 'it was not refused' });
    };
    const id = () => route.linkAdd({ kind: 'vxlan', name: 'vx0', id: 0xffff_ffff });
    assert.equal(attributeOf(id), 'IFLA_LINKINFO/2/1');
    const mtu = () => route.linkAdd({ kind: 'vxlan', name: 'vx0', id: 1, mtu: 7 });
    assert.equal(attributeOf(mtu), 'IFLA_MTU');
    const [outcome] = route.batch((changes) =>
      changes.linkAdd({ kind: 'vxlan', name: 'vx0', id: 1, mtu: 7 }),
    );
    assert.equal(outcome?.error?.attribute, 'IFLA_MTU');
  },

  'a monitor hears of the groups that it asks for, and of no others'(route) {
    const dev = pair(route);
    const monitor = openMonitor({ groups: ['rule', 'trafficControl', 'nsid'] });
    route.linkSet(dev, { mtu: 1300 });
    route.ruleAdd({ family: 6, table: 100, priority: 50 });
    route.ruleDel({ family: 6, table: 100, priority: 50 });
    const tbf = { rate: 125_000, burst: 10_000, limit: 10_000 };
    route.qdiscAdd(dev, { kind: 'tbf', handle: '1:', tbf });
    route.qdiscDel(dev);
    route.qdiscAdd(dev, { kind: 'htb', handle: '2:' });
    const htb = { rate: 125_000 };
    route.classAdd(dev, { kind: 'htb', parent: '2:', handle: '2:1', htb });
    route.classDel(dev, '2:1');
    const home = libc.open('/proc/thread-self/ns/net', os.O_CLOEXEC);
    route.nsidSet(home, 9);
    libc.close(home);
    const { messages, overrun } = monitor.drain();
    assert.equal(overrun, false);
    const kinds = messages.map(({ kind }) => kind);
    for (const kind of ['rule.set', 'rule.del', 'qdisc.set', 'class.set', 'class.del', 'nsid']) {
      assert.ok(
        kinds.some((item) => item === kind),
        `${kind} in ${kinds.join(' ')}`,
      );
    }
    assert.ok(!kinds.some((kind) => kind.startsWith('link') || kind.startsWith('address')));
    assert.deepEqual(route.nsidList(), [9]);
    monitor.close();
  },

  'a link that moves tells where it has gone, and keeps its index'(route) {
    const dev = pair(route);
    const home = libc.open('/proc/thread-self/ns/net', os.O_CLOEXEC);
    libc.unshare(os.CLONE_NEWNET);
    const pod = libc.open('/proc/thread-self/ns/net', os.O_CLOEXEC);
    const inPod = openRoute();
    libc.setns(home, os.CLONE_NEWNET);
    route.nsidSet(pod, 7);
    const monitor = openMonitor({ groups: ['link'] });
    route.linkSet(dev, { netnsFd: pod });
    const gone = monitor.drain().messages.flatMap((m) => (m.kind === 'link.del' ? [m.link] : []));
    assert.deepEqual(
      gone.map(({ name, newNsid, newIndex }) => [name, newNsid, newIndex]),
      [['a', 7, found(inPod, 'a').index]],
    );
    monitor.close();
    inPod.close();
    libc.close(pod);
    libc.close(home);
  },

  'what a bridge learns comes as FDB entries, and its settings in messages of its ports'(route) {
    const dev = pair(route);
    route.linkAdd({ kind: 'bridge', name: 'br0', up: true });
    route.linkSet(dev, { master: found(route, 'br0').index });
    const monitor = openMonitor();
    route.fdbAdd(dev, { mac: '02:00:00:00:00:21', state: 'static', master: true });
    route.linkSet(dev, { port: { hairpin: true } });
    route.fdbDel(dev, { mac: '02:00:00:00:00:21', master: true });
    const { messages } = monitor.drain();
    const entries = messages.flatMap((m) =>
      m.kind === 'fdb.set' || m.kind === 'fdb.del' ? [[m.kind, m.entry.mac, m.entry.state]] : [],
    );
    const ours = entries.filter(([, mac]) => mac === '02:00:00:00:00:21').map(([kind]) => kind);
    assert.deepEqual(ours, ['fdb.set', 'fdb.del']);
    assert.ok(messages.some((m) => m.kind === 'link.set' && m.link.port?.hairpin === true));
    monitor.close();
  },
};
