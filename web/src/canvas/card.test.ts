import { expect, test } from 'vitest';
import { cardOf } from './card.ts';
import { buildGraph } from './graph.ts';
import { labOf, portMapLab, portMapLive } from './testLabs.ts';

const lab = labOf(portMapLab);
const live = portMapLive();
const graph = buildGraph(lab, live);

test('an interface tells address, MAC, MTU, state and segment', () => {
  const card = cardOf(graph, lab, live, 'interface:node1/eth0');
  expect(card).toMatchObject({ title: 'eth0', kind: 'uplink', stateText: 'up' });
  expect(card?.sections[0]?.rows).toEqual([
    ['Address', '192.0.2.11/24'],
    ['MAC', '02:00:00:00:00:02'],
    ['MTU', '1500'],
    ['State', 'UP'],
    ['Segment', 'lan'],
  ]);
  expect(card?.sections[0]?.counters).toEqual({ namespace: 'node1', index: 2 });
});

test('a cable tells both of its ends', () => {
  const card = cardOf(graph, lab, live, 'edge:attachment:node1/web/eth0');
  expect(card?.sections.map(({ heading }) => heading)).toEqual([
    'node1/web eth0',
    'node1 veth1a2b',
  ]);
  expect(card?.sections[1]?.rows).toContainEqual(['Master', 'mynet0']);
});

test('a network tells its subnet before and after there is a bridge', () => {
  const planned = buildGraph(lab, undefined);
  for (const [of, state] of [
    [planned, undefined],
    [graph, live],
  ] as const) {
    const card = cardOf(of, lab, state, 'network:node1/mynet');
    expect(card?.sections[0]?.rows).toContainEqual(['Subnet', '10.10.0.0/16']);
  }
});

test('a segment tells what is plugged into it; what is not drawn has no card', () => {
  expect(cardOf(graph, lab, live, 'segment:lan')?.sections[0]?.rows).toEqual([
    ['Plugged in', 'node1 eth0, client eth0'],
  ]);
  expect(cardOf(graph, lab, live, 'pod:node1/none')).toBeUndefined();
});
