import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Cases } from '../caseRunner.ts';
import {
  addresses,
  createRuleModel,
  nft,
  nftObjects,
  randomNumbers,
  run,
  runAll,
  without,
  type NetfilterCases,
} from './kernelSupport.ts';
import { openTransactionMonitor } from './monitors.ts';
import { scenario } from './netfilter.fixtures.ts';
import { openNetfilter } from './netfilterSocket.ts';
import { trafficCases } from './kernelTrafficCases.ts';

/** What needs a kernel, in a network namespace with nothing but `lo`. */
const rulesetCases: NetfilterCases = {
  'a ruleset has the tables, chains, rules and sets that nft lists'(netfilter) {
    nft(scenario);
    runAll(`
      iptables -t nat -A POSTROUTING -s 10.0.0.0/24 ! -o cni0 -j MASQUERADE
      ip6tables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`);
    const ruleset = netfilter.ruleset();
    assert.deepEqual(
      ruleset.tables.map(({ family, name, handle }) => ({ family, name, handle })),
      nftObjects('table').map(({ family, name, handle }) => ({ family, name, handle })),
    );
    assert.deepEqual(
      ruleset.chains.map(({ base, family, table, name, handle }) => ({
        ...{ family, table, name, handle },
        ...(base && {
          type: base.type,
          hook: base.hook,
          prio: base.priority,
          policy: base.policy,
        }),
      })),
      // Not every version of nft tells the device of a chain.
      nftObjects('chain').map((chain) => without(chain, 'dev')),
    );
    assert.deepEqual(
      ruleset.rules.map(({ family, table, chain, handle, comment }) => ({
        ...{ family, table, chain, handle },
        ...(comment !== undefined && { comment }),
      })),
      nftObjects('rule').map((rule) => without(rule, 'expr')),
    );
    const listed = [...nftObjects('set'), ...nftObjects('map')];
    const named = ruleset.sets.filter(({ flags }) => !flags.includes('anonymous'));
    assert.deepEqual(
      new Map(named.map(({ name, handle, keyType }) => [name, [handle, keyType]])),
      new Map(
        listed.map(({ name, handle, type }) => [
          name,
          [handle, Array.isArray(type) ? type : [type]],
        ]),
      ),
    );
    const plain = named.filter(({ flags }) => !flags.includes('interval'));
    const sizes = new Map(
      listed.map(({ name, elem }) => [name, Array.isArray(elem) ? elem.length : 0]),
    );
    for (const { name, elements } of plain) assert.equal(elements.length, sizes.get(name), name);
  },

  'counters are those of iptables-save, rule by rule, and of the policies'(netfilter) {
    addresses();
    runAll(`
      iptables -P FORWARD DROP
      iptables -P INPUT ACCEPT
      iptables -A INPUT -p icmp
      iptables -A INPUT -p udp -j ACCEPT
      iptables -I INPUT 2 -s 10.0.0.1 -p icmp --icmp-type echo-request
      iptables -N mine
      iptables -A INPUT -j mine
      iptables -A mine -i lo`);
    run('ping', '-c', '3', '-i', '0.01', '-s', '100', '10.0.0.1');
    const saved = run('iptables-save', '-c', '-t', 'filter').split('\n');
    const counts = netfilter.counts();
    const { rules, chains } = netfilter.ruleset();
    const text = ({ packets, bytes }: { packets: number; bytes: number }) =>
      `[${packets}:${bytes}]`;
    assert.deepEqual(
      rules.map(({ chain, handle }) => {
        const count = counts.find((one) => one.chain === chain && one.handle === handle);
        return `${count ? text(count) : 'none'} -A ${chain}`;
      }),
      saved.flatMap((line) => /^\[\d+:\d+\] -A \S+/.exec(line)?.[0] ?? []),
    );
    assert.ok(counts.some(({ packets, bytes }) => packets === 6 && bytes === 6 * 128));
    // iptables-save tells all built-in chains, even those that are not in the kernel yet.
    for (const { name, handle, base } of chains) {
      const count = counts.find((one) => one.chain === name && one.handle === handle);
      assert.deepEqual(count && text(count), base?.counter && text(base.counter));
      const policy = base?.policy.toUpperCase() ?? '-';
      assert.ok(saved.includes(`:${name} ${policy} ${count ? text(count) : '[0:0]'}`), name);
    }
    assert.ok(counts.some(({ chain, packets }) => chain === 'INPUT' && packets === 6));
  },

  'commits are told with their process, in order, and add up to the ruleset'(netfilter) {
    const monitor = openTransactionMonitor();
    const random = randomNumbers(7);
    const model = createRuleModel();
    let { generation } = netfilter.generation();
    const port = nft('table ip t {\n chain a { }\n chain b { }\n}\n');
    const chainsOf = { a: new Set<number>(), b: new Set<number>() };
    for (let round = 0; round < 120; round += 1) {
      const ruleset = netfilter.ruleset();
      for (const chain of ['a', 'b'] as const) {
        chainsOf[chain] = new Set(
          ruleset.rules.filter((rule) => rule.chain === chain).map(({ handle }) => handle),
        );
      }
      const lines = Array.from({ length: 1 + random(6) }, (_, i) => {
        const chain = random(2) === 0 ? 'a' : 'b';
        const handles = [...chainsOf[chain]];
        const handle = handles[random(handles.length + 1)];
        const rule = `tcp dport ${1 + random(60_000)} counter comment "${round}.${i}"`;
        const at = handle === undefined ? '' : ` handle ${handle}`;
        const what = handle === undefined ? random(2) : random(5);
        if (what === 0) return `add rule ip t ${chain}${at.replace('handle', 'position')} ${rule}`;
        if (what === 1) {
          return `insert rule ip t ${chain}${at.replace('handle', 'position')} ${rule}`;
        }
        // nft does not take a handle twice in one transaction.
        if (handle !== undefined) chainsOf[chain].delete(handle);
        return what === 2
          ? `replace rule ip t ${chain}${at} ${rule}`
          : `delete rule ip t ${chain}${at}`;
      });
      const pid = nft(`${lines.join('\n')}\n`);
      const { events, overrun } = monitor.drain();
      assert.equal(overrun, false);
      assert.equal(events.length, round === 0 ? 2 : 1);
      for (const event of events) {
        assert.equal(event.generation, (generation += 1));
        assert.equal(event.processName, 'nft');
        model.apply(event);
      }
      assert.equal(events.at(-1)?.port, pid);
      if (round === 0) assert.equal(events[0]?.port, port);
      const after = netfilter.ruleset();
      assert.equal(after.generation, generation);
      assert.deepEqual(model.rules(after.chains), after.rules, lines.join('\n'));
    }
    monitor.close();
  },

  'what iptables changes adds up to the ruleset, too'(netfilter) {
    const monitor = openTransactionMonitor();
    const model = createRuleModel();
    runAll(`
      iptables -t nat -N CNI-HOSTPORT-DNAT
      iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
      iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80
      iptables -t nat -I CNI-HOSTPORT-DNAT -p tcp --dport 8081 -j DNAT --to-destination 10.0.0.2:81
      iptables -t nat -I CNI-HOSTPORT-DNAT 2 -p udp --dport 53 -j RETURN
      iptables -t nat -R CNI-HOSTPORT-DNAT 1 -p tcp --dport 9090 -j RETURN
      iptables -t nat -D CNI-HOSTPORT-DNAT 3
      iptables -t nat -F PREROUTING
      iptables -t nat -A PREROUTING -p udp -j CNI-HOSTPORT-DNAT`);
    const { events, overrun } = monitor.drain();
    assert.equal(overrun, false);
    for (const event of events) {
      assert.equal(event.processName, 'iptables');
      model.apply(event);
    }
    const { chains, rules } = netfilter.ruleset();
    assert.equal(rules.length, 3);
    assert.deepEqual(model.rules(chains), rules);
    monitor.close();
  },

  'the trace table is its socket’s own and goes with it'(netfilter) {
    const other = openNetfilter();
    other.traceOn();
    assert.equal(netfilter.ruleset().tables[0]?.owner, other.port);
    assert.throws(() => netfilter.traceOn(), { code: 'EPERM', call: 'NFT_MSG_NEWTABLE' });
    run('nft', 'flush', 'ruleset');
    assert.equal(netfilter.ruleset().rules.length, 2);
    other.close();
    assert.deepEqual(netfilter.ruleset().tables, []);
    netfilter.traceOn();
    assert.equal(netfilter.ruleset().tables[0]?.owner, netfilter.port);
  },

  'after an overrun no half of a commit is told, and the ruleset is whole'(netfilter) {
    const monitor = openTransactionMonitor({ receiveBuffer: 4096 });
    nft('table ip t {\n chain c { }\n}\n');
    for (let i = 0; i < 5; i += 1) nft('add rule ip t c counter accept\n'.repeat(40));
    const { events, overrun } = monitor.drain();
    assert.equal(overrun, true);
    for (const { changes } of events) assert.ok([2, 40].includes(changes.length));
    assert.equal(netfilter.ruleset().rules.length, 200);
    const pid = nft('delete table ip t\n');
    const after = monitor.drain();
    if (!after.overrun) assert.equal(after.events.at(-1)?.port, pid);
    monitor.close();
  },

  async 'a ruleset is never read in the middle of a commit'(netfilter) {
    const both =
      'table ip x { chain c { counter accept; }; }; table ip y { chain c { counter drop; }; }';
    const script = `while :; do nft '${both}'; nft 'delete table ip x; delete table ip y'; done`;
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
    try {
      const seen = new Set<string>();
      while (seen.size < 2) {
        for (let i = 0; i < 100; i += 1) {
          const { tables, chains, rules } = netfilter.ruleset();
          const counts = [tables, chains, rules].map(({ length }) => length).join(' ');
          assert.ok(counts === '0 0 0' || counts === '2 2 2', counts);
          seen.add(counts);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    }
  },
};

/** Each with a socket of its namespace. */
export const cases: Cases = Object.fromEntries(
  Object.entries({ ...rulesetCases, ...trafficCases }).map(([name, runCase]) => [
    name,
    async () => {
      const netfilter = openNetfilter();
      await runCase(netfilter);
      netfilter.close();
    },
  ]),
);
