import { emptySnapshot } from '@cnilab/shared/live/reducer';
import { expect, test } from 'vitest';
import { FakeServer } from './fakeServices.ts';
import { createLabStore } from './labStore.ts';
import { askedKey, askedProblem } from './operate.ts';
import { operation } from './testOperations.ts';

const text = `cnilab: 1
name: lab
hosts:
  - name: node1
    networks: [{cniVersion: 1.0.0, name: mynet, plugins: [{type: bridge}]}]
    pods:
      - {name: web, attachments: [{network: mynet}, {network: mynet}]}
`;
const web = 'pod:node1/web';

async function open({ isRunning = true } = {}) {
  const server = new FakeServer();
  server.texts.set('lab', text);
  if (isRunning) {
    server.running = {
      ...emptySnapshot('run'),
      state: 'running',
      elements: {
        'host:node1': { state: 'up' },
        'network:node1/mynet': { state: 'up' },
        'attachment:node1/web/eth0': { state: 'up' },
        'attachment:node1/web/eth1': { state: 'up' },
      },
    };
  }
  const store = createLabStore('lab', server.services);
  await store.open();
  await server.settle();
  const requests = () =>
    server.calls.filter(({ name }) => name === 'runOperation').map(({ input }) => input);
  return { server, lab: () => store.getState(), requests };
}

test('every attachment of a pod is checked, and it is known how long that takes', async () => {
  const { lab, requests } = await open();
  const key = askedKey('CHECK', web);
  const done = lab().operate('CHECK', web);
  expect(lab().asked[key]?.isRunning).toBe(true);
  await done;
  expect(lab().asked[key]).toMatchObject({ isRunning: false, problem: undefined });
  const request = { op: 'CHECK', host: 'node1', pod: 'web' };
  expect(requests()).toEqual([
    { lab: 'lab', request: { ...request, interface: 'eth0' } },
    { lab: 'lab', request: { ...request, interface: 'eth1' } },
  ]);
});

test('who asks again before the answer came asks once', async () => {
  const { lab, requests } = await open();
  await Promise.all([lab().operate('GC', 'host:node1'), lab().operate('GC', 'host:node1')]);
  expect(requests()).toEqual([{ lab: 'lab', request: { op: 'GC', host: 'node1' } }]);
});

test('without a running lab nothing is asked, and the reason is told', async () => {
  const { lab, requests } = await open({ isRunning: false });
  await lab().operate('STATUS', 'host:node1');
  expect(requests()).toEqual([]);
  expect(lab().problem).toEqual({
    title: 'STATUS is not possible now.',
    message: 'Needs a running lab: press Deploy.',
  });
});

test('why the server did not do it is told once, until the lab changes', async () => {
  const { server, lab } = await open();
  server.isReachable = false;
  await lab().operate('CHECK', web);
  const asked = lab().asked[askedKey('CHECK', web)];
  expect(askedProblem(asked, lab().live)).toBe('The server does not answer.');
  const after = (...operations: ReturnType<typeof operation>[]) =>
    askedProblem(asked, { run: 'run', operations });
  expect(after(operation('CHECK'))).toBe('The server does not answer.');
  expect(after(operation('CHECK'), operation('ADD'))).toBeUndefined();
  expect(askedProblem(asked, emptySnapshot('another run'))).toBeUndefined();
  server.isReachable = true;
  await lab().operate('CHECK', web);
  expect(askedProblem(lab().asked[askedKey('CHECK', web)], lab().live)).toBeUndefined();
});
