import { expect, test } from 'vitest';
import { createTurns, type Turns } from './turns.ts';

const address = (namespace: string, scope = 'global') => ({
  event: 'address.new' as const,
  namespace,
  address: { index: 2, family: 4 as const, address: '10.0.0.2', prefix: 24, scope },
});

/** Asks for turns and tells in which order they came. */
async function started(turns: Turns, network: string, ...pods: string[]) {
  const order: string[] = [];
  const ends = pods.map((pod) =>
    turns.take(network, pod).then((end) => {
      order.push(pod);
      return end;
    }),
  );
  await Promise.resolve();
  return { order, ends };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('pods of one network start one after another, each when the one before has its address', async () => {
  const turns = createTurns();
  const { order } = await started(turns, 'node1/net', 'a', 'b', 'c');
  await settled();
  expect(order).toEqual(['a']);
  turns.see(address('a', 'link'));
  turns.see(address('b'));
  await settled();
  expect(order).toEqual(['a']);
  turns.see(address('a'));
  await settled();
  expect(order).toEqual(['a', 'b']);
  turns.see(address('b'));
  await settled();
  expect(order).toEqual(['a', 'b', 'c']);
});

test('the end of an ADD without an address is the end of its turn', async () => {
  const turns = createTurns();
  const { order, ends } = await started(turns, 'node1/net', 'a', 'b');
  (await ends[0])?.();
  await settled();
  expect(order).toEqual(['a', 'b']);
});

test('networks do not wait for each other', async () => {
  const turns = createTurns();
  const one = await started(turns, 'node1/net', 'a');
  const other = await started(turns, 'node1/other', 'b');
  await settled();
  expect([...one.order, ...other.order]).toEqual(['a', 'b']);
});
