import { emptySnapshot } from '@cnilab/shared/live/reducer';
import type { Operation } from '@cnilab/shared/live/operation';
import { expect, test } from 'vitest';
import {
  isInVersions,
  lastAnswer,
  lastCheck,
  operationElement,
  operationNote,
  outcomeOf,
  stepAbout,
} from './outcomes.ts';
import { operation, step } from './testOperations.ts';

const failed = (code: number): Partial<Operation> => ({
  ok: false,
  error: { code, msg: 'no', plugin: 'bridge' },
});
const old = { containerId: 'old', interface: 'eth0' };

test.each([
  [operation('CHECK'), 'ok', 'as it was added'],
  [operation('CHECK', failed(999)), 'bad', 'not as it was added'],
  [operation('CHECK', failed(3)), 'bad', 'not as it was added'],
  [operation('CHECK', failed(0)), 'bad', 'could not be checked'],
  [operation('CHECK', failed(7)), 'bad', 'could not be checked'],
  [operation('CHECK', { done: false, ok: false }), 'working', 'being checked'],
  [operation('CHECK', { notAsked: 'it is off' }), 'none', 'not asked: it is off'],
  [operation('STATUS'), 'ok', 'ready'],
  [operation('STATUS', failed(50)), 'bad', 'not available'],
  [operation('STATUS', failed(51)), 'bad', 'not available, limited connectivity'],
  [operation('STATUS', failed(100)), 'bad', 'not ready'],
  [operation('STATUS', failed(0)), 'bad', 'could not be asked'],
  [operation('STATUS', { notAsked: 'too old' }), 'none', 'not asked: too old'],
  [operation('VERSION'), 'ok', 'fits'],
  [operation('VERSION', failed(0)), 'bad', 'does not fit'],
  [operation('GC', { removed: [] }), 'ok', 'nothing was left over'],
  [operation('GC', { removed: [old] }), 'ok', 'removed 1 attachment'],
  [operation('GC', { removed: [old, old] }), 'ok', 'removed 2 attachments'],
  [operation('GC', { removed: [], ...failed(7) }), 'bad', 'failed'],
  [operation('GC', { removed: [old], ...failed(7) }), 'bad', 'removed 1 attachment, with errors'],
  [operation('GC', { removed: [old], done: false, ok: false }), 'working', 'being cleaned up'],
] as const)('%j is %s: %s', (asked, look, text) => {
  expect(outcomeOf(asked)).toEqual({ look, text });
});

test('the last CHECK of an attachment counts until it is added anew', () => {
  const web = { host: 'node1', pod: 'web', name: 'eth0' };
  const live = (...operations: Operation[]) => ({ ...emptySnapshot('run'), operations });
  const [add, first, second] = [operation('ADD'), operation('CHECK'), operation('CHECK')];
  expect(lastCheck(undefined, web)).toBeUndefined();
  expect(lastCheck(live(add), web)).toBeUndefined();
  expect(lastCheck(live(add, first, second), web)).toBe(second);
  const others = [operation('CHECK', { pod: 'app' }), operation('CHECK', { interface: 'eth1' })];
  expect(lastCheck(live(add, first, ...others), web)).toBe(first);
  expect(lastCheck(live(add, first, operation('DEL')), web)).toBeUndefined();
  expect(lastCheck(live(first, operation('ADD')), web)).toBeUndefined();
});

test('the last answer is that of the network, whatever else was asked', () => {
  const on = { host: 'node1', network: 'mynet' };
  const first = operation('STATUS');
  const last = operation('STATUS');
  const operations = [
    first,
    last,
    operation('GC'),
    operation('STATUS', { network: 'other' }),
    operation('STATUS', { host: 'node2' }),
  ];
  const live = { ...emptySnapshot('run'), operations };
  expect(lastAnswer(live, 'STATUS', on)).toBe(last);
  expect(lastAnswer(live, 'VERSION', on)).toBeUndefined();
});

test('a note names the few things that GC removed and counts many', () => {
  const removed = ['a', 'b', 'c', 'd'].map((id) => ({ containerId: id, interface: 'eth0' }));
  const note = (count: number, more = {}) =>
    operationNote(operation('GC', { removed: removed.slice(0, count), ...more }));
  expect(note(0)).toBe('nothing was left over');
  expect(note(2)).toBe('removed a eth0, b eth0');
  expect(note(4)).toBe('removed 4 attachments');
  expect(note(1, failed(7))).toBe('removed a eth0, with errors');
  expect(note(1, { done: false })).toBe('being cleaned up');
  expect(operationNote(operation('ADD'))).toBeUndefined();
  expect(operationNote(operation('CHECK'))).toBe('as it was added');
});

test('a step of GC says what it is about, because the operation is about no attachment', () => {
  const del = step('bridge', {
    CNI_COMMAND: 'DEL',
    CNI_CONTAINERID: 'old',
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/opt/cni/bin',
  });
  expect(stepAbout(operation('GC'), del)).toBe('DEL old eth0');
  expect(stepAbout(operation('GC'), step('bridge', { CNI_COMMAND: 'GC' }))).toBe('GC');
  expect(stepAbout(operation('DEL'), del)).toBeUndefined();
});

test('an operation is about an attachment or about a network', () => {
  expect(operationElement(operation('CHECK'))).toBe('attachment:node1/web/eth0');
  expect(operationElement(operation('GC'))).toBe('network:node1/mynet');
});

test('the versions tell that a plugin does not fit, but not that it is missing', () => {
  const bridge = { plugin: 'bridge', versions: ['0.4.0'] };
  const version = (...lines: string[]) =>
    operation('VERSION', {
      ok: lines.length === 0,
      versions: [bridge],
      wantedVersion: '1.0.0',
      error: lines.length === 0 ? null : { code: 0, msg: lines.join('\n') },
    });
  const unfit = 'plugin bridge does not take version 1.0.0 of network mynet; it takes 0.4.0';
  expect(isInVersions(version(unfit))).toBe(true);
  expect(isInVersions(version(unfit, 'failed to find plugin "firewal"'))).toBe(false);
  expect(isInVersions(operation('VERSION', { versions: [], ...failed(0) }))).toBe(false);
});
