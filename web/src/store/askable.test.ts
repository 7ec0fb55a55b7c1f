import { emptySnapshot } from '@cnilab/shared/live/reducer';
import type { ElementState } from '@cnilab/shared/live/events';
import { parseLab } from '@cnilab/shared/lab/parse';
import { expect, test } from 'vitest';
import { attachmentsOf, concernsKind, requestsFor, whyNotAskable } from './askable.ts';
import type { AskableState } from './askable.ts';

const { lab } = parseLab(`
cnilab: 1
name: lab
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: mynet, plugins: [{type: bridge}]}
    pods:
      - {name: web, attachments: [{network: mynet}, {network: mynet}]}
      - {name: idle}
  - name: node2
`);
const attachment = 'attachment:node1/web/eth0';
const up = {
  'host:node1': 'up',
  'host:node2': 'up',
  'network:node1/mynet': 'up',
  [attachment]: 'up',
  'attachment:node1/web/eth1': 'up',
} as const;

function running(states: Record<string, ElementState['state']>, rest = {}): AskableState {
  const elements = Object.fromEntries(Object.entries(states).map(([id, state]) => [id, { state }]));
  const live = { ...emptySnapshot('run'), state: 'running' as const, elements, ...rest };
  return { lab, live, connection: 'connected' };
}

test('a running lab can be asked for everything', () => {
  const state = running(up);
  expect(whyNotAskable('CHECK', attachment, state)).toBeUndefined();
  expect(whyNotAskable('CHECK', 'pod:node1/web', state)).toBeUndefined();
  for (const op of ['STATUS', 'VERSION', 'GC'] as const) {
    expect(whyNotAskable(op, 'host:node1', state)).toBeUndefined();
    expect(whyNotAskable(op, 'network:node1/mynet', state)).toBeUndefined();
  }
});

test.each<[string, 'CHECK' | 'GC', string, AskableState]>([
  ['The server does not answer.', 'CHECK', attachment, { ...running(up), connection: 'lost' }],
  ['Needs a running lab: press Deploy.', 'GC', 'host:node1', { ...running(up), live: undefined }],
  ['The lab has failed: deploy it again.', 'CHECK', attachment, running(up, { state: 'failed' })],
  [
    'Its ADD failed, so there is nothing to check.',
    'CHECK',
    attachment,
    running({ ...up, [attachment]: 'failed' }),
  ],
  [
    'Its ADD has not ended yet.',
    'CHECK',
    attachment,
    running({ ...up, [attachment]: 'working' }, { state: 'deploying' }),
  ],
  ['Not attached yet: deploy the changes.', 'CHECK', attachment, running({ 'host:node1': 'up' })],
  ['The pod has no attachment.', 'CHECK', 'pod:node1/idle', running(up)],
  ['The host has no network.', 'GC', 'host:node2', running(up)],
  [
    'Not deployed yet: deploy the changes.',
    'GC',
    'network:node1/mynet',
    running({ 'host:node1': 'up' }),
  ],
  [
    'Not deployed yet.',
    'GC',
    'host:node1',
    running({ 'host:node1': 'working' }, { state: 'starting' }),
  ],
  [
    'The host failed, see why above.',
    'GC',
    'host:node1',
    running({ ...up, 'host:node1': 'failed' }),
  ],
])('“%s” is why %s of %s is not possible', (reason, op, element, state) => {
  expect(whyNotAskable(op, element, state)).toBe(reason);
});

test('a pod is asked for attachment by attachment, as far as it is attached', () => {
  const eth1 = { op: 'CHECK', host: 'node1', pod: 'web', interface: 'eth1' };
  const half = running({ ...up, [attachment]: 'failed' });
  expect(whyNotAskable('CHECK', 'pod:node1/web', half)).toBeUndefined();
  expect(requestsFor('CHECK', 'pod:node1/web', half)).toEqual([eth1]);
  expect(requestsFor('CHECK', 'pod:node1/web', running(up))).toEqual([
    { ...eth1, interface: 'eth0' },
    eth1,
  ]);
  expect(attachmentsOf('host:node1', { lab })).toEqual([]);
});

test('a host is asked for all its networks, a network for itself', () => {
  expect(requestsFor('GC', 'host:node1', running(up))).toEqual([{ op: 'GC', host: 'node1' }]);
  expect(requestsFor('STATUS', 'network:node1/mynet', running(up))).toEqual([
    { op: 'STATUS', host: 'node1', network: 'mynet' },
  ]);
});

test('CHECK is about attachments, the others are about networks', () => {
  const kinds = ['attachment:a/b/c', 'pod:a/b', 'host:a', 'network:a/b', 'segment:a', 'link:a/b'];
  const about = (op: 'CHECK' | 'GC') => kinds.filter((id) => concernsKind(op, id));
  expect(about('CHECK')).toEqual(['attachment:a/b/c', 'pod:a/b']);
  expect(about('GC')).toEqual(['host:a', 'network:a/b']);
});
