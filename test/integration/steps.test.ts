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
             ipam: {type: host-local, subnet: 10.1.0.0/24}, dns: {nameservers: [10.1.0.53]}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods: [${pods}]
`;
const web =
  '{name: web, attachments: [{network: net, capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}}]}';

test('each step of an operation shows what went in and what came out', async () => {
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
