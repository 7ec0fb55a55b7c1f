import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Change } from '@cnilab/shared/live/events';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';
import type { Told } from './attribution.ts';
import { createChangeStream, type ChangeStream } from './changes.ts';

let sent: AgentNotice[];
let stream: ChangeStream;
let isFull: boolean;
let whenFree: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  isFull = false;
  whenFree = () => {};
  const outgoing = {
    send: (notice: AgentNotice) => void sent.push(notice),
    isFull: () => isFull,
    whenFree: (listener: () => void) => void (whenFree = listener),
  };
  stream = createChangeStream(outgoing, () => undefined);
  stream.open();
  vi.advanceTimersByTime(1000);
});
afterEach(() => void vi.useRealTimers());

const change: Change = { event: 'namespace.del', namespace: 'node1' };
const command = { by: 'command', process: '1', line: 'ip netns del x' } as const;

it('tells the first change after a quiet time at once, and the others once a frame', () => {
  stream.emit(change);
  vi.advanceTimersByTime(0);
  expect(sent).toHaveLength(1);
  stream.emit(change);
  stream.emit(change);
  vi.advanceTimersByTime(10);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(10);
  expect(sent).toMatchObject([{ changes: [{ change }] }, { changes: [{ change }, { change }] }]);
});

it('waits a few milliseconds for a cause that may come', () => {
  const told: Told = { change, mayBeClaimed: true };
  stream.tell(told);
  vi.advanceTimersByTime(9);
  stream.flush();
  expect(sent).toEqual([]);
  told.cause = command;
  stream.flush();
  expect(sent).toMatchObject([{ changes: [{ change, cause: command }] }]);
});

it('does not wait for a cause that is known', () => {
  stream.tell({ change, cause: command, mayBeClaimed: true });
  vi.advanceTimersByTime(0);
  expect(sent).toMatchObject([{ changes: [{ cause: command }] }]);
});

it('waits for the cause of one that came just before its frame ended', () => {
  stream.emit(change);
  vi.advanceTimersByTime(0);
  stream.emit(change);
  vi.advanceTimersByTime(15);
  stream.tell({ change, mayBeClaimed: true });
  vi.advanceTimersByTime(9);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sent).toHaveLength(2);
});

it('does not wait for ever when there is always one more', () => {
  for (let ms = 0; ms < 24; ms++) {
    stream.tell({ change, mayBeClaimed: true });
    vi.advanceTimersByTime(1);
  }
  expect(sent).toEqual([]);
  stream.tell({ change, mayBeClaimed: true });
  vi.advanceTimersByTime(1);
  expect(sent).toHaveLength(1);
});

it('waits for nothing when all is asked for', () => {
  stream.tell({ change, mayBeClaimed: true });
  stream.flushAll();
  expect(sent).toHaveLength(1);
});

it('keeps changes while the server is slow, fewer of them if they are many, and sends them then', () => {
  isFull = true;
  for (let i = 0; i < 100; i++) stream.emit(change);
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([]);
  isFull = false;
  whenFree();
  expect(sent).toMatchObject([{ changes: { length: 100 } }]);

  isFull = true;
  for (let i = 0; i < 100_000; i++) stream.emit(change);
  vi.advanceTimersByTime(1000);
  isFull = false;
  whenFree();
  const [, second] = sent;
  expect(second?.notice === 'changes' && second.changes.length).toBeLessThan(10_000);
});
