import { expect, test } from 'vitest';
import { packetPath } from '../store/probePath.ts';
import { buildGraph } from './graph.ts';
import { pathEdges } from './path.ts';
import { labOf, portMapLab, portMapLive } from './testLabs.ts';

const graph = buildGraph(labOf(portMapLab), portMapLive());

test('a packet from a client to a pod runs along the segment and the bridge, each edge once', () => {
  const links = [
    'link:client/eth0',
    'link:/p2',
    'link:/lan',
    'link:/p1',
    'link:node1/eth0',
    'link:node1/mynet0',
    'link:node1/veth1a2b',
    'link:node1/web/eth0',
  ];
  expect(pathEdges(graph, links)).toEqual([
    { edge: 'edge:wire:interface:client/eth0', reverse: false },
    { edge: 'edge:wire:interface:node1/eth0', reverse: true },
    { edge: 'edge:attachment:node1/web/eth0', reverse: true },
  ]);
});

test('links that nothing shows, and ways that never leave an interface, have no edges', () => {
  expect(pathEdges(graph, [])).toEqual([]);
  expect(pathEdges(graph, ['link:node1/eth0'])).toEqual([]);
  expect(pathEdges(graph, ['link:nowhere/a', 'link:nowhere/b'])).toEqual([]);
});

test('the way that the store finds through the kernel’s routes is one the canvas can show', () => {
  const live = portMapLive();
  const host = live.namespaces['node1'];
  host?.routes.push({
    family: 4,
    table: 254,
    type: 'unicast',
    to: '10.10.0.0/16',
    dev: 3,
    scope: 'link',
    protocol: 'kernel',
    metric: 0,
  });
  const { links } = packetPath(live, 'node1', '10.10.0.2', undefined);
  expect(pathEdges(graph, links)).toEqual([
    { edge: 'edge:attachment:node1/web/eth0', reverse: true },
  ]);
});
