import type { Operation } from '@cnilab/shared/live/operation';
import { expect, test } from 'vitest';
import { causeKind, eventNamespace, eventText } from './eventText.ts';
import { operation, step } from './testOperations.ts';

const event = (told: Operation) => ({
  event: 'operation' as const,
  seq: 1,
  time: 0,
  operation: told,
});
const text = (told: Operation) => eventText(event(told), () => undefined);
const del = step('bridge', {
  CNI_COMMAND: 'DEL',
  CNI_CONTAINERID: 'old',
  CNI_IFNAME: 'eth0',
});

test.each([
  [operation('ADD'), 'ADD mynet done in 12 ms'],
  [operation('DEL', { cleanup: true, done: false }), 'DEL mynet (clean-up) started'],
  [
    operation('CHECK', { done: false, steps: [step('bridge')] }),
    'CHECK mynet eth0: bridge took 3 ms',
  ],
  [operation('CHECK'), 'CHECK mynet eth0: as it was added (12 ms)'],
  [
    operation('CHECK', { ok: false, error: { code: 999, msg: 'eth0 is gone' } }),
    'CHECK mynet eth0 failed, not as it was added: eth0 is gone',
  ],
  [operation('STATUS', { notAsked: 'too old' }), 'STATUS mynet: not asked: too old (12 ms)'],
  [operation('GC', { done: false, steps: [del] }), 'GC mynet: bridge (DEL old eth0) took 3 ms'],
  [
    operation('GC', { removed: [{ containerId: 'old', interface: 'eth0' }] }),
    'GC mynet: removed old eth0 (12 ms)',
  ],
])('an operation is told as one sentence: %#', (told, sentence) => {
  expect(text(told)).toBe(sentence);
});

test('an operation on a network happens on its host', () => {
  expect(eventNamespace(event(operation('GC')))).toBe('node1');
  expect(eventNamespace(event(operation('CHECK')))).toBe('node1/web');
});

test('an event is done by whom it says, else by the kernel; what is told of operations by nobody', () => {
  const gone = { event: 'namespace.del', namespace: 'node1', seq: 1, time: 0 } as const;
  expect(causeKind(gone)).toBe('none');
  expect(causeKind({ ...gone, cause: { by: 'agent' } })).toBe('agent');
  expect(causeKind(event(operation('ADD')))).toBeUndefined();
});
