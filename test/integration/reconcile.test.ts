import { describe, expect, test } from 'vitest';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import { agentPid, eventually, openBox, type TestBox } from './support/box.ts';
import { calls, usePlugins } from './support/plugins.ts';

const bridge = (name: string, subnet: string, more = '') => `
      - cniVersion: 1.0.0
        name: ${name}
        plugins:
          - {type: bridge, bridge: ${name}0, isDefaultGateway: true, ipMasq: true, ${more}
             ipam: {type: host-local, subnet: ${subnet}}}
          - {type: portmap, capabilities: {portMappings: true}}`;

interface Design {
  networks?: string[];
  pods?: string[];
  interfaces?: string;
  routes?: string;
  rest?: string;
}

const oneNetwork = [bridge('net', '10.1.0.0/24')];

const lab = ({ networks = oneNetwork, pods = [], interfaces, routes, rest = '' }: Design) => `
cnilab: 1
name: changing
segments: [{name: lan}]
hosts:
  - name: node1
    interfaces: [${interfaces ?? '{name: eth0, segment: lan, addresses: [192.0.2.11/24]}'}]
    ${routes === undefined ? '' : `routes: [${routes}]`}
    networks: ${networks.join('')}
    pods: [${pods.join(', ')}]
${rest}`;

const pod = (name: string, more = '') => `{name: ${name}, attachments: [{network: net${more}}]}`;
const mapped = (name: string, port: number) =>
  pod(
    name,
    `, capabilities: {portMappings: [{hostPort: ${port}, containerPort: 80, protocol: tcp}]}`,
  );

/** `ADD node1/web eth0 net`, with a cross when it failed. */
const summary = ({ operations }: ApplyResult) =>
  operations.map(
    ({ op, host, pod: name, interface: ifName, network, ok }) =>
      `${op} ${host}/${name} ${ifName} ${network}${ok ? '' : ' ✗'}`,
  );

/** What plugins leave on a host: links, addresses, rules, leases, cached results. */
const traces = (box: TestBox, host: string) =>
  box.sh(
    host,
    `ip -o link | awk '{print $2}' | sort
     ip -o addr | awk '{print $2, $4}' | sort
     iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'
     find /var/lib/cni /run/netns /etc/cni -type f | grep -v -e last_reserved -e /lock$ | sort`,
  );

describe('applying a document again', () => {
  test('makes no operation and changes nothing when nothing changed', async () => {
    const box = await openBox();
    const text = lab({
      pods: [mapped('a', 8080), pod('b')],
      routes: '{to: 10.9.0.0/16, via: 192.0.2.9}',
    });
    await box.apply(text);
    const before = box.changes.length;
    const result = await box.apply(text);
    expect(result).toMatchObject({ ok: true, operations: [], failures: [] });
    const kernel = box.changes
      .slice(before)
      .filter(({ event }) => /^(link|address|route|namespace)\./.test(event))
      // Duplicate address detection ends when it ends.
      .filter((change) => !JSON.stringify(change).includes('fe80'));
    expect(kernel).toEqual([]);
  });

  test('makes the ADDs of a pod that is new, and nothing else', async () => {
    const box = await openBox();
    await box.apply(lab({ pods: [pod('a')] }));
    const result = await box.apply(lab({ pods: [pod('b'), pod('a')] }));
    expect(summary(result)).toEqual(['ADD node1/b eth0 net']);
  });

  test('makes the DELs of a pod that is gone, in reverse order, and leaves nothing of it', async () => {
    const box = await openBox();
    const networks = [
      bridge('net', '10.1.0.0/24'),
      bridge('other', '10.2.0.0/24'),
      bridge('third', '10.3.0.0/24'),
    ];
    const two =
      '{name: b, attachments: [{network: net}, {network: other}, {network: third, interface: x1}]}';
    await box.apply(lab({ networks, pods: [mapped('a', 8080)] }));
    await box.apply(lab({ networks, pods: [mapped('a', 8080), two] }));
    await box.apply(lab({ networks, pods: [mapped('a', 8080)] }));
    const before = await traces(box, 'node1'); // with the other network's bridge
    const up = await box.apply(lab({ networks, pods: [mapped('a', 8080), two] }));
    expect(summary(up)).toEqual([
      'ADD node1/b eth0 net',
      'ADD node1/b eth1 other',
      'ADD node1/b x1 third',
    ]);
    const down = await box.apply(lab({ networks, pods: [mapped('a', 8080)] }));
    expect(summary(down)).toEqual([
      'DEL node1/b x1 third',
      'DEL node1/b eth1 other',
      'DEL node1/b eth0 net',
    ]);
    expect(down.ok).toBe(true);
    expect(await traces(box, 'node1')).toBe(before);
    expect(box.state().namespaces).not.toHaveProperty('node1/b');
    expect(Object.keys(box.state().elements).filter((id) => id.includes('node1/b'))).toEqual([]);
  });

  test('takes a changed port map down as it was put up, and then puts it up anew', async () => {
    const box = await openBox();
    await box.apply(lab({ pods: [mapped('a', 8080), mapped('b', 9090)] }));
    const result = await box.apply(lab({ pods: [mapped('a', 8081), mapped('b', 9090)] }));
    expect(summary(result)).toEqual(['DEL node1/a eth0 net', 'ADD node1/a eth0 net']);
    const [del, add] = result.operations;
    const ports = (operation: typeof del) =>
      operation?.steps
        .filter(({ plugin }) => plugin === 'portmap')
        .map(({ stdin }) => JSON.parse(stdin).runtimeConfig.portMappings[0].hostPort);
    expect(ports(del)).toEqual([8080]);
    expect(ports(add)).toEqual([8081]);
    const rules = await box.sh('node1', 'iptables-save -t nat');
    expect(rules).not.toContain('8080');
    expect(rules).toContain('8081');
    expect(rules).toContain('9090');
  });

  test('redoes the attachments of a network whose configuration changed, DEL by the old one', async () => {
    const box = await openBox();
    const other = bridge('other', '10.2.0.0/24');
    const pods = [
      '{name: a, attachments: [{network: other}, {network: net}]}',
      '{name: b, attachments: [{network: other}]}',
    ];
    await box.apply(lab({ networks: [bridge('net', '10.1.0.0/24'), other], pods }));
    const changed = bridge('net', '10.1.0.0/24', 'mtu: 1400,');
    const result = await box.apply(lab({ networks: [changed, other], pods }));
    expect(summary(result)).toEqual(['DEL node1/a eth1 net', 'ADD node1/a eth1 net']);
    const mtus = result.operations.map(({ steps }) =>
      steps.filter(({ plugin }) => plugin === 'bridge').map(({ stdin }) => JSON.parse(stdin).mtu),
    );
    expect(mtus).toEqual([[undefined], [1400]]);
    expect(await box.sh('node1', 'cat /etc/cni/net.d/net.conflist')).toContain('1400');
    expect(await box.sh('node1/a', 'cat /sys/class/net/eth1/mtu')).toBe('1400');
  });

  test('takes files of networks away that are gone, and leaves those that a person wrote', async () => {
    const box = await openBox();
    const other = bridge('other', '10.2.0.0/24');
    await box.apply(lab({ networks: [bridge('net', '10.1.0.0/24'), other] }));
    await box.sh('node1', 'echo {} > /etc/cni/net.d/mine.conf');
    expect(await box.sh('node1', 'ls /etc/cni/net.d')).toBe(
      'mine.conf\nnet.conflist\nother.conflist',
    );
    await box.apply(lab({}));
    expect(await box.sh('node1', 'ls /etc/cni/net.d')).toBe('mine.conf\nnet.conflist');
  });

  test('changes interfaces, addresses and routes in place: pods and their processes live on', async () => {
    const box = await openBox();
    await box.apply(lab({ pods: [pod('a')] }));
    const identity = () =>
      box.sh('node1/a', 'readlink /proc/self/ns/net /proc/self/ns/mnt; ip -j link show eth0');
    const before = await identity();
    const result = await box.apply(
      lab({
        pods: [pod('a')],
        interfaces:
          '{name: eth0, segment: lan, addresses: [192.0.2.12/24, 192.0.2.13/24], mtu: 1400}, {name: d0, type: bridge}, {name: v0, type: veth, peer: v1, master: d0}, {name: v1}',
        routes: '{to: 10.9.0.0/16, via: 192.0.2.9}, {to: 10.8.0.0/16, dev: v1}',
      }),
    );
    expect(result).toMatchObject({ ok: true, operations: [], failures: [] });
    expect(await identity()).toBe(before);
    expect(await box.sh('node1', "ip -o -4 addr show eth0 | awk '{print $4}'")).toBe(
      '192.0.2.12/24\n192.0.2.13/24',
    );
    expect(
      await box.sh(
        'node1',
        'cat /sys/class/net/eth0/mtu; ip route show 10.9.0.0/16; ip route show 10.8.0.0/16',
      ),
    ).toMatch(/^1400\n10.9.0.0\/16 via 192.0.2.9 dev eth0.*\n10.8.0.0\/16 dev v1/);
    await box.apply(lab({ pods: [pod('a')] }));
    expect(
      await box.sh('node1', "ip -o link | awk -F': ' '{print $2}' | sed 's/@.*//' | grep -v veth"),
    ).toBe('lo\neth0\nnet0');
    expect(await box.sh('node1', 'ip route show 10.9.0.0/16; ip route show 10.8.0.0/16')).toBe('');
    expect(await box.sh('node1', 'cat /sys/class/net/eth0/mtu')).toBe('1500');
    expect(await identity()).toBe(before);
  });

  test('keeps the first attachment first when it was redone after the second', async () => {
    const box = await openBox();
    const networks = [bridge('net', '10.1.0.0/24'), bridge('other', '10.2.0.0/24')];
    const pods = ['{name: a, attachments: [{network: net}, {network: other}]}'];
    await box.apply(lab({ networks, pods }));
    await box.apply(
      lab({
        networks: [bridge('net', '10.3.0.0/24', 'forceAddress: true,'), networks[1] ?? ''],
        pods,
      }),
    );
    const check = { name: 'where', from: 'node1', ping: 'node1/a' };
    const { ok, got } = await box.request('check', { check });
    expect(ok).toBe(true);
    expect(JSON.stringify(got)).toContain('10.3.0.');
  });

  test('ends a host with all that is in it', async () => {
    const box = await openBox();
    const rest = `
  - name: node2
    interfaces: [{name: eth0, segment: lan}, {name: x0, type: veth, peer: {host: node3, name: x1}}]
    networks: [{cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, ipam: {type: host-local, subnet: 10.2.0.0/24}}]
    pods: [{name: a, attachments: [{network: net}], listen: [{protocol: http, port: 80}]}]
  - name: node3
    interfaces: [{name: x1}]`;
    await box.apply(lab({ rest }));
    for (const target of ['node2', 'node2/a']) {
      void box.exec(target, 'sh', '-c', 'trap "" TERM; sleep 16180').catch(() => undefined);
      void box.exec(target, 'unshare', '-n', 'sleep', '16180').catch(() => undefined);
    }
    await box.sh('node2', 'ip netns add extra');
    const sleepers = () => box.sh('node1', 'ps -eo args | grep -c "^sleep 16180" || :');
    await eventually(async () => expect(await sleepers()).toBe('4'));
    const result = await box.apply(lab({}));
    expect(result).toMatchObject({ ok: true, failures: [] });
    expect(Object.keys(box.state().namespaces).toSorted()).toEqual(['', 'node1']);
    await eventually(async () => expect(await sleepers()).toBe('0'));
    await expect(box.exec('node2', 'true')).rejects.toThrow('spawn true');
    // The name is free again, and starts from nothing.
    expect(await box.apply(lab({ rest }))).toMatchObject({ ok: true });
    expect(await box.sh('node2', 'ls /run/netns')).toBe('a');
  });

  test('removes a segment and joins its hosts to another one', async () => {
    const box = await openBox();
    const both = (first: string, second: string) => `
cnilab: 1
name: segments
segments: [{name: ${first}}${first === second ? '' : `, {name: ${second}}`}]
hosts:
  - {name: node1, interfaces: [{name: eth0, segment: ${first}, addresses: [192.0.2.1/24]}]}
  - {name: node2, interfaces: [{name: eth0, segment: ${second}, addresses: [192.0.2.2/24]}]}
checks:
  - {name: one, from: node1, ping: 192.0.2.2, expect: ${first === second ? 'reachable' : 'unreachable'}}
`;
    for (const [first, second] of [
      ['a', 'a'],
      ['a', 'b'],
      ['b', 'b'],
    ] as const) {
      const text = both(first, second);
      expect(await box.apply(text)).toMatchObject({ ok: true });
      expect(await box.checks(text)).toMatchObject([{ ok: true }]);
    }
    expect(box.state().namespaces['']?.links.filter(({ kind }) => kind === 'bridge')).toHaveLength(
      1,
    );
  });
});

describe('operations', () => {
  test('that are the first on their host do not trip over one another', async () => {
    // As the real one makes its chains: it looks first, and fails when another was faster.
    usePlugins({
      portmap: '[ -e /tmp/chains ] || { sleep 0.2; mkdir /tmp/chains || exit 4; }; result',
    });
    const box = await openBox();
    const pods = [mapped('a', 8080), mapped('b', 8081), mapped('c', 8082)];
    const { operations } = await box.apply(lab({ pods }));
    expect(operations.map(({ pod: name, ok }) => `${name} ${ok}`)).toEqual([
      'a true',
      'b true',
      'c true',
    ]);
  });

  const recorded = (names: string[], more = '') => `
cnilab: 1
name: recorded
hosts:
  - name: node1
    networks: [{cniVersion: 1.0.0, name: net, type: recorder${more}}]
    pods: [${names.map((name) => `{name: ${name}, attachments: [{network: net}, {network: net}]}`).join(', ')}]
`;

  test('of one pod follow one another, those of different pods overlap', async () => {
    usePlugins({
      // Each pod's first ADD waits for the other pod's, so one after the other would never end.
      recorder: `
        touch /tmp/$CNI_CONTAINERID
        if [ $CNI_COMMAND = ADD ]; then until [ -e /tmp/a ] && [ -e /tmp/b ]; do sleep 0.01; done; fi
        result`,
    });
    const box = await openBox();
    expect(await box.apply(recorded(['a', 'b']))).toMatchObject({ ok: true });
    const all = await calls(box, 'node1');
    for (const name of ['a', 'b']) {
      expect(all.filter((call) => call.includes(` ${name} `))).toEqual([
        `start ADD ${name} eth0`,
        `end ADD ${name} eth0`,
        `start ADD ${name} eth1`,
        `end ADD ${name} eth1`,
      ]);
    }
  });

  test('of two documents that are applied at once do not mix', async () => {
    usePlugins({ recorder: 'sleep 0.05; result' });
    const box = await openBox();
    const results = await Promise.all([
      box.apply(recorded(['a', 'b'])),
      box.apply(recorded(['b', 'c'])),
      box.apply(recorded([])),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(results.map((result) => summary(result).toSorted())).toEqual([
      [
        'ADD node1/a eth0 net',
        'ADD node1/a eth1 net',
        'ADD node1/b eth0 net',
        'ADD node1/b eth1 net',
      ],
      [
        'ADD node1/c eth0 net',
        'ADD node1/c eth1 net',
        'DEL node1/a eth0 net',
        'DEL node1/a eth1 net',
      ],
      [
        'DEL node1/b eth0 net',
        'DEL node1/b eth1 net',
        'DEL node1/c eth0 net',
        'DEL node1/c eth1 net',
      ],
    ]);
    const running = new Set<string>();
    for (const call of await calls(box, 'node1')) {
      const [what, , name = ''] = call.split(' ');
      expect(running.has(name), `two operations on ${name} at once`).toBe(what === 'end');
      if (what === 'start') running.add(name);
      else running.delete(name);
    }
  });
});

describe('an agent that has worked long', () => {
  test('keeps no descriptor, namespace or process of what is gone', async () => {
    const box = await openBox();
    const full = lab({
      pods: [
        '{name: a, attachments: [{network: net}], listen: [{protocol: http, port: 80}, {protocol: udp, port: 53}, {protocol: tcp, port: 7}]}',
      ],
      rest: '  - {name: node2, interfaces: [{name: eth0, segment: lan}]}',
    });
    const agent = await box.apply(lab({})).then(() => agentPid(box, 'node1'));
    const descriptors = () => box.sh('node1', `ls /proc/${agent}/fd | wc -l`);
    const processes = () => box.sh('node1', 'ps -e | wc -l');
    const round = async () => {
      expect(await box.apply(full)).toMatchObject({ ok: true });
      // The first `ip netns add` of a host mounts /run/netns once more.
      await box.sh('node1', 'ip netns add extra');
      await eventually(() => expect(box.state().namespaces).toHaveProperty('node1/extra'));
      await box.sh('node1/a', 'cat /sys/class/net/eth0/mtu');
      await box.sh('node1', 'ip netns del extra');
      await eventually(() => expect(box.state().namespaces).not.toHaveProperty('node1/extra'));
      expect(await box.apply(lab({}))).toMatchObject({ ok: true });
    };
    await round();
    const before = [await descriptors(), await processes()];
    // Twenty namespaces are more than the lab has, and fewer than forty rounds would leave.
    await box.sh('node1', 'echo 20 > /proc/sys/user/max_net_namespaces');
    for (let i = 0; i < 40; i++) await round();
    await eventually(async () => expect([await descriptors(), await processes()]).toEqual(before));
  });
});
