import { expect, test } from 'vitest';
import { changedElements } from './changes.ts';
import { buildGraph } from './graph.ts';
import { address, labOf, link, portMapLab, portMapLive } from './testLabs.ts';

test('events light up what shows the object that they speak of, folded cables included', () => {
  const live = portMapLive();
  const graph = buildGraph(labOf(portMapLab), live);
  const at = { seq: 1, time: 0 };
  const changed = changedElements(
    graph,
    [
      { event: 'link.change', namespace: 'node1', link: link(4, 'veth1a2b', 'veth'), ...at },
      { event: 'address.new', namespace: 'node1', address: address(3, '10.10.0.1/16'), ...at },
      { event: 'element.state', element: 'pod:node1/web', state: { state: 'up' }, ...at },
      { event: 'link.new', namespace: 'node1', link: link(8, 'unseen', 'dummy'), ...at },
    ],
    live,
  );
  expect([...changed]).toEqual([
    'edge:attachment:node1/web/eth0',
    'network:node1/mynet',
    'pod:node1/web',
  ]);
});
