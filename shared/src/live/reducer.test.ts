import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, LiveEvent, Snapshot } from './events.ts';
import type { Link } from './namespace.ts';
import type { Operation } from './operation.ts';
import {
  applyChange,
  changeOwn,
  emptySnapshot,
  maxOperationText,
  reduce,
  reduceAll,
} from './reducer.ts';

const nat = { backend: 'nf_tables', family: 'ip', name: 'nat' } as const;

const link = (index: number, name = `eth${index}`): Link => ({
  index,
  name,
  kind: 'veth',
  mtu: 1500,
  up: true,
  state: 'UP',
});

const operation = (id: number, text = ''): Operation => ({
  id,
  op: 'ADD',
  host: 'node1',
  pod: 'web',
  network: 'mynet',
  interface: 'eth0',
  started: 0,
  done: true,
  ok: true,
  ms: 1,
  steps: [
    {
      plugin: 'bridge',
      env: {},
      stdin: '',
      stdout: text,
      stderr: '',
      exit: 0,
      ms: 1,
      kernel: [],
    },
  ],
  error: null,
});

const number = (changes: Change[]): LiveEvent[] =>
  changes.map((change, i) => ({ ...change, seq: i + 1, time: i }));

const started = (...ids: string[]): Change[] =>
  ids.map((id) => ({ event: 'namespace.new', info: { id, kind: 'host' } }));

/** Changes of one namespace, as a kernel might send them: also about things nobody announced. */
const changesIn = (namespace: string): fc.Arbitrary<Change> => {
  const index = fc.integer({ min: 1, max: 4 });
  const address = fc.record({
    index,
    family: fc.constant<4>(4),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    prefix: fc.constantFrom(16, 24),
    scope: fc.constantFrom('global', 'link'),
  });
  const route = fc.record({
    family: fc.constant<4>(4),
    table: fc.constant(254),
    type: fc.constant('unicast'),
    to: fc.constantFrom('default', '10.0.0.0/16'),
    dev: index,
    scope: fc.constant('link'),
    protocol: fc.constant('kernel'),
    metric: fc.constantFrom(0, 256),
  });
  const neighbour = fc.record({
    index,
    family: fc.constant<4>(4),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    state: fc.constantFrom('REACHABLE', 'STALE'),
  });
  const policy = fc.record({
    family: fc.constant<4>(4),
    priority: fc.constantFrom(100, 200),
    action: fc.constant('lookup'),
    table: fc.constantFrom(7, 8),
    match: fc.constantFrom('from all', 'from 10.0.0.1'),
  });
  const entry = fc.record({
    index,
    mac: fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02'),
    master: index,
    state: fc.constantFrom('', 'static'),
  });
  const qdisc = fc.record({
    index,
    kind: fc.constantFrom('tbf', 'netem'),
    handle: fc.constant('1:'),
    parent: fc.constantFrom('root', 'ffff:fff1'),
  });
  return fc.oneof(
    fc.record({
      event: fc.constantFrom<'link.new' | 'link.change'>('link.new', 'link.change'),
      namespace: fc.constant(namespace),
      link: fc.record({ index, name: fc.constantFrom('a', 'b') }).map((l) => link(l.index, l.name)),
    }),
    index.map((i): Change => ({ event: 'link.del', namespace, index: i, name: `eth${i}` })),
    index.map((i): Change => ({ event: 'link.move', namespace, index: i, name: `eth${i}` })),
    policy.map((p): Change => ({ event: 'policy.new', namespace, policy: p })),
    policy.map((p): Change => ({ event: 'policy.del', namespace, policy: p })),
    entry.map((e): Change => ({ event: 'fdb.new', namespace, entry: e })),
    entry.map((e): Change => ({ event: 'fdb.del', namespace, entry: e })),
    qdisc.map((q): Change => ({ event: 'qdisc.new', namespace, qdisc: q })),
    qdisc.map((q): Change => ({ event: 'qdisc.del', namespace, qdisc: q })),
    address.map((a): Change => ({ event: 'address.new', namespace, address: a })),
    address.map((a): Change => ({ event: 'address.del', namespace, address: a })),
    route.map((r): Change => ({ event: 'route.new', namespace, route: r })),
    route.map((r): Change => ({ event: 'route.del', namespace, route: r })),
    neighbour.map((n): Change => ({ event: 'neighbour.new', namespace, neighbour: n })),
    neighbour.map((n): Change => ({ event: 'neighbour.del', namespace, neighbour: n })),
    fc.constant<Change>({ event: 'namespace.del', namespace }),
    fc.constant<Change>({ event: 'namespace.new', info: { id: namespace, kind: 'host' } }),
    fc.constantFrom(1, 2, 3).map((id): Change => ({
      event: 'firewall.change',
      namespace,
      changes: [
        {
          change: 'chain.set',
          table: nat,
          chain: { name: 'A', packets: 0, bytes: 0 },
          after: null,
        },
        {
          change: 'rule.new',
          table: nat,
          chain: 'A',
          rule: { id, text: '', packets: 0, bytes: 0 },
          after: null,
        },
      ],
    })),
    fc.nat(2).map((packets): Change => ({
      event: 'firewall.count',
      namespace,
      counters: [{ table: nat, chain: 'A', rule: 1, packets, bytes: 0 }],
    })),
    fc.constant<Change>({
      event: 'firewall.change',
      namespace,
      changes: [{ change: 'table.set', table: { ...nat, syntax: 'iptables', chains: [] } }],
    }),
  );
};

/** As it comes out of the socket. */
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
};

describe('the reducer', () => {
  it('changes no snapshot that it was given', () => {
    fc.assert(
      fc.property(fc.array(changesIn('node1'), { maxLength: 40 }), (changes) => {
        let snapshot: Snapshot = frozen(emptySnapshot('r'));
        for (const event of number([...started('node1'), ...changes])) {
          snapshot = frozen(reduce(snapshot, frozen(event)));
        }
        expect(snapshot.seq).toBe(changes.length + 1);
      }),
    );
  });

  it('gives a copy that joined in the middle the same end as one that saw everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(changesIn('node1'), changesIn('node2')), { maxLength: 60 }),
        fc.nat(60),
        (changes, cut) => {
          const events = number([...started('node1', 'node2'), ...changes]);
          const middle = reduceAll(emptySnapshot('r'), events.slice(0, cut));
          const joined = reduceAll(copy(middle), copy(events.slice(cut)));
          expect(joined).toEqual(reduceAll(emptySnapshot('r'), events));
        },
      ),
    );
  });

  it('does not care in which order things happen in different namespaces', () => {
    fc.assert(
      fc.property(
        fc.array(changesIn('node1')),
        fc.array(changesIn('node2')),
        fc.infiniteStream(fc.boolean()),
        (one, two, picks) => {
          const before = started('node1', 'node2');
          const left = [...one];
          const right = [...two];
          const mixed: Change[] = [];
          for (const pick of picks) {
            const next = (pick ? left : right).shift() ?? (pick ? right : left).shift();
            if (next === undefined) break;
            mixed.push(next);
          }
          expect(reduceAll(emptySnapshot('r'), number([...before, ...mixed]))).toEqual(
            reduceAll(emptySnapshot('r'), number([...before, ...one, ...two])),
          );
        },
      ),
    );
  });

  it('takes the same change twice as once', () => {
    fc.assert(
      fc.property(
        fc.array(changesIn('node1'), { maxLength: 20 }),
        changesIn('node1'),
        (changes, last) => {
          const before = reduceAll(emptySnapshot('r'), number([...started('node1'), ...changes]));
          const once = applyChange(before, last);
          expect(applyChange(once, last)).toEqual(once);
        },
      ),
    );
  });

  it('changes a snapshot of its own to what a changed copy is, and leaves its namespaces alone', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(changesIn('node1'), changesIn('node2'))), (changes) => {
        const own = reduceAll(emptySnapshot('r'), number(started('node1', 'node2')));
        let copied = copy(own);
        for (const change of changes) {
          const { node1 } = own.namespaces;
          const before = node1 && copy(node1);
          changeOwn(own, change);
          copied = applyChange(copied, change);
          expect(own).toEqual(copied);
          expect(node1).toEqual(before);
        }
      }),
    );
  });

  it('ignores events that the snapshot already contains', () => {
    const events = number([
      ...started('node1'),
      { event: 'link.new', namespace: 'node1', link: link(1) },
      { event: 'link.del', namespace: 'node1', index: 1, name: 'eth1' },
    ]);
    const end = reduceAll(emptySnapshot('r'), events);
    expect(reduceAll(end, events)).toBe(end);
  });

  it('makes a new object only of the namespace that changed', () => {
    const before = reduceAll(emptySnapshot('r'), number(started('node1', 'node2')));
    const after = applyChange(before, { event: 'link.new', namespace: 'node1', link: link(1) });
    expect(after.namespaces['node1']).not.toBe(before.namespaces['node1']);
    expect(after.namespaces['node2']).toBe(before.namespaces['node2']);
    expect(after.operations).toBe(before.operations);
    expect(after.namespaces['node1']?.routes).toBe(before.namespaces['node1']?.routes);
  });

  it('takes what stood on a link away with it', () => {
    const address = {
      index: 3,
      family: 4,
      address: '10.0.0.1',
      prefix: 16,
      scope: 'global',
    } as const;
    const snapshot = reduceAll(
      emptySnapshot('r'),
      number([
        ...started('node1'),
        { event: 'link.new', namespace: 'node1', link: link(3) },
        { event: 'address.new', namespace: 'node1', address },
        { event: 'link.del', namespace: 'node1', index: 3, name: 'eth3' },
      ]),
    );
    expect(snapshot.namespaces['node1']).toMatchObject({ links: [], addresses: [] });
  });

  it('does nothing for a namespace that it does not know, whatever it is called', () => {
    const empty = emptySnapshot('r');
    for (const namespace of ['gone', 'constructor', '__proto__', 'toString']) {
      expect(applyChange(empty, { event: 'link.new', namespace, link: link(1) })).toBe(empty);
    }
    const hostile = applyChange(empty, {
      event: 'element.state',
      element: '__proto__',
      state: { state: 'up' },
    });
    expect(Object.keys(hostile.elements)).toEqual([]);
    expect(Object.getPrototypeOf(hostile.elements)).toBe(Object.prototype);
  });

  it('updates an operation in place and keeps the last 500', () => {
    const events = number(
      [...Array.from({ length: 600 }, (_, i) => i + 1), 600].map((id) => ({
        event: 'operation',
        operation: operation(id, id === 600 ? 'last' : ''),
      })),
    );
    const { operations } = reduceAll(emptySnapshot('r'), events);
    expect(operations).toHaveLength(500);
    expect(operations[0]?.id).toBe(101);
    expect(operations.at(-1)?.id).toBe(600);
  });

  it('drops the oldest operations when their texts grow too long, but never the newest', () => {
    const long = 'x'.repeat(maxOperationText / 4);
    const events = number(
      Array.from({ length: 10 }, (_, i) => ({
        event: 'operation',
        operation: operation(i, i === 9 ? long + long + long + long + long : long),
      })),
    );
    expect(reduceAll(emptySnapshot('r'), events.slice(0, 9)).operations).toHaveLength(4);
    expect(reduceAll(emptySnapshot('r'), events).operations.map((o) => o.id)).toEqual([9]);
  });

  it('forgets namespaces and elements when the box is gone, and keeps the reason', () => {
    const events = number([
      ...started('node1'),
      { event: 'element.state', element: 'host:node1', state: { state: 'up' } },
      { event: 'operation', operation: operation(1) },
      { event: 'lab.state', state: 'failed', error: 'The box ended.' },
    ]);
    expect(reduceAll(emptySnapshot('r'), events)).toMatchObject({
      state: 'failed',
      error: 'The box ended.',
      namespaces: {},
      elements: {},
      operations: [{ id: 1 }],
    });
    const again = applyChange(reduceAll(emptySnapshot('r'), events), {
      event: 'lab.state',
      state: 'running',
    });
    expect('error' in again).toBe(false);
  });
});
