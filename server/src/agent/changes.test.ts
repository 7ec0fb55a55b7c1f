import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Change } from '@cnilab/shared/live/events';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';
import type { Told } from './attribution.ts';
import { createChangeStream, type ChangeStream } from './changes.ts';

let sent: AgentNotice[];
let stream: ChangeStream;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  stream = createChangeStream((notice) => sent.push(notice));
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
  vi.advanceTimersByTime(3);
  expect(sent).toEqual([]);
  told.cause = command;
  vi.advanceTimersByTime(2);
  expect(sent).toMatchObject([{ changes: [{ change, cause: command }] }]);
});

it('does not wait for a cause that is known', () => {
  stream.tell({ change, cause: command, mayBeClaimed: true });
  vi.advanceTimersByTime(0);
  expect(sent).toMatchObject([{ changes: [{ cause: command }] }]);
});

it('waits for nothing when it is flushed', () => {
  stream.tell({ change, mayBeClaimed: true });
  stream.flush();
  expect(sent).toHaveLength(1);
});
