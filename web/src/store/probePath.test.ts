import type { Snapshot } from '@cnilab/shared/live/events';
import { emptyLists, type Link, type Namespace, type Route } from '@cnilab/shared/live/namespace';
import { emptySnapshot } from '@cnilab/shared/live/reducer';
import { expect, test } from 'vitest';
import { packetPath } from './probePath.ts';
import { whyProbeFails } from './probeReason.ts';

const link = (index: number, name: string, part: Partial<Link> = {}): Link => ({
  index,
  name,
  kind: 'veth',
  mtu: 1500,
  up: true,
  state: 'UP',
  ...part,
});
const address = (index: number, text: string, prefix: number) => ({
  index,
  family: 4 as const,
  address: text,
  prefix,
  scope: text.startsWith('127.') ? 'host' : 'global',
});
const route = (to: string, dev: number, via?: string): Route => ({
  family: 4,
  table: 254,
  type: 'unicast',
  to,
  dev,
  scope: via ? 'global' : 'link',
  protocol: 'boot',
  metric: 0,
  ...(via ? { via } : {}),
});
const namespace = (id: string, part: Partial<Namespace>): Namespace => ({
  id,
  kind: id === '' ? 'segments' : id.includes('/') ? 'pod' : 'host',
  ...emptyLists(),
  ...part,
});
const lo = link(1, 'lo', { kind: 'loopback' });

/** client – segment lan – node1 – bridge mynet0 – pod web, port 8080 of node1 leading to the pod. */
function lab(change: { bridgeAddress?: boolean; podRoutes?: Route[] } = {}): Snapshot {
  const { bridgeAddress = true } = change;
  const list = [
    namespace('', {
      links: [
        link(2, 'lan', { kind: 'bridge' }),
        link(3, 'p1', { master: 2, link: 2, linkNamespace: 'node1' }),
        link(4, 'p2', { master: 2, link: 2, linkNamespace: 'client' }),
      ],
    }),
    namespace('client', {
      links: [lo, link(2, 'eth0', { link: 4, linkNamespace: '' })],
      addresses: [address(1, '127.0.0.1', 8), address(2, '192.0.2.50', 24)],
      routes: [route('192.0.2.0/24', 2)],
    }),
    namespace('node1', {
      links: [
        lo,
        link(2, 'eth0', { link: 3, linkNamespace: '' }),
        link(3, 'mynet0', { kind: 'bridge' }),
        link(4, 'veth1', { master: 3, link: 2, linkNamespace: 'node1/web' }),
      ],
      addresses: [
        address(1, '127.0.0.1', 8),
        address(2, '192.0.2.11', 24),
        ...(bridgeAddress ? [address(3, '10.10.0.1', 16)] : []),
      ],
      routes: [route('192.0.2.0/24', 2), ...(bridgeAddress ? [route('10.10.0.0/16', 3)] : [])],
      tables: [
        {
          backend: 'nf_tables',
          syntax: 'iptables',
          family: 'ip',
          name: 'nat',
          chains: [
            {
              name: 'CNI-DN',
              packets: 0,
              bytes: 0,
              rules: [
                {
                  id: 1,
                  text: '-A CNI-DN -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.10.0.2:80',
                  packets: 0,
                  bytes: 0,
                },
              ],
            },
          ],
        },
      ],
    }),
    namespace('node1/web', {
      links: [lo, link(2, 'eth0', { link: 4, linkNamespace: 'node1' })],
      addresses: [address(1, '127.0.0.1', 8), address(2, '10.10.0.2', 16)],
      routes: change.podRoutes ?? [route('10.10.0.0/16', 2), route('default', 2, '10.10.0.1')],
    }),
  ];
  return {
    ...emptySnapshot('run'),
    state: 'running',
    namespaces: Object.fromEntries(list.map((item) => [item.id, item])),
  };
}

test('a packet to a mapped port goes over the segment, is translated, and reaches the pod', () => {
  const path = packetPath(lab(), 'client', '192.0.2.11', 8080);
  expect(path.links).toEqual([
    'link:client/eth0',
    'link:/p2',
    'link:/lan',
    'link:/p1',
    'link:node1/eth0',
    'link:node1/mynet0',
    'link:node1/veth1',
    'link:node1/web/eth0',
  ]);
  expect(path.arrives).toBe('node1/web');
});

test('another port of the host ends at the host', () => {
  expect(packetPath(lab(), 'client', '192.0.2.11', 8081).arrives).toBe('node1');
});

test('a pod reaches another network by way of its default gateway', () => {
  const path = packetPath(lab(), 'node1/web', '192.0.2.50', undefined);
  expect(path.arrives).toBe('client');
  expect(path.links).toContain('link:node1/eth0');
});

test('its own address is as near as can be', () => {
  expect(packetPath(lab(), 'node1', '127.0.0.1', undefined)).toEqual({
    links: [],
    arrives: 'node1',
  });
});

test('a missing route names the host that lacks it', () => {
  const { stops } = packetPath(lab(), 'client', '10.10.0.2', undefined);
  expect(stops).toEqual({ namespace: 'client', reason: 'client has no route to 10.10.0.2.' });
});

test('an address that nobody has is told from a missing route', () => {
  const path = packetPath(lab(), 'client', '192.0.2.99', undefined);
  expect(path.stops?.reason).toBe('Nobody answers for 192.0.2.99 behind eth0 of client.');
  expect(path.links).toEqual(['link:client/eth0']);
});

test('without a gateway address the mapped port is explained, also from the host itself', () => {
  const draft = { kind: 'http' as const, from: 'node1', to: '127.0.0.1', port: 8080 };
  expect(whyProbeFails(lab({ bridgeAddress: false }), draft)).toBe(
    'On the way there: node1 has no route to 10.10.0.2.',
  );
});

test('an answer that cannot come back is explained', () => {
  const draft = { kind: 'tcp' as const, from: 'client', to: '192.0.2.11', port: 8080 };
  const live = lab({ podRoutes: [route('10.10.0.0/16', 2)] });
  expect(whyProbeFails(live, draft)).toBe(
    'The answer cannot come back: node1/web has no route to 192.0.2.50.',
  );
});
