import { describe, expect, test } from 'vitest';
import { buildConnection } from '../lab/buildItem.ts';
import { buildGraph } from './graph.ts';
import { linkAnswer, linkEnd, linkTargets } from './linkRules.ts';
import { labOf } from './testLabs.ts';

const text = `
cnilab: 1
name: rules
segments: [{name: lan}]
hosts:
  - name: a
    interfaces: [{name: br1, type: bridge}, {name: eth0, segment: lan}]
    networks:
      - {cniVersion: 1.0.0, name: n, type: bridge, bridge: n0, ipam: {type: host-local, subnet: 10.1.0.0/16}}
      - {cniVersion: 1.0.0, name: p, type: ptp, ipam: {type: host-local, subnet: 10.2.0.0/16}}
    pods: [{name: web}]
  - name: b
    pods: [{name: db}]
`;
const graph = buildGraph(labOf(text), undefined);
const ends = [...graph.nodes.values()].filter((node) => linkEnd(graph, node) === node);

describe('what can be joined', () => {
  test('is exactly what the connect command accepts', () => {
    const pairs = ends.flatMap((from) =>
      ends.filter((to) => to !== from).map((to) => [from, to] as const),
    );
    const accepts = (from: string, to: string) => {
      try {
        return buildConnection(text, from, to).edits.length > 0;
      } catch {
        return false;
      }
    };
    const allowed = pairs.filter(([from, to]) => linkAnswer(from, to).ok);
    const accepted = pairs.filter(([from, to]) => accepts(from.id, to.id));
    const names = (list: typeof pairs) => list.map(([from, to]) => `${from.id} → ${to.id}`);
    expect(accepted.length).toBeGreaterThan(5);
    expect(names(allowed)).toEqual(names(accepted));
    expect(ends.filter((end) => linkAnswer(end, end).ok)).toEqual([]);
  });

  test('says in words what it will do, or why not', () => {
    const node = (id: string) => {
      const found = graph.nodes.get(id);
      if (!found) throw new Error(id);
      return found;
    };
    expect(linkAnswer(node('pod:a/web'), node('network:a/n'))).toEqual({
      ok: true,
      label: 'Attach web to n',
    });
    expect(linkAnswer(node('pod:b/db'), node('network:a/n'))).toEqual({
      ok: false,
      reason: 'db is on b: a pod attaches to networks of its own host.',
    });
    expect(linkTargets(graph, node('pod:a/web')).map(({ id }) => id)).toEqual([
      'network:a/n',
      'network:a/p',
    ]);
  });

  test('lets an interface stand for its owner', () => {
    expect(linkEnd(graph, graph.nodes.get('interface:a/eth0'))?.id).toBe('host:a');
  });
});
