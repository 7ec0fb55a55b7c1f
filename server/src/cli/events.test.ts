import { expect, it } from 'vitest';
import type { LiveEvent } from '@cnilab/shared/live/events';
import { eventLine } from './events.ts';

const at = new Date(2026, 0, 2, 12, 34, 56, 789).getTime();
const gone: LiveEvent = {
  event: 'link.del',
  namespace: 'node1',
  index: 3,
  name: 'br7',
  seq: 1,
  time: at,
};
const typed = { by: 'command', process: '1', line: 'ip link del br7' } as const;

it.each<[LiveEvent, string]>([
  [gone, '12:34:56.789  node1  link.del  br7'],
  [{ ...gone, cause: typed }, '12:34:56.789  node1  link.del  br7  by ip link del br7'],
  [
    { ...gone, cause: { ...typed, shared: true } },
    '12:34:56.789  node1  link.del  br7  perhaps by ip link del br7',
  ],
  [
    { event: 'namespace.del', namespace: 'node1/web', seq: 1, time: at, cause: { by: 'agent' } },
    '12:34:56.789  node1/web  namespace.del  by cnilab',
  ],
  [
    { ...gone, cause: { ...typed, line: 'echo \u001b[31m' } },
    '12:34:56.789  node1  link.del  br7  by echo \\x1b[31m',
  ],
])('tells an event and its cause in one line: %#', (event, line) => {
  expect(eventLine(event)).toBe(line);
});
