import { describe, expect, test } from 'vitest';
import { openBox } from './support/box.ts';

const lab = `
cnilab: 1
name: drifting
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: net0, isDefaultGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    interfaces: [{name: br1, type: bridge, addresses: [10.9.0.1/24]}]
    pods:
      - {name: a, attachments: [{network: net}], listen: [{protocol: http, port: 80}]}
      - {name: b, attachments: [{network: net}]}
checks:
  - {name: a reaches b, from: node1/a, ping: node1/b}
  - {name: b reaches the server of a, from: node1/b, http: "http://node1/a/"}
  - {name: the host's bridge is there, from: node1, interface: br1, expect: {addresses: [10.9.0.1/24]}}
`.replace('http://node1/a/', 'http://10.1.0.2/');

describe('deploying again mends what somebody damaged by hand', () => {
  test.each([
    ['the bridge of the network', 'ip link del net0', ['a', 'b']],
    [
      "a pod's cable",
      'ip link del "$(ip -o link show master net0 | head -1 | cut -d: -f2 | cut -d@ -f1 | tr -d " ")"',
      ['a'],
    ],
    ["a pod's address", 'ip netns exec b ip addr flush dev eth0', ['b']],
    ["the gateway's address", 'ip addr flush dev net0', ['a', 'b']],
    ['a bridge that is down', 'ip link set net0 down', ['a', 'b']],
    ["a pod's interface that is down", 'ip netns exec b ip link set eth0 down', ['b']],
    ["the host's files", 'rm -r /etc/cni /var/lib/cni', []],
    ["a pod's namespace", 'ip netns del a', ['a']],
    ['an interface of the host', 'ip link del br1', []],
  ])('%s', async (_what, damage, pods) => {
    const box = await openBox();
    expect(await box.apply(lab)).toMatchObject({ ok: true });
    await box.sh('node1', damage);

    const result = await box.apply(lab);
    expect(result).toMatchObject({ ok: true, failures: [] });
    const added = result.operations.filter(({ op }) => op === 'ADD').map(({ pod }) => pod);
    // Taking the first cable damages whichever pod got it; the count is what matters.
    expect(added).toHaveLength(pods.length);
    for (const check of await box.checks(lab.replace('10.1.0.2', await addressOf(box, 'a')))) {
      expect(check).toMatchObject({ ok: true });
    }
    expect((await box.apply(lab)).operations).toEqual([]);
  });
});

const addressOf = async (box: Awaited<ReturnType<typeof openBox>>, pod: string) =>
  (await box.sh(`node1/${pod}`, 'ip -4 -o addr show dev eth0')).replace(/.*inet ([\d.]+).*/s, '$1');
