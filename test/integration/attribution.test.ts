import { describe, expect, test } from 'vitest';
import type { Operation } from '@cnilab/shared/live/operation';
import { openBox } from './support/box.ts';

const lab = (pods: string[]) => `
cnilab: 1
name: attributed
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: net
        plugins:
          - {type: bridge, bridge: br0, isDefaultGateway: true, ipMasq: true,
             ipam: {type: host-local, subnet: 10.1.0.0/24}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods: [${pods.join(', ')}]
`;
const pod = (name: string, port: number) =>
  `{name: ${name}, attachments: [{network: net, capabilities: {portMappings: [{hostPort: ${port}, containerPort: 80, protocol: tcp}]}}]}`;

/** `link.new node1 br0`, once each, with the veth's random name as VETH. */
function kernelOf(operation: Operation | undefined, plugin: string): string[] {
  const result: { interfaces: { name: string }[] } = JSON.parse(
    operation?.result ?? '{"interfaces":[]}',
  );
  const veth = result.interfaces.find(({ name }) => name.startsWith('veth'))?.name ?? 'veth';
  const kernel = operation?.steps.find((step) => step.plugin === plugin)?.kernel ?? [];
  return [
    ...new Set(
      kernel.map(
        ({ event, namespace, name }) => `${event} ${namespace} ${name.replace(veth, 'VETH')}`,
      ),
    ),
  ];
}

describe('each step of an operation', () => {
  test('names what it made in the kernel, and a later one what it took away', async () => {
    const box = await openBox();
    const added = await box.apply(lab([pod('a', 8080)]));
    const [add] = added.operations;
    expect(kernelOf(add, 'bridge')).toEqual(
      expect.arrayContaining([
        'link.new node1 br0',
        'address.new node1 10.1.0.1/24 dev br0',
        'link.new node1 VETH',
        'link.new node1/a eth0',
        'address.new node1/a 10.1.0.2/24 dev eth0',
        'route.new node1/a default via 10.1.0.1 dev eth0',
        'firewall.change node1 iptables',
      ]),
    );
    // portmap writes rules and a sysctl, no more.
    expect(kernelOf(add, 'portmap')).toEqual(['firewall.change node1 iptables']);
    const all = add?.steps.flatMap(({ kernel }) => kernel) ?? [];
    expect(all.filter(({ shared }) => shared)).toEqual([]);

    const second = await box.apply(lab([pod('a', 8080), pod('b', 9090)]));
    const [addOther] = second.operations;
    const made = kernelOf(addOther, 'bridge');
    expect(made).toContain('link.new node1/b eth0');
    expect(made.filter((change) => change.includes('node1/a'))).toEqual([]);
    expect(made).not.toContain('link.new node1 br0');

    const removed = await box.apply(lab([pod('b', 9090)]));
    const [del] = removed.operations;
    expect(del?.steps.map(({ plugin }) => plugin)).toEqual(['portmap', 'bridge']);
    expect(kernelOf(del, 'portmap')).toEqual(['firewall.change node1 iptables']);
    expect(kernelOf(del, 'bridge')).toEqual(
      expect.arrayContaining([
        'link.del node1/a eth0',
        expect.stringMatching(/^link\.del node1 VETH/),
        'firewall.change node1 iptables',
      ]),
    );
  });

  test('marks what on a host may be the work of another step that ran there at the same time', async () => {
    const box = await openBox();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const { operations } = await box.apply(
      lab(names.map((name, index) => pod(name, 8080 + index))),
    );
    expect(operations.map(({ ok }) => ok)).toEqual(names.map(() => true));
    for (const { pod: name, steps } of operations) {
      const inPods = steps
        .flatMap(({ kernel }) => kernel)
        .filter(({ namespace }) => namespace.includes('/'));
      // In a pod nothing is ever shared: one operation runs there at a time.
      expect(new Set(inPods.map(({ namespace }) => namespace))).toEqual(new Set([`node1/${name}`]));
      expect(inPods.filter(({ shared }) => shared)).toEqual([]);
    }
    // Each veth is claimed without doubt by the step that made it, and by no other one.
    for (const operation of operations) {
      const result: { interfaces: { name: string }[] } = JSON.parse(operation.result ?? '{}');
      const veth = result.interfaces.find(({ name }) => name.startsWith('veth'))?.name;
      const claims = operations.filter(({ steps }) =>
        steps.some(({ kernel }) =>
          kernel.some(
            ({ event, name, shared }) => event === 'link.new' && name === veth && !shared,
          ),
        ),
      );
      expect(claims.map(({ pod: name }) => name)).toEqual([operation.pod]);
    }
  });
});
