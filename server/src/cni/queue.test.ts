import { beforeEach, describe, expect, it } from 'vitest';
import { type Queue, createQueue } from './queue.ts';

let queue: Queue;
let events: string[];
let finish: Map<string, (error?: Error) => void>;
beforeEach(() => {
  queue = createQueue();
  events = [];
  finish = new Map();
});

/** An action that ends when `finish` is called for its name. */
const action = (name: string) => () => {
  events.push(name);
  return new Promise<string>((resolve, reject) =>
    finish.set(name, (error) => (error ? reject(error) : resolve(name))),
  );
};
/** Everything that can go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('O1: the queue', () => {
  it('runs actions of one key one after the other, and others beside them', async () => {
    const first = queue.inTurn('a', action('a1'));
    void queue.inTurn('a', action('a2'));
    void queue.inTurn('b', action('b1'));
    await settled();
    expect(events).toEqual(['a1', 'b1']);
    finish.get('a1')?.();
    expect(await first).toBe('a1');
    await settled();
    expect(events).toEqual(['a1', 'b1', 'a2']);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const first = queue.inTurn('a', action('a1'));
    void queue.inTurn('a', action('a2'));
    await settled();
    finish.get('a1')?.(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await settled();
    expect(events).toEqual(['a1', 'a2']);
  });

  it('keeps an action alone from all before and after it', async () => {
    void queue.inTurn('a', action('a1'));
    void queue.inTurn('b', action('b1'));
    void queue.alone(action('alone'));
    void queue.inTurn('c', action('c1'));
    void queue.alone(action('alone too'));
    await settled();
    for (const name of ['a1', 'b1', 'alone', 'c1']) {
      expect(events).toContain(name);
      finish.get(name)?.();
      await settled();
    }
    expect(events).toEqual(['a1', 'b1', 'alone', 'c1', 'alone too']);
  });
});
