import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Operation } from '@cnilab/shared/live/operation';
import { linkIdentity } from '@cnilab/shared/live/namespace';
import { agentPid, eventually, openBox, type TestBox } from './support/box.ts';
import {
  expectStateLikeKernel,
  ip,
  type IpAddress,
  type IpLink,
  type IpRoute,
} from './support/kernel.ts';

const folder = new URL('../../examples/', import.meta.url);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.lab.yaml'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

interface Result {
  interfaces?: { name: string; mac?: string; sandbox?: string }[];
  ips?: { interface?: number; address: string; gateway?: string }[];
  routes?: { dst: string; gw?: string }[];
}

describe('each example', () => {
  test.each(examples)(
    '$name comes up, its checks hold, and the kernel is as results and events say',
    async ({ text }) => {
      const box = await openBox();
      const { ok, failures, operations } = await box.apply(text);
      expect({ ok, failures }).toEqual({ ok: true, failures: [] });
      for (const operation of operations) await expectKernelLikeResult(box, operation);
      await expectStateLikeKernel(box);
      const failed = (await box.checks(text)).filter((check) => !check.ok);
      expect(failed).toEqual([]);
    },
  );
});

/** Compares the objects that an ADD's result names with the kernel's. */
async function expectKernelLikeResult(box: TestBox, operation: Operation): Promise<void> {
  const { host, interface: ifName } = operation;
  const pod = `${host}/${operation.pod}`;
  const result: Result = JSON.parse(operation.result ?? '{}');
  const { interfaces = [], ips = [], routes = [] } = result;
  expect(interfaces.filter(({ sandbox }) => sandbox).map(({ name }) => name)).toEqual([ifName]);
  const links = {
    [host]: await ip<IpLink[]>(box, host, '-d link'),
    [pod]: await ip<IpLink[]>(box, pod, '-d link'),
  };
  for (const { name, mac, sandbox } of interfaces) {
    if (sandbox !== undefined && sandbox !== '')
      expect(sandbox).toBe(`/run/netns/${operation.pod}`);
    const there = links[sandbox ? pod : host] ?? [];
    const link = there.find(({ ifname }) => ifname === name);
    expect(link, `${name} of ${pod}`).toBeDefined();
    // A bridge without an address takes the lowest address of its ports, also of later ones.
    const isFloating = link?.linkinfo?.info_kind === 'bridge' && !ips.some((item) => item.gateway);
    const ports = there.filter(({ master }) => master === name).map(({ address }) => address);
    if (isFloating) expect(ports).toContain(link.address);
    else expect(link?.address).toBe(mac);
  }
  const addresses = await ip<IpAddress[]>(box, pod, 'addr');
  for (const { address, interface: index = -1 } of ips) {
    const link = addresses.find(({ ifname }) => ifname === interfaces[index]?.name);
    expect(
      link?.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      `${pod} ${address}`,
    ).toContain(address);
  }
  const there = [
    ...(await ip<IpRoute[]>(box, pod, '-4 route')),
    ...(await ip<IpRoute[]>(box, pod, '-6 route')),
  ];
  for (const { dst, gw } of routes) {
    const isSix = dst.includes(':');
    const gateway = gw ?? ips.find((item) => item.address.includes(':') === isSix)?.gateway;
    const to = dst === '0.0.0.0/0' || dst === '::/0' ? 'default' : dst;
    const matching = there.filter((route) => route.dst === to && route.dev === ifName);
    expect(matching.map((route) => route.gateway)).toContain(gateway);
  }
}

const lab = (pods: string[]) => `
cnilab: 1
name: changing
segments: [{name: lan}]
hosts:
  - name: node1
    interfaces: [{name: eth0, segment: lan, addresses: [192.0.2.11/24, '2001:db8::11/64']}]
    routes: [{to: 10.20.0.0/16, via: 192.0.2.12}]
    networks:
      - cniVersion: 1.0.0
        name: net
        type: bridge
        bridge: br0
        isDefaultGateway: true
        ipMasq: true
        ipam: {type: host-local, ranges: [[{subnet: 10.1.0.0/24}], [{subnet: 'fd00:1::/64'}]]}
    pods: [${pods.map((name) => `{name: ${name}, attachments: [{network: net}]}`).join(', ')}]
  - name: node2
    interfaces: [{name: eth0, segment: lan, addresses: [192.0.2.12/24]}]
`;

describe('the live state', () => {
  test('stays equal to the kernel while a lab is changed', async () => {
    const box = await openBox();
    await box.apply(lab(['a', 'b']));
    await expectStateLikeKernel(box);
    await box.apply(lab(['b', 'c']));
    await expectStateLikeKernel(box);
    await box.apply(lab([]).replace('192.0.2.11/24', '192.0.2.111/24'));
    await expectStateLikeKernel(box);
  });

  test('follows what somebody does by hand', async () => {
    const box = await openBox();
    await box.apply(lab(['a']));
    const steps: [target: string, script: string][] = [
      [
        'node1',
        'ip link add dum0 type bridge; ip link set dum0 up; ip addr add 10.9.0.1/24 dev dum0',
      ],
      [
        'node1',
        'ip link add v0 type veth peer name v1; ip link set v1 master dum0 up; ip link set v0 up',
      ],
      ['node1', 'bridge link set dev v1 hairpin on isolated on; ip link set v0 alias "a cable"'],
      ['node1', 'ip route add 10.8.0.0/16 via 10.9.0.2; ip route add 10.7.0.0/16 dev v0 table 77'],
      ['node1', 'ip route replace 10.8.0.0/16 via 10.9.0.3; ip route add unreachable 10.6.0.0/16'],
      [
        'node1',
        'ip -6 route add 2001:db8:1::/48 via 2001:db8::12; ip -6 route add blackhole fd09::/16',
      ],
      ['node1', 'ip -6 route replace 2001:db8:1::/48 via 2001:db8::13'],
      ['node1', 'ip addr add 10.5.0.1 peer 10.5.0.2/32 dev v0; ip addr add 10.9.0.4/24 dev dum0'],
      ['node1', 'ip addr del 10.9.0.1/24 dev dum0'],
      ['node1', 'ip link set dum0 down'],
      [
        'node1',
        'ip link set dum0 up; ip link set v0 name renamed mtu 1400 address 02:00:00:00:00:09',
      ],
      ['node1', 'ip link set eth0 down'],
      ['node1', 'ip link set eth0 up'],
      ['node1/a', 'ip addr flush dev eth0; ip addr add 10.1.0.77/24 dev eth0; ip link set lo down'],
      [
        'node1',
        'ip netns add extra; ip link set renamed netns extra; ip netns exec extra ip link set renamed up',
      ],
    ];
    for (const [target, script] of steps) {
      await box.sh(target, script);
      await expectStateLikeKernel(box);
    }
    await eventually(() => expect(box.state().namespaces['node1/extra']?.kind).toBe('foreign'));
    await box.sh(
      'node1/extra',
      'ip addr add 10.4.0.1/24 dev renamed; ip route add default via 10.4.0.2',
    );
    await expectStateLikeKernel(box);
    await box.sh('node1', 'ip netns del extra; ip link del dum0');
    await eventually(() => expect(box.state().namespaces).not.toHaveProperty('node1/extra'));
    await expectStateLikeKernel(box);
  });

  test('has routing policies, queues and what bridges learnt', async () => {
    const box = await openBox();
    await box.apply(lab(['a', 'b']));
    await box.sh(
      'node1',
      `ip rule add from 10.1.0.2 lookup 7 priority 100
       ip -6 rule add not fwmark 0x4000/0x4000 blackhole priority 200
       tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms
       tc qdisc add dev eth0 ingress
       ip route add blackhole 198.51.100.0/24
       ip route add 198.18.0.0/24 nexthop via 192.0.2.12 nexthop via 192.0.2.13`,
    );
    await box.sh('node1/a', 'ping -c 1 10.1.0.1');
    await expectStateLikeKernel(box);
    const { policies, qdiscs, fdb, links } = box.state().namespaces['node1'] ?? {};
    expect(policies?.map(({ match }) => match)).toEqual([
      'from 10.1.0.2',
      'not from all fwmark 0x4000/0x4000',
    ]);
    expect(qdiscs?.map(({ kind, settings }) => [kind, settings?.['rate']])).toMatchObject([
      ['tbf', expect.anything()],
      ['ingress', undefined],
    ]);
    expect(fdb?.length).toBeGreaterThan(0);
    expect(links?.find(({ name }) => name === 'br0')?.settings).toMatchObject({ stpState: 0 });
    await box.sh('node1', 'ip rule del priority 100; tc qdisc del dev eth0 root; ip link del br0');
    await expectStateLikeKernel(box);
  });

  test('knows a link again under another name and in another namespace', async () => {
    const box = await openBox();
    await box.apply(lab(['a', 'b']));
    const identities = () =>
      Object.values(box.state().namespaces).flatMap((namespace) =>
        namespace.links
          .filter(({ name }) => /^w[023]$/.test(name))
          .map((link) => `${linkIdentity(namespace.id, link)} is ${namespace.id}/${link.name}`),
      );
    await box.sh('node1', 'ip link add w0 type veth peer name w1');
    const [born = ''] = identities();
    const id = born.split(' ')[0];
    await box.sh('node1', 'ip link set w0 name w2');
    expect(identities()).toEqual([`${id} is node1/w2`]);
    await box.sh('node1', 'ip link set w2 netns a name w3');
    await eventually(() => expect(identities()).toEqual([`${id} is node1/a/w3`]));
    expect(box.changes).toContainEqual({
      event: 'link.move',
      namespace: 'node1',
      index: expect.any(Number),
      name: 'w2',
      to: { namespace: 'node1/a', index: expect.any(Number) },
    });
    await expectStateLikeKernel(box);
  });

  test('recovers from more changes at once than the kernel queues', async () => {
    const box = await openBox();
    await box.apply(lab(['a']));
    const agent = await agentPid(box, 'node1');
    const script = `
      ip link add big type bridge
      ip link set big up
      for i in $(seq 1 4000); do
        echo "link set big mtu $((1000 + i % 400))"
        echo "address add 10.$((100 + i / 250)).$((i % 250)).1/24 dev big"
      done > /tmp/batch
      kill -STOP ${agent}
      ip -batch /tmp/batch
      kill -CONT ${agent}`;
    await box.sh('node1', script);
    await eventually(() =>
      expect(
        box.changes.some(
          (change) => change.event === 'namespace.sync' && change.state.id === 'node1',
        ),
      ).toBe(true),
    );
    await expectStateLikeKernel(box);
    await box.sh('node1', 'ip link del big');
    await expectStateLikeKernel(box);
    expect((await box.apply(lab(['a', 'b']))).ok).toBe(true);
    await expectStateLikeKernel(box);
  });

  test('has all that a command did before it tells the end of the command', async () => {
    const box = await openBox();
    await box.apply(lab([]));
    for (let i = 0; i < 20; i++) {
      await box.sh('node2', `ip link add name x${i} type bridge`);
      const names = box.state().namespaces.node2?.links.map((link) => link.name);
      expect(names).toContain(`x${i}`);
    }
  });
});
