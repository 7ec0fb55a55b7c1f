import type { Change } from '@cnilab/shared/live/events';
import { emptyLists, type Link, type Namespace } from '@cnilab/shared/live/namespace';
import { applyChange, emptySnapshot } from '@cnilab/shared/live/reducer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compact } from './compact.ts';

const link = (index: number, name: string): Link => ({
  ...{ index, name, kind: 'veth', mtu: 1500, up: true, state: 'UP' },
});
const id = fc.constantFrom('node1', 'node1/web', 'node2');
const change: fc.Arbitrary<Change> = fc.oneof(
  id.map((namespace): Change => ({
    event: 'namespace.new',
    info: { id: namespace, kind: 'host' },
  })),
  id.map((namespace): Change => ({ event: 'namespace.del', namespace })),
  fc.tuple(id, fc.nat(3), fc.constantFrom('a', 'b')).map(([namespace, index, name]): Change => ({
    event: 'link.new',
    namespace,
    link: link(index, name),
  })),
  fc
    .tuple(id, fc.nat(3))
    .map(([namespace, index]): Change => ({ event: 'link.del', namespace, index, name: 'a' })),
  fc
    .tuple(fc.constantFrom('host:a', 'pod:b'), fc.constantFrom<'up' | 'working'>('up', 'working'))
    .map(([element, state]): Change => ({ event: 'element.state', element, state: { state } })),
  fc.constantFrom('host:a', 'pod:b').map((element): Change => ({ event: 'element.del', element })),
);

it('few changes lead to the same state as many', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const after = changes.reduce(applyChange, emptySnapshot('run'));
      const fewer = compact(changes, (namespace) => after.namespaces[namespace]);
      expect(fewer.length).toBeLessThanOrEqual(5);
      const again = fewer.reduce(applyChange, emptySnapshot('run'));
      expect(again).toEqual(after);
    }),
  );
});

it('only the last word about an operation is kept', () => {
  const operation = (ms: number): Change => ({
    event: 'operation',
    operation: {
      ...{ id: 1, op: 'ADD', host: 'node1', pod: 'web', network: 'net', interface: 'eth0' },
      ...{ started: 1, done: false, ok: false, ms, steps: [], error: null },
    },
  });
  const state: Namespace = { id: 'node1', kind: 'host', ...emptyLists() };
  const some: Change[] = [operation(1), { event: 'namespace.sync', state }, operation(2)];
  expect(compact(some, () => state)).toEqual([{ event: 'namespace.sync', state }, operation(2)]);
});
