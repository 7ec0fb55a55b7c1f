import { emptySnapshot } from '@cnilab/shared/live/reducer';
import { expect, test } from 'vitest';
import { FakeServer } from '../store/fakeServices.ts';
import { createLabStore } from '../store/labStore.ts';
import { ask, askable } from './ask.ts';
import { matchEntries, paletteEntries } from './paletteEntries.ts';
import { commands } from './shortcuts.ts';

const text = `cnilab: 1
name: lab
hosts:
  - name: node1
    networks: [{cniVersion: 1.0.0, name: mynet, plugins: [{type: bridge}]}]
    pods:
      - {name: web, attachments: [{network: mynet}]}
      - {name: late, attachments: [{network: mynet}]}
`;

async function openRunning() {
  const server = new FakeServer();
  server.texts.set('lab', text);
  server.running = {
    ...emptySnapshot('run'),
    state: 'running',
    elements: {
      'host:node1': { state: 'up' },
      'network:node1/mynet': { state: 'up' },
      'attachment:node1/web/eth0': { state: 'up' },
      'attachment:node1/late/eth0': { state: 'failed' },
    },
  };
  const store = createLabStore('lab', server.services);
  await store.open();
  await server.settle();
  return { server, lab: () => store.getState() };
}

test('the palette offers what can be asked for now, found by its words or by its CNI name', async () => {
  const { lab } = await openRunning();
  const labels = (words: string) =>
    matchEntries(paletteEntries(lab()), words).flatMap(({ group, label }) =>
      group === 'CNI' ? label : [],
    );
  expect(labels('check')).toEqual(['Check pod node1/web', 'Check attachment node1/web/eth0']);
  expect(labels('gc')).toEqual(['Clean up host node1', 'Clean up network node1/mynet']);
  expect(labels('status mynet')).toEqual(['Status of network node1/mynet']);
  expect(labels('version node1')).toContain('Versions of host node1');
});

test('the answer is shown where it comes: in the inspector, or in the list for several', async () => {
  const { server, lab } = await openRunning();
  ask(lab(), 'STATUS', ['host:node1']);
  expect(lab()).toMatchObject({ selection: ['host:node1'], inspectorTab: 'cni', dockTab: 'text' });
  ask(lab(), 'GC', ['host:node1', 'network:node1/mynet']);
  expect(lab().dockTab).toBe('operations');
  await server.settle();
  const asked = server.calls.filter(({ name }) => name === 'runOperation');
  expect(asked).toHaveLength(3);
});

test('a key checks the selection, as far as it can be checked', async () => {
  const { server, lab } = await openRunning();
  const check = commands.find(({ keys }) => keys?.includes('C'));
  lab().select(['host:node1', 'attachment:node1/late/eth0']);
  expect(check?.isEnabled?.(lab())).toBe(false);
  lab().select(['host:node1', 'pod:node1/web']);
  expect(askable(lab(), 'CHECK')).toEqual(['pod:node1/web']);
  expect(check?.isEnabled?.(lab())).toBe(true);
  check?.run({ lab: lab(), showOverlay: () => undefined });
  await server.settle();
  expect(server.calls.at(-1)).toEqual({
    name: 'runOperation',
    input: {
      lab: 'lab',
      request: { op: 'CHECK', host: 'node1', pod: 'web', interface: 'eth0' },
    },
  });
});
