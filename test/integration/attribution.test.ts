import { describe, expect, test } from 'vitest';
import type { Operation } from '@cnilab/shared/live/operation';
import { eventually, openBox, type TestBox } from './support/box.ts';

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

const rulesOf = (box: TestBox): string => JSON.stringify(box.state().namespaces['node1']?.tables);
const isRule = /^(table|chain|rule)\.(new|del) node1 /;

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
        'table.new node1 ip nat',
        'chain.new node1 ip nat POSTROUTING',
        // What raises no event of netlink's, or only one that says little.
        'sysctl.change node1 net.ipv4.ip_forward = 1',
        'file.new node1 /var/lib/cni/networks/net/10.1.0.2',
      ]),
    );
    // portmap writes rules, no more that is told.
    expect(kernelOf(add, 'portmap')).toContain('chain.new node1 ip nat CNI-HOSTPORT-DNAT');
    expect(kernelOf(add, 'portmap').filter((change) => !isRule.test(change))).toEqual([]);
    const all = add?.steps.flatMap(({ kernel }) => kernel) ?? [];
    expect(all.filter(({ shared }) => shared)).toEqual([]);

    const second = await box.apply(lab([pod('a', 8080), pod('b', 9090)]));
    const [addOther] = second.operations;
    const made = kernelOf(addOther, 'bridge');
    expect(made).toContain('link.new node1/b eth0');
    expect(made.filter((change) => change.includes('node1/a'))).toEqual([]);
    expect(made).not.toContain('link.new node1 br0');

    await eventually(() => expect(rulesOf(box)).toContain('--to-destination 10.1.0.2:80'));
    const removed = await box.apply(lab([pod('b', 9090)]));
    const [del] = removed.operations;
    expect(del?.steps.map(({ plugin }) => plugin)).toEqual(['portmap', 'bridge']);
    expect(kernelOf(del, 'portmap').filter((change) => !isRule.test(change))).toEqual([]);
    expect(kernelOf(del, 'portmap')).toContainEqual(
      expect.stringMatching(/^rule\.del node1 -A CNI-DN-\w+ .*--to-destination 10\.1\.0\.2:80$/),
    );
    expect(kernelOf(del, 'bridge')).toEqual(
      expect.arrayContaining([
        'link.del node1/a eth0',
        'file.del node1 /var/lib/cni/networks/net/10.1.0.2',
        expect.stringMatching(/^link\.del node1 VETH/),
        expect.stringMatching(/^rule\.del node1 -A POSTROUTING -s 10\.1\.0\.2\/32 /),
      ]),
    );
  });

  test('learns a little later what its rules say, and what the kernel did by itself because of it', async () => {
    const box = await openBox();
    await box.apply(lab([pod('a', 8080)]));
    await eventually(() => {
      const [add] = box.state().operations;
      expect(kernelOf(add, 'portmap')).toContainEqual(
        expect.stringMatching(/^rule\.new node1 -A CNI-DN-\w+ .*--to-destination 10\.1\.0\.2:80$/),
      );
      const kernel = add?.steps.find(({ plugin }) => plugin === 'bridge')?.kernel ?? [];
      expect(kernel.filter(({ late }) => late)).toContainEqual({
        event: 'address.new',
        namespace: 'node1',
        name: expect.stringMatching(/^fe80::.* dev br0$/),
        late: true,
      });
    });
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
