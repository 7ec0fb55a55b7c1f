import { parseLab } from '@cnilab/shared/lab/parse';
import type { Lab } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import {
  emptyLists,
  type Address,
  type Link,
  type Namespace,
  type NamespaceInfo,
} from '@cnilab/shared/live/namespace';

/** Labs and snapshots for tests, written the way the kernel tells them. */

export function labOf(text: string): Lab {
  const { lab, diagnostics } = parseLab(text);
  if (!lab) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return lab;
}

export const link = (
  index: number,
  name: string,
  kind: string,
  rest: Partial<Link> = {},
): Link => ({
  index,
  name,
  kind,
  mtu: 1500,
  up: true,
  state: 'UP',
  mac: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
  ...rest,
});

export const address = (index: number, cidr: string): Address => {
  const [text = '', prefix = ''] = cidr.split('/');
  return {
    index,
    family: text.includes(':') ? 6 : 4,
    address: text,
    prefix: Number(prefix),
    scope: 'global',
  };
};

export const namespace = (
  id: string,
  kind: NamespaceInfo['kind'],
  links: Link[],
  rest: Partial<Namespace> = {},
): Namespace => ({
  id,
  kind,
  ...(kind === 'segments' ? {} : { host: id.split('/')[0] ?? '' }),
  ...emptyLists(),
  links: [link(1, 'lo', 'loopback', { state: 'UNKNOWN' }), ...links],
  ...rest,
});

export const snapshot = (namespaces: Namespace[], rest: Partial<Snapshot> = {}): Snapshot => ({
  seq: 1,
  run: 'r1',
  state: 'running',
  elements: {},
  namespaces: Object.fromEntries(namespaces.map((item) => [item.id, item])),
  operations: [],
  ...rest,
});

export const portMapLab = `
cnilab: 1
name: port-mapped-web
segments: [{name: lan}]
hosts:
  - name: node1
    interfaces: [{name: eth0, segment: lan, addresses: [192.0.2.11/24]}]
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - {type: bridge, bridge: mynet0, isGateway: true, ipam: {type: host-local, subnet: 10.10.0.0/16}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods:
      - name: web
        attachments:
          - network: mynet
            capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}
  - name: client
    interfaces: [{name: eth0, segment: lan, addresses: [192.0.2.50/24]}]
`;

/** `portMapLab` as it runs. */
export const portMapLive = (change: { vethMaster?: number | undefined } = { vethMaster: 3 }) =>
  snapshot(
    [
      namespace('', 'segments', [
        link(2, 'lan', 'bridge'),
        link(3, 'p1', 'veth', { master: 2, link: 2, linkNamespace: 'node1' }),
        link(4, 'p2', 'veth', { master: 2, link: 2, linkNamespace: 'client' }),
      ]),
      namespace(
        'node1',
        'host',
        [
          link(2, 'eth0', 'veth', { link: 3, linkNamespace: '' }),
          link(3, 'mynet0', 'bridge'),
          link(4, 'veth1a2b', 'veth', {
            ...(change.vethMaster === undefined ? {} : { master: change.vethMaster }),
            link: 2,
            linkNamespace: 'node1/web',
          }),
        ],
        { addresses: [address(2, '192.0.2.11/24'), address(3, '10.10.0.1/16')] },
      ),
      namespace(
        'node1/web',
        'pod',
        [link(2, 'eth0', 'veth', { link: 4, linkNamespace: 'node1' })],
        { addresses: [address(2, '10.10.0.2/16')] },
      ),
      namespace('client', 'host', [link(2, 'eth0', 'veth', { link: 4, linkNamespace: '' })], {
        addresses: [address(2, '192.0.2.50/24')],
      }),
    ],
    {
      elements: Object.fromEntries(
        [
          'segment:lan',
          'host:node1',
          'host:client',
          'interface:node1/eth0',
          'interface:client/eth0',
          'network:node1/mynet',
          'pod:node1/web',
          'attachment:node1/web/eth0',
        ].map((id) => [id, { state: 'up' as const }]),
      ),
    },
  );
