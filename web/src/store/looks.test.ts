import type { Look, Seen } from '@cnilab/shared/live/look';
import { beforeEach, expect, test } from 'vitest';
import { FakeServer } from './fakeServices.ts';
import { createLabStore, type OpenLab } from './labStore.ts';

const look: Look = { at: 'rates', namespace: 'node1' };
const counted = (rxBytes: number): Seen => ({
  at: 'rates',
  links: [
    { index: 1, rxBytes, rxPackets: 1, rxDropped: 0, txBytes: 0, txPackets: 0, txDropped: 0 },
  ],
});

let server: FakeServer;
let store: OpenLab;
const shown = () => {
  server.clock.paint();
  return store.getState().seen;
};

beforeEach(async () => {
  server = new FakeServer();
  server.texts.set('lab', 'cnilab: 1\nname: lab\n');
  server.start('r1');
  store = createLabStore('lab', server.services);
  await store.open();
  await server.settle();
});

test('the server is asked once for all that look at the same, until the last goes', () => {
  const { lookAt } = store.getState();
  const [first, second] = [lookAt(look), lookAt(look)];
  expect(server.looks).toEqual(['lab rates node1']);
  server.see(look, counted(5));
  expect(shown()).toEqual({ 'rates node1': counted(5) });
  first();
  first();
  expect(server.looks).toEqual(['lab rates node1']);
  second();
  expect(server.looks).toEqual([]);
  expect(shown()).toEqual({});
});

test('what comes within a frame is shown at once, and what nobody looks at is not', () => {
  store.getState().lookAt(look);
  let changes = 0;
  store.subscribe(() => (changes += 1));
  for (let i = 0; i < 10; i += 1) server.see(look, counted(i));
  server.see({ at: 'rates', namespace: 'node2' }, counted(1));
  server.see(look, counted(99), 'another lab');
  expect(shown()).toEqual({ 'rates node1': counted(9) });
  expect(changes).toBe(1);
});

test('a page that was cut off asks again', async () => {
  store.getState().lookAt(look);
  server.disconnect();
  await server.connect();
  expect(server.looks).toEqual(['lab rates node1']);
});

test('nothing is shown of a lab that was stopped', () => {
  store.getState().lookAt(look);
  server.see(look, counted(5));
  server.stop('');
  expect(shown()).toEqual({});
});

test('a lab that is closed is not looked at any more', async () => {
  store.getState().lookAt(look);
  await store.close();
  expect(server.looks).toEqual([]);
});
