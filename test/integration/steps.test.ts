import { expect, test } from 'vitest';
import { openBox } from './support/box.ts';

const lab = (pods: string) => `
cnilab: 1
name: steps
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: net
        plugins:
          - {type: bridge, bridge: net0, isDefaultGateway: true,
             ipam: {type: host-local, subnet: 10.1.0.0/24}, dns: {nameservers: [10.1.0.53], search: [lab.example]}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods: [${pods}]
`;
const web =
  '{name: web, attachments: [{network: net, capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}}]}';

test('each step of an operation shows what went in, what came out, and what the kernel gained by it', async () => {
  const box = await openBox();
  const { operations } = await box.apply(lab(web));
  expect(operations).toHaveLength(1);
  const [bridge, portmap] = operations[0]?.steps ?? [];

  expect(bridge?.env).toMatchObject({
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'web',
    CNI_NETNS: '/run/netns/web',
    CNI_IFNAME: 'eth0',
  });
  expect(JSON.parse(bridge?.stdin ?? '')).toMatchObject({ name: 'net', cniVersion: '1.0.0' });
  const result: unknown = JSON.parse(bridge?.stdout ?? '');
  expect(JSON.parse(portmap?.stdin ?? '')).toMatchObject({
    prevResult: result,
    runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] },
  });

  const made = (bridge?.kernel ?? []).map((item) => `${item.event} ${item.namespace} ${item.name}`);
  expect(made).toEqual(
    expect.arrayContaining([
      'link.new node1 net0',
      'link.new node1/web eth0',
      'address.new node1 10.1.0.1/24 dev net0',
      'address.new node1/web 10.1.0.2/24 dev eth0',
      'route.new node1/web default via 10.1.0.1 dev eth0',
    ]),
  );
  expect((bridge?.kernel ?? []).filter(({ shared }) => shared)).toEqual([]);
  const rules = (portmap?.kernel ?? []).map(({ event, namespace }) => `${event} ${namespace}`);
  expect(new Set(rules)).toEqual(new Set(['firewall.change node1']));
});

test('a pod resolves names by the DNS part of its result', async () => {
  const box = await openBox();
  await box.apply(lab(web));
  expect(await box.sh('node1/web', 'cat /etc/resolv.conf')).toBe(
    'search lab.example\nnameserver 10.1.0.53',
  );
});

test('a pod has a name, a path and a /sys of its own', async () => {
  const box = await openBox();
  await box.apply(lab(web));
  expect(await box.sh('node1/web', 'hostname; cat /etc/hostname; ls /sys/class/net')).toBe(
    'web\nweb\neth0\nlo',
  );
  expect(await box.sh('node1/web', 'command -v ip; echo $PATH')).toMatch(/\/usr\/sbin/);
  expect(await box.sh('node1', 'hostname')).toBe('node1');
});

test('pods of one network get their addresses in the order of the file', async () => {
  const box = await openBox();
  const names = ['zoe', 'max', 'eva', 'ben', 'ida', 'tom', 'kim', 'leo'];
  const pods = names.map((name) => `{name: ${name}, attachments: [{network: net}]}`);
  const { operations } = await box.apply(lab(pods.join(', ')));
  const address = ({ result = '' }: { result?: string | undefined }) =>
    /"address":"10\.1\.0\.([0-9]+)\//.exec(result)?.[1];
  const byPod = Object.fromEntries(operations.map((item) => [item.pod, address(item)]));
  expect(names.map((name) => byPod[name])).toEqual(names.map((_, i) => String(i + 2)));
});
