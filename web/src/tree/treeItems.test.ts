import { parseLab } from '@cnilab/shared/lab/parse';
import { emptySnapshot } from '@cnilab/shared/live/reducer';
import { expect, test } from 'vitest';
import { branchIds, treeItems, type TreeEntry } from './treeItems.ts';

const { lab } = parseLab(`cnilab: 1
name: lab
segments: [{name: lan}]
hosts:
  - name: node1
    interfaces: [{name: eth0, segment: lan, addresses: [192.0.2.11/24]}]
    networks:
      - {cniVersion: 1.0.0, name: mynet, plugins: [{type: bridge, bridge: mynet0}, {type: portmap}]}
    pods:
      - name: web
        attachments: [{network: mynet}]
        listen: [{protocol: http, port: 80}]
`);

const flat = (entries: TreeEntry[]): TreeEntry[] =>
  entries.flatMap((entry) => [entry, ...flat(entry.children)]);

test('the tree has every element of the design, in the order of the file', () => {
  expect(flat(treeItems(lab, undefined)).map(({ id }) => id)).toEqual([
    'segment:lan',
    'host:node1',
    'interface:node1/eth0',
    'network:node1/mynet',
    'pod:node1/web',
    'attachment:node1/web/eth0',
    'listen:node1/web/0',
  ]);
  expect(branchIds(treeItems(lab, undefined))).toEqual(['host:node1', 'pod:node1/web']);
});

test('states and reasons stand at their element, and what only the kernel has is listed', () => {
  const link = { mtu: 1500, up: true, state: 'UP' };
  const live = {
    ...emptySnapshot('run'),
    elements: {
      'host:node1': { state: 'up' as const },
      'attachment:node1/web/eth0': { state: 'failed' as const, error: 'no range left' },
    },
    namespaces: {
      node1: {
        id: 'node1',
        kind: 'host' as const,
        addresses: [],
        routes: [],
        neighbours: [],
        policies: [],
        fdb: [],
        qdiscs: [],
        tables: [],
        links: [
          { ...link, index: 1, name: 'lo', kind: 'loopback' },
          { ...link, index: 2, name: 'eth0', kind: 'veth' },
          { ...link, index: 3, name: 'mynet0', kind: 'bridge' },
          { ...link, index: 4, name: 'odd', kind: 'dummy', up: false },
        ],
      },
    },
    operations: [
      {
        id: 1,
        op: 'ADD' as const,
        host: 'node1',
        pod: 'web',
        network: 'mynet',
        interface: 'eth0',
        started: 0,
        done: true,
        ok: false,
        ms: 1,
        error: null,
        steps: [
          {
            plugin: 'bridge',
            env: {},
            stdin: '',
            stdout: '',
            stderr: '',
            exit: 1,
            ms: 1,
            kernel: [{ event: 'link.new', namespace: 'node1', name: 'mynet0' }],
          },
        ],
      },
    ],
  };
  const items = flat(treeItems(lab, live));
  const find = (id: string) => items.find((item) => item.id === id);
  expect(find('host:node1')?.standing).toBe('up');
  expect(find('attachment:node1/web/eth0')).toMatchObject({
    standing: 'failed',
    error: 'no range left',
  });
  expect(
    items.filter(({ kind }) => kind === 'link').map(({ label, detail }) => [label, detail]),
  ).toEqual([
    ['mynet0', 'bridge, made by bridge'],
    ['odd', 'dummy down, not in the design'],
  ]);
});
