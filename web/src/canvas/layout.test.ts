import { describe, expect, test } from 'vitest';
import { shift, touches } from './geometry.ts';
import { buildGraph } from './graph.ts';
import { familyOf } from './hostLayout.ts';
import { absolutePlace, completePlaces, contentBox, idealPlaces } from './layout.ts';
import type { Graph } from './model.ts';
import { storedPlaces } from './positions.ts';
import { labOf, portMapLab } from './testLabs.ts';

const bigLab = (pods: number) =>
  labOf(`
cnilab: 1
name: big
hosts:
  - name: node1
    networks: [{cniVersion: 1.0.0, name: n, type: bridge, bridge: br0}]
    pods:
${Array.from({ length: pods }, (_, at) => `      - {name: p${at}, attachments: [{network: n}]}`).join('\n')}
`);

/** Pairs of leaf nodes that lie over each other. */
function overlaps(graph: Graph, places: ReadonlyMap<string, { x: number; y: number }>): string[] {
  const leaves = [...graph.nodes.values()]
    .filter(({ kind }) => !['host', 'pod', 'foreign', 'portmap'].includes(kind))
    .map((node) => ({ ...node, ...absolutePlace(graph, places, node.id) }));
  return leaves.flatMap((a, at) =>
    leaves.slice(at + 1).flatMap((b) => (touches(a, b, 0) ? [`${a.id} ${b.id}`] : [])),
  );
}

describe('the ideal arrangement', () => {
  test('is the same each time, places every node, and lets nothing overlap', () => {
    for (const lab of [labOf(portMapLab), bigLab(1), bigLab(7), bigLab(200)]) {
      const graph = buildGraph(lab, undefined);
      const places = idealPlaces(graph);
      const unplaced = [...graph.nodes.values()].filter(
        ({ id, kind }) => kind !== 'portmap' && !places.has(id),
      );
      expect(unplaced).toEqual([]);
      expect(overlaps(graph, places)).toEqual([]);
      expect([...idealPlaces(buildGraph(lab, undefined))]).toEqual([...places]);
    }
  });

  test('keeps hosts apart', () => {
    const graph = buildGraph(labOf(portMapLab), undefined);
    const places = idealPlaces(graph);
    const family = familyOf(graph);
    const frames = ['host:node1', 'host:client'].flatMap((id) => {
      const node = graph.nodes.get(id);
      return node
        ? [shift(contentBox(node, family, places), absolutePlace(graph, places, id))]
        : [];
    });
    const [a, b] = frames;
    expect(a && b && touches(a, b, 40)).toBe(false);
  });
});

describe('completing an arrangement', () => {
  test('moves nothing that has a place, and puts what is new clear of the rest', () => {
    const before = completePlaces(buildGraph(bigLab(5), undefined), new Map());
    const graph = buildGraph(bigLab(9), undefined);
    const after = completePlaces(graph, before);
    for (const [id, at] of before) expect(after.get(id)).toEqual(at);
    expect(after.size).toBeGreaterThan(before.size);
    expect(overlaps(graph, after)).toEqual([]);
  });

  test('follows a network that somebody moved', () => {
    const first = buildGraph(bigLab(1), undefined);
    const places = completePlaces(first, new Map());
    places.set('network:node1/n', { x: 1000, y: 500 });
    const after = completePlaces(buildGraph(bigLab(2), undefined), places);
    expect(after.get('pod:node1/p1')?.x).toBeGreaterThan(800);
  });

  test('forgets what is gone', () => {
    const places = completePlaces(buildGraph(bigLab(2), undefined), new Map());
    const after = completePlaces(buildGraph(bigLab(1), undefined), places);
    expect(after.has('pod:node1/p1')).toBe(false);
  });

  test('takes positions from the document', () => {
    const lab = labOf(
      `${portMapLab}view: {positions: {"host:client": {x: 900, y: -40}, bad: 1}}\n`,
    );
    const stored = storedPlaces(lab);
    expect([...stored]).toEqual([['host:client', { x: 900, y: -40 }]]);
    const places = completePlaces(buildGraph(lab, undefined), stored);
    expect(places.get('host:client')).toEqual({ x: 900, y: -40 });
    expect(places.has('host:node1')).toBe(true);
  });
});
