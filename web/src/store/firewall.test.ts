import type { Table } from '@cnilab/shared/live/firewall';
import { emptyLists, type Namespace } from '@cnilab/shared/live/namespace';
import { expect, test } from 'vitest';
import {
  callersByChain,
  firewallChanges,
  orderedChains,
  orderedTables,
  podsByAddress,
  shortCount,
} from './firewall.ts';

const table = (rules: [number, string, number][], name = 'nat'): Table => ({
  backend: 'nf_tables',
  syntax: 'iptables',
  family: 'ip',
  name,
  chains: [
    {
      name: 'POSTROUTING',
      policy: 'ACCEPT',
      packets: 0,
      bytes: 0,
      rules: rules.map(([id, text, packets]) => ({ id, text, packets, bytes: 0 })),
    },
  ],
});

test('new rules and rules that counted are told apart; equal rules are kept apart', () => {
  const before = [
    table([
      [1, '-A X -j A', 1],
      [2, '-A X -j A', 1],
    ]),
  ];
  const after = [
    table([
      [3, '-A X -j B', 0],
      [1, '-A X -j A', 1],
      [2, '-A X -j A', 2],
    ]),
  ];
  expect([...firewallChanges(before, after)]).toEqual([
    ['nf_tables ip nat 3', 'new'],
    ['nf_tables ip nat 2', 'counted'],
  ]);
});

test('the first reading changes nothing', () => {
  expect(firewallChanges(undefined, [table([[1, '-A X', 1]])]).size).toBe(0);
});

test('tables and chains come in the order in which a packet meets them', () => {
  expect(
    orderedTables([table([], 'filter'), table([], 'nat'), table([], 'raw')]).map((t) => t.name),
  ).toEqual(['raw', 'nat', 'filter']);
  const chain = (name: string, policy?: string, text?: string) => ({
    name,
    packets: 0,
    bytes: 0,
    rules: text ? [{ id: 1, text, packets: 0, bytes: 0 }] : [],
    ...(policy ? { policy } : {}),
  });
  const chains = [
    chain('UNUSED'),
    chain('SECOND'),
    chain('FIRST', undefined, '-A FIRST -j SECOND'),
    chain('POSTROUTING', 'ACCEPT'),
    chain('PREROUTING', 'ACCEPT', '-A PREROUTING -m x -j FIRST'),
  ];
  expect(orderedChains({ ...table([]), chains }).map(({ name }) => name)).toEqual([
    'PREROUTING',
    'FIRST',
    'SECOND',
    'POSTROUTING',
    'UNUSED',
  ]);
});

test('a chain knows where it is called from, in the words of both programs', () => {
  const nat = table([
    [1, '-A POSTROUTING -s 10.0.0.1 -j CNI-1', 0],
    [2, 'ip saddr 10.0.0.1 jump OWN', 0],
  ]);
  expect(callersByChain(nat).get('CNI-1')).toEqual(['POSTROUTING']);
  expect(callersByChain(nat).get('OWN')).toEqual(['POSTROUTING']);
  expect(callersByChain(nat).get('CNI')).toBeUndefined();
});

test('pods are found by their addresses, those of other hosts not', () => {
  const pod = (id: string, host: string, address: string): Namespace => ({
    ...{ id, kind: 'pod', host },
    ...emptyLists(),
    addresses: [{ index: 2, family: 4, address, prefix: 24, scope: 'global' }],
  });
  const namespaces = {
    'node1/web': pod('node1/web', 'node1', '10.1.0.2'),
    'node2/db': pod('node2/db', 'node2', '10.1.0.2'),
  };
  expect([...podsByAddress(namespaces, 'node1')]).toEqual([['10.1.0.2', 'web']]);
});

test.each([
  [0, '0'],
  [9999, '9999'],
  [12_345, '12 k'],
  [1_234_567, '1.2 M'],
  [5_000_000_000, '5.0 G'],
])('%d is shown as %s', (count, text) => {
  expect(shortCount(count)).toBe(text);
});
