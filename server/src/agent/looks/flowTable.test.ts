import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldFlows, maxFlows, type FlowsSeen } from '@cnilab/shared/live/flows';
import type { Flow as KernelFlow, FlowEvent } from '../../netlink/netfilter/conntrack.ts';
import { createFlowTable } from './flowTable.ts';

const flow = (id: number, more: Partial<KernelFlow> = {}): KernelFlow => ({
  family: 4,
  id,
  original: {
    source: '10.0.0.1',
    destination: '10.0.0.2',
    protocol: 'tcp',
    sourcePort: 1000 + (id % 1000),
    destinationPort: 80,
  },
  reply: {
    source: '10.0.0.2',
    destination: '10.0.0.1',
    protocol: 'tcp',
    sourcePort: 80,
    destinationPort: 1000 + (id % 1000),
  },
  status: [],
  timeout: 30,
  ...more,
});

/** What an event of a change has: no counters. */
function event(kind: FlowEvent['kind'], told: KernelFlow): FlowEvent {
  const { counters, ...rest } = told;
  return { kind, flow: counters && kind === 'destroy' ? told : rest };
}

/** A kernel that queues events, and a client of the table. */
function scene() {
  const kernel = new Map<number, KernelFlow>();
  const queue: FlowEvent[] = [];
  const table = createFlowTable(() => 1_000_000);
  let client: FlowsSeen | undefined;
  let lastId = 0;
  const pick = (n: number) => [...kernel.values()][n % Math.max(1, kernel.size)];
  const put = (next: KernelFlow) => kernel.set(next.id ?? 0, next);
  return {
    begin() {
      lastId += 1;
      const next = flow(lastId);
      put(next);
      queue.push(event('new', next));
    },
    change(n: number, tcpState: string) {
      const old = pick(n);
      if (!old) return;
      const next = { ...old, tcpState, status: ['SEEN_REPLY'], timeout: 120 };
      put(next);
      queue.push(event('update', next));
    },
    /** Raises no event. */
    count(n: number) {
      const old = pick(n);
      const packets = (old?.counters?.original.packets ?? 0) + 1;
      const counted = { packets, bytes: packets * 100 };
      if (old) put({ ...old, counters: { original: counted, reply: counted } });
    },
    end(n: number) {
      const old = pick(n);
      if (!old) return;
      kernel.delete(old.id ?? 0);
      queue.push(event('destroy', old));
    },
    hear(n: number) {
      queue.splice(0, n).forEach(table.hear);
    },
    /** The queue overflows; a reading always follows. */
    lose(from: number) {
      queue.splice(from);
      this.hear(queue.length);
      this.read();
    },
    read() {
      table.read([...kernel.values()], kernel.size);
    },
    take() {
      const update = table.take();
      if (update) client = foldFlows(client, update);
    },
    client: () => byId(client),
    /** What somebody who begins to look now is told. */
    fresh() {
      const other = createFlowTable(() => 1_000_000);
      other.read([...kernel.values()], kernel.size);
      return byId(other.take());
    },
  };
}

const byId = (seen: FlowsSeen | undefined) =>
  seen?.flows.toSorted((a, b) => a.id.localeCompare(b.id));

type Scene = ReturnType<typeof scene>;
const small = fc.nat(20);
const step: fc.Arbitrary<(on: Scene) => void> = fc.oneof(
  fc.constant((on: Scene) => on.begin()),
  fc.constant((on: Scene) => on.begin()),
  fc.tuple(small, fc.constantFrom('SYN_RECV', 'ESTABLISHED', 'TIME_WAIT')).map(
    ([n, state]) =>
      (on: Scene) =>
        on.change(n, state),
  ),
  small.map((n) => (on: Scene) => on.count(n)),
  small.map((n) => (on: Scene) => on.end(n)),
  small.map((n) => (on: Scene) => on.hear(n)),
  small.map((n) => (on: Scene) => on.lose(n)),
  fc.constant((on: Scene) => on.read()),
  fc.constant((on: Scene) => on.take()),
);

test('the first answer and the changes after it are what a later reading finds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const on = scene();
      on.take();
      for (const take of steps) take(on);
      on.hear(Infinity);
      on.read();
      on.take();
      expect(on.client()).toEqual(on.fresh());
    }),
    { numRuns: 500 },
  );
});

describe('connections', () => {
  test('end for a client in the same update as others begin', () => {
    const on = scene();
    on.begin();
    on.read();
    on.take();
    on.end(0);
    on.begin();
    on.hear(9);
    on.take();
    expect(on.client()).toEqual(on.fresh());
  });

  test('that only grow older are not told again', () => {
    const table = createFlowTable(() => 5000);
    table.read([flow(1, { timeout: 30 })], 1);
    table.take();
    table.read([flow(1, { timeout: 29 })], 1);
    expect(table.take()).toBeUndefined();
    table.read([flow(1, { timeout: 60 })], 1);
    expect(table.take()?.flows).toMatchObject([{ expires: 65_000 }]);
  });

  test('keep their counters when an event tells a change', () => {
    const table = createFlowTable(() => 0);
    const counters = { original: { packets: 1, bytes: 9 }, reply: { packets: 2, bytes: 8 } };
    table.read([flow(1, { counters })], 1);
    table.hear(event('update', flow(1, { tcpState: 'ESTABLISHED' })));
    expect(table.take()?.flows).toMatchObject([{ counters, tcpState: 'ESTABLISHED' }]);
  });

  test('beyond the limit are counted, and come in when there is room', () => {
    const table = createFlowTable(() => 0);
    for (let id = 1; id <= maxFlows + 2; id += 1) table.hear(event('new', flow(id)));
    const whole = table.take();
    expect([whole?.flows.length, whole?.more]).toEqual([maxFlows, 2]);
    table.hear(event('destroy', flow(maxFlows + 1)));
    expect(table.take()).toMatchObject({ whole: false, flows: [], gone: [], more: 1 });
    table.hear(event('destroy', flow(1)));
    const all = Array.from({ length: maxFlows }, (_, i) => flow(i + 3));
    table.read(all, maxFlows);
    const update = table.take();
    expect([update?.flows.length, update?.gone.length, update?.more]).toEqual([2, 2, 0]);
  });

  test('with the same number are told apart by their tuples', () => {
    const table = createFlowTable(() => 0);
    const other = flow(2);
    table.read([flow(1), { ...other, id: 1 }], 2);
    expect(table.take()?.flows).toHaveLength(2);
  });

  test('say how their addresses are translated, and nothing where they are not', () => {
    const table = createFlowTable(() => 0);
    const { reply } = flow(1);
    table.read([flow(1, { reply: { ...reply, source: '10.9.9.9' } }), flow(2)], 2);
    expect(table.take()?.flows.map(({ translation }) => translation)).toEqual([
      {
        destination: {
          from: { address: '10.0.0.2', port: 80 },
          to: { address: '10.9.9.9', port: 80 },
        },
      },
      undefined,
    ]);
  });
});
