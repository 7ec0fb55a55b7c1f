import assert from 'node:assert/strict';
import { translationOf } from './conntrack.ts';
import {
  addresses,
  connection,
  flowWords,
  run,
  runAll,
  trackedLines,
  trackedWords,
  type NetfilterCases,
} from './kernelSupport.ts';
import { readFlows } from './flowsDump.ts';
import { openFlowMonitor, openTraceMonitor } from './monitors.ts';
import { decodePacket } from './packet.ts';

/** The kernel cases in which packets flow. */
export const trafficCases: NetfilterCases = {
  async 'connections are those of conntrack, and show their translation'(netfilter) {
    addresses();
    runAll(`
      iptables -t nat -A OUTPUT -p tcp -d 10.0.0.1 --dport 8080 -j DNAT --to 10.0.0.1:80
      iptables -t nat -A POSTROUTING -p tcp --dport 80 -j SNAT --to 10.0.0.9
      iptables -t raw -A OUTPUT -p icmp -j CT --zone 7
      ip6tables -t nat -A OUTPUT -p tcp --dport 8080 -j DNAT --to [fd00::1]:80
      ip6tables -t mangle -A POSTROUTING -j CONNMARK --set-mark 5`);
    const monitor = openFlowMonitor();
    await connection('10.0.0.1', 8080, 80);
    await connection('fd00::1', 8080, 80);
    run('ping', '-c', '1', '10.0.0.1');
    run('ping', '-c', '1', 'fd00::1');
    const flows = netfilter.flows();
    const lines = trackedLines();
    assert.deepEqual(flows.map(flowWords).toSorted(), lines.map(trackedWords).toSorted());
    assert.equal(flows.length, 4);
    const ids = flows.map(({ id }) => id);
    for (const limit of [0, 2, 4, 5]) {
      const read = readFlows(limit);
      assert.deepEqual(
        read.flows.map(({ id }) => id),
        ids.slice(0, limit),
      );
      assert.equal(read.total, 4);
    }
    const [tcp] = flows.filter(({ family, tcpState }) => family === 4 && tcpState === 'TIME_WAIT');
    assert.ok(tcp);
    const from = { address: '10.0.0.1', port: tcp.original.sourcePort };
    assert.deepEqual(translationOf(tcp), {
      source: { from, to: { ...from, address: '10.0.0.9' } },
      destination: {
        from: { address: '10.0.0.1', port: 8080 },
        to: { address: '10.0.0.1', port: 80 },
      },
    });
    const lives = new Map<number | undefined, string[]>();
    const hear = () => {
      for (const { kind, flow } of monitor.drain().events) {
        lives.set(flow.id, [...(lives.get(flow.id) ?? []), kind]);
      }
    };
    hear();
    netfilter.flowsFlush();
    hear();
    for (const { id } of flows) {
      const [first, ...rest] = lives.get(id) ?? [];
      assert.deepEqual([first, rest.at(-1)], ['new', 'destroy']);
    }
    assert.deepEqual(netfilter.flows(), []);
    monitor.close();
  },

  async 'a trace leads a packet through the rules to its translation'(netfilter) {
    addresses();
    runAll(`
      iptables -t nat -N web
      iptables -t nat -A OUTPUT -p tcp --dport 8080 -j web
      iptables -t nat -A web -p tcp -j DNAT --to 10.0.0.1:80`);
    const monitor = openTraceMonitor();
    netfilter.traceOn({ matches: [{ protocol: 'tcp', destinationPort: 8080 }] });
    await connection('10.0.0.1', 8080, 80);
    const { events, overrun } = monitor.drain();
    assert.equal(overrun, false);
    const { rules, chains } = netfilter.ruleset();
    const [first] = events;
    assert.ok(first);
    const next = events.findIndex(({ id }) => id !== first.id);
    const steps = events.slice(0, next);
    assert.deepEqual(
      steps.flatMap(({ chain, rule, verdict }) =>
        rule === undefined ? [] : [[chain, verdict?.verdict, verdict?.chain]],
      ),
      [
        ['output', 'continue', undefined],
        ['OUTPUT', 'jump', 'web'],
        ['web', 'accept', undefined],
      ],
    );
    for (const { table, chain, rule } of steps) {
      assert.ok(chains.some((one) => one.table === table && one.name === chain));
      if (rule === undefined) continue;
      assert.ok(rules.some((one) => one.chain === chain && one.handle === rule));
    }
    const packet = decodePacket(first.networkHeader, first.transportHeader);
    assert.deepEqual(
      [packet?.source, packet?.destination, packet?.protocol, packet?.transport?.kind],
      ['10.0.0.1', '10.0.0.1', 'tcp', 'tcp'],
    );
    const known = new Set(netfilter.flows().map(({ id }) => id));
    for (const { connection: tracked } of events) {
      if (tracked) assert.ok(known.has(tracked.id));
    }
    netfilter.traceOn({ matches: [{ destination: '10.0.0.0/24', protocol: 'icmp' }] });
    run('ping', '-c', '1', '10.0.0.1');
    assert.ok(monitor.drain().events.length > 0);
    await connection('10.0.0.1', 8080, 80);
    assert.deepEqual(monitor.drain().events, []);
    netfilter.traceOff();
    netfilter.traceOff();
    run('ping', '-c', '1', '10.0.0.1');
    assert.deepEqual(monitor.drain().events, []);
    monitor.close();
  },

  async 'a trace shows the path of a packet and what it looks like at its end'(netfilter) {
    addresses();
    runAll('iptables -t nat -A POSTROUTING -d 10.0.0.1 -p icmp -j SNAT --to 10.0.0.9');
    const monitor = openTraceMonitor();
    netfilter.traceOn({ path: true, matches: [{ protocol: 'icmp' }] });
    run('ping', '-c', '1', '10.0.0.1');
    const seen = monitor.drain().events.flatMap((step) => {
      const packet = decodePacket(step.networkHeader, step.transportHeader);
      return packet && step.table === 'cnilab' ? [`${step.chain} from ${packet.source}`] : [];
    });
    assert.deepEqual(seen.slice(0, 4), [
      'output from 10.0.0.1',
      'postrouting from 10.0.0.9',
      'prerouting from 10.0.0.9',
      'input from 10.0.0.9',
    ]);
    monitor.close();
  },

  async 'a trace in a bridge sees frames that no other table sees'(netfilter) {
    runAll(`
      ip netns add a
      ip netns add b
      ip link add br0 type bridge
      ip link add va type veth peer name eth0 netns a
      ip link add vb type veth peer name eth0 netns b
      ip link set va master br0 up
      ip link set vb master br0 up
      ip link set br0 up
      ip -n a address add 10.1.0.1/24 dev eth0
      ip -n b address add 10.1.0.2/24 dev eth0
      ip -n a link set eth0 up
      ip -n b link set eth0 up`);
    const monitor = openTraceMonitor();
    const matches = [{ protocol: 'icmp', source: '10.1.0.0/24', destination: '10.1.0.2' }];
    netfilter.traceOn({ family: 'bridge', path: true, matches });
    run('ip', 'netns', 'exec', 'a', 'ping', '-c', '1', '10.1.0.2');
    const index = (name: string) => JSON.parse(run('ip', '-j', 'link', 'show', name))[0].ifindex;
    const steps = monitor.drain().events.filter(({ table }) => table === 'cnilab');
    const ways = steps.flatMap(({ chain, iif, oif, networkHeader, transportHeader }) => {
      const packet = decodePacket(networkHeader, transportHeader);
      return packet ? [{ chain, iif, oif, ttl: packet.ttl }] : [];
    });
    const [iif, oif] = [index('va'), index('vb')];
    assert.deepEqual(ways, [
      { chain: 'prerouting', iif, oif: undefined, ttl: 64 },
      { chain: 'forward', iif, oif, ttl: 64 },
      { chain: 'postrouting', iif: undefined, oif, ttl: 64 },
    ]);
    monitor.close();
    runAll(`
      ip netns del a
      ip netns del b`);
  },
};
