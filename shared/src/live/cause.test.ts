import { expect, it } from 'vitest';
import { causeText } from './cause.ts';
import { causeSchema, liveEventSchema } from './events.ts';

const step = { by: 'step', operation: 3, step: 0, plugin: 'bridge', command: 'ADD' } as const;
const command = { by: 'command', process: '7' } as const;

it.each([
  [{ ...step, pod: 'web' }, 'by bridge ADD of web'],
  [{ ...step, pod: '', command: 'GC' }, 'by bridge GC'],
  [{ ...step, pod: 'web', shared: true }, 'perhaps by bridge ADD of web'],
  [{ ...step, pod: 'web', late: true }, 'because of bridge ADD of web'],
  [{ ...command, line: ' ip link add br7 type bridge' }, 'by ip link add br7 type bridge'],
  [{ ...command, line: 'for i in 1 2\n do ip a\ndone' }, 'by for i in 1 2 ⏎ do ip a ⏎ done'],
  [{ ...command, line: '' }, 'by a command that was not told'],
  [{ by: 'agent' } as const, 'by cnilab'],
])('%o is %s', (cause, text) => {
  expect(causeText(causeSchema.parse(cause))).toBe(text);
});

it('is not needed: events from before there were causes are events still', () => {
  const event = { event: 'namespace.del', namespace: 'node1', seq: 1, time: 2 };
  expect(liveEventSchema.parse(event)).toEqual(event);
  expect(liveEventSchema.parse({ ...event, cause: { by: 'agent' } })).toMatchObject({
    cause: { by: 'agent' },
  });
});
