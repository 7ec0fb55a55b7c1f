import { expect, test } from 'vitest';
import { FakeServer } from './fakeServices.ts';
import { createLabStore } from './labStore.ts';
import { recentLimit } from './live.ts';

const text = `cnilab: 1
name: lab
hosts:
  - name: node1 # the first
`;

async function open(running?: string) {
  const server = new FakeServer();
  server.texts.set('lab', text);
  if (running) server.start(running);
  const store = createLabStore('lab', server.services);
  await store.open();
  await server.settle();
  const lab = () => store.getState();
  return { server, store, lab };
}

const rename = (value: string) => [{ edit: 'set' as const, path: ['hosts', 0, 'name'], value }];

test('opening a lab and leaving it saves nothing', async () => {
  const { server, store } = await open();
  await store.close();
  expect(server.calls.map(({ name }) => name)).toEqual(['getLab']);
});

test('an edit changes the text, keeps its comments, and is undone and redone', async () => {
  const { lab } = await open();
  lab().edit(rename('a'), 'Rename');
  expect(lab().text).toContain('- name: a # the first');
  expect(lab().lab?.hosts?.[0]?.name).toBe('a');
  lab().undo();
  expect(lab().text).toBe(text);
  expect(lab().redoStack.map(({ label }) => label)).toEqual(['Rename']);
  lab().redo();
  expect(lab().lab?.hosts?.[0]?.name).toBe('a');
});

test('an edit after undo takes away what could be redone', async () => {
  const { lab } = await open();
  lab().edit(rename('a'), 'First');
  lab().undo();
  lab().edit(rename('b'), 'Second');
  expect(lab().redoStack).toEqual([]);
  lab().undo();
  expect(lab().text).toBe(text);
});

test('fast typing is one step of undo, and a pause begins another', async () => {
  const { server, lab } = await open();
  lab().setText(`${text}#`);
  lab().setText(`${text}# a`);
  server.clock.pass(5000);
  lab().setText(`${text}# a b`);
  lab().undo();
  expect(lab().text).toBe(`${text}# a`);
  lab().undo();
  expect(lab().text).toBe(text);
});

test('a text that is no lab leaves the last lab in the picture and says what is wrong', async () => {
  const { lab } = await open();
  lab().setText('hosts: [');
  expect(lab().textValid).toBe(false);
  expect(lab().lab?.hosts?.[0]?.name).toBe('node1');
  expect(lab().diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
});

test('an edit that the text cannot take is a problem and changes nothing', async () => {
  const { lab } = await open();
  lab().edit([{ edit: 'set', path: ['name', 'x'], value: 1 }], 'Impossible');
  expect(lab().text).toBe(text);
  expect(lab().problem?.title).toContain('Impossible');
});

test('several edits are saved once, over the revision that was loaded', async () => {
  const { server, lab } = await open();
  lab().edit(rename('a'), 'A');
  lab().edit(rename('b'), 'B');
  expect(lab().saving).toBe('saving');
  server.clock.pass(1000);
  await server.settle();
  const saves = server.calls.filter(({ name }) => name === 'saveLab');
  expect(saves).toHaveLength(1);
  expect(server.texts.get('lab')).toContain('name: b');
  expect(lab().saving).toBe('saved');
  expect(lab().revision).toBe(FakeServer.revision(lab().text));
});

test('an edit that comes while another is being saved is saved after it', async () => {
  const { server, lab } = await open();
  lab().edit(rename('a'), 'A');
  server.clock.pass(1000);
  lab().edit(rename('b'), 'B');
  server.clock.pass(1000);
  await server.settle();
  expect(server.calls.filter(({ name }) => name === 'saveLab')).toHaveLength(2);
  expect(server.texts.get('lab')).toContain('name: b');
  expect(lab().saving).toBe('saved');
});

test('undoing back to what is saved needs no save', async () => {
  const { server, lab } = await open();
  lab().edit(rename('a'), 'A');
  lab().undo();
  server.clock.pass(1000);
  await server.settle();
  expect(server.calls.filter(({ name }) => name === 'saveLab')).toHaveLength(0);
  expect(lab().saving).toBe('saved');
});

test('while nothing is unsaved, a version saved elsewhere is taken over and can be undone', async () => {
  const { server, lab } = await open();
  server.saveElsewhere('lab', text.replace('node1', 'theirs'));
  await server.settle();
  expect(lab().lab?.hosts?.[0]?.name).toBe('theirs');
  lab().undo();
  expect(lab().text).toBe(text);
});

test('two versions are a conflict that ends when one is chosen', async () => {
  const { server, lab } = await open();
  lab().edit(rename('mine'), 'Mine');
  server.texts.set('lab', text.replace('node1', 'theirs'));
  server.clock.pass(1000);
  await server.settle();
  expect(lab().saving).toBe('conflict');
  expect(server.texts.get('lab')).toContain('theirs');

  lab().edit(rename('mine2'), 'Still mine');
  server.clock.pass(1000);
  await server.settle();
  expect(server.texts.get('lab')).toContain('theirs');

  await lab().resolveConflict('mine');
  expect(lab().saving).toBe('saved');
  expect(server.texts.get('lab')).toContain('mine2');
});

test('taking the other version in a conflict keeps mine for undo', async () => {
  const { server, lab } = await open();
  lab().edit(rename('mine'), 'Mine');
  server.saveElsewhere('lab', text.replace('node1', 'theirs'));
  await server.settle();
  expect(lab().saving).toBe('conflict');
  await lab().resolveConflict('theirs');
  expect(lab().lab?.hosts?.[0]?.name).toBe('theirs');
  lab().undo();
  expect(lab().lab?.hosts?.[0]?.name).toBe('mine');
});

test('without a server the work is kept, and saved when it is back', async () => {
  const { server, lab } = await open();
  server.disconnect();
  lab().edit(rename('kept'), 'Kept');
  server.clock.pass(1000);
  await server.settle();
  expect(lab().saving).toBe('offline');
  await server.connect();
  await server.settle();
  expect(lab().saving).toBe('saved');
  expect(server.texts.get('lab')).toContain('kept');
});

test('a name that another lab has is refused with the reason, not called a conflict', async () => {
  const { server, lab } = await open();
  server.texts.set('other', text);
  lab().edit([{ edit: 'set', path: ['name'], value: 'other' }], 'Rename the lab');
  server.clock.pass(1000);
  await server.settle();
  expect(lab().saving).toBe('refused');
  expect(lab().problem?.message).toContain('conflict');
});

test('a new name of the lab is the store’s name once it is saved', async () => {
  const { server, lab } = await open();
  lab().edit([{ edit: 'set', path: ['name'], value: 'better' }], 'Rename the lab');
  server.clock.pass(1000);
  await server.settle();
  expect(lab().name).toBe('better');
  expect(server.watches.length).toBe(2);
});

test('deploying saves first', async () => {
  const { server, lab } = await open();
  lab().edit(rename('a'), 'A');
  await lab().deploy();
  const names = server.calls.map(({ name }) => name);
  expect(names).toEqual(['getLab', 'saveLab', 'deployLab']);
  expect(lab().deployedText).toBe(lab().text);
});

test('what cannot be saved is not deployed', async () => {
  const { server, lab } = await open();
  lab().edit(rename('mine'), 'Mine');
  server.texts.set('lab', text.replace('node1', 'theirs'));
  await lab().deploy();
  expect(server.calls.some(({ name }) => name === 'deployLab')).toBe(false);
  expect(lab().problem?.message).toContain('Another version');
  expect(lab().busy).toBeUndefined();
});

test('many messages are one update per frame, in order', async () => {
  const { server, store, lab } = await open('run1');
  const seen: number[] = [];
  let updates = 0;
  store.subscribe(() => updates++);
  lab().onEvents((events) => seen.push(...events.map(({ seq }) => seq)));
  server.emit(2);
  server.emit(3);
  expect(lab().live?.seq).toBe(0);
  server.clock.paint();
  expect(updates).toBe(1);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(Object.keys(lab().live?.elements ?? {})).toHaveLength(5);
});

test('after a lost connection only what was missed is asked for', async () => {
  const { server, lab } = await open('run1');
  server.emit(2);
  server.clock.paint();
  server.clock.pass(100);
  server.disconnect();
  expect(lab().connection).toBe('lost');
  expect(lab().lostSince).toBe(100);
  server.clock.pass(100);
  server.disconnect();
  expect(lab().lostSince).toBe(100);
  server.emit(3, { isSent: false });
  await server.connect();
  server.clock.paint();
  expect(server.watches.at(-1)).toEqual({ run: 'run1', seq: 2 });
  expect(lab().live?.seq).toBe(5);
  expect(lab().connection).toBe('connected');
});

test('a gap in the numbers is filled by asking again', async () => {
  const { server, lab } = await open('run1');
  server.emit(1, { isSent: false });
  server.emit(1);
  server.clock.paint();
  await server.settle();
  server.clock.paint();
  expect(lab().live?.seq).toBe(2);
  expect(lab().recent.map(({ seq }) => seq)).toEqual([1, 2]);
});

test('another run starts from its snapshot', async () => {
  const { server, lab } = await open('run1');
  server.emit(2);
  server.clock.paint();
  server.start('run2');
  server.emit(1);
  await server.settle();
  server.clock.paint();
  expect(lab().live?.run).toBe('run2');
  expect(lab().live?.seq).toBe(1);
});

test('the ring keeps the last events only', async () => {
  const { server, lab } = await open('run1');
  server.emit(recentLimit + 10);
  server.clock.paint();
  expect(lab().recent).toHaveLength(recentLimit);
  expect(lab().recent[0]?.seq).toBe(11);
});

test('when the box ends the live state goes and the reason stays', async () => {
  const { server, lab } = await open('run1');
  server.stop('The agent crashed.');
  expect(lab().live).toBeUndefined();
  expect(lab().stopReason).toBe('The agent crashed.');
});

test('terminals open in the dock and close to the one before', async () => {
  const { lab } = await open();
  lab().openTerminal('node1');
  lab().openTerminal('node1/web', { focus: true });
  const [first, second] = lab().terminals;
  expect(lab().dockTab).toBe(`terminal:${second?.id}`);
  lab().closeTerminal(second?.id ?? '');
  expect(lab().dockTab).toBe(`terminal:${first?.id}`);
});

test('an operation that is looked for is shown in its tab', async () => {
  const { lab } = await open();
  lab().showOperation(3, 1);
  expect(lab()).toMatchObject({ dockTab: 'operations', shownOperation: { id: 3, step: 1 } });
  lab().showOperation(4);
  expect(lab().shownOperation).toEqual({ id: 4 });
});
