import { expect, test } from 'vitest';
import { textToBase64 } from '../services/base64.ts';
import type { LabSocket } from '../services/services.ts';
import { FakeServer } from '../store/fakeServices.ts';
import { createTerminalSession } from './terminalSession.ts';

function session(change: Partial<LabSocket> = {}) {
  const server = new FakeServer();
  const sent: string[] = [];
  const closed: string[] = [];
  let shown = '';
  let opened = 0;
  const socket: LabSocket = Object.assign(server.socket, {
    openProcess: () => Promise.resolve(`p${++opened}`),
    input: (_: string, data: string) => sent.push(atob(data)),
    close: (id: string) => closed.push(id),
    ...change,
  });
  const screen = {
    columns: 80,
    rows: 24,
    write: (data: Uint8Array | string) => {
      shown += typeof data === 'string' ? data : new TextDecoder().decode(data);
    },
  };
  const terminal = createTerminalSession({ socket, lab: 'lab', target: 'node1', screen });
  return { server, terminal, sent, closed, shown: () => shown, opened: () => opened };
}

test('what is typed goes to the shell and what it says comes back', async () => {
  const { server, terminal, sent, shown } = session();
  await terminal.start();
  terminal.type('ls é\r');
  server.output('p1', textToBase64('grün'));
  server.output('other', textToBase64('not mine'));
  expect(sent).toEqual(['ls \xc3\xa9\r']);
  expect(shown()).toBe('grün');
});

test('output that comes before the answer is not lost', async () => {
  const { server, terminal, shown } = session();
  const started = terminal.start();
  server.output('p1', textToBase64('prompt'));
  await started;
  expect(shown()).toBe('prompt');
});

test('after the end it says so, and Enter starts a new shell', async () => {
  const { server, terminal, sent, shown, opened } = session();
  await terminal.start();
  server.exit('p1', 3);
  expect(shown()).toContain('ended with 3');
  terminal.type('x');
  expect(opened()).toBe(1);
  terminal.type('\r');
  await server.settle();
  terminal.type('y');
  expect(opened()).toBe(2);
  expect(sent).toEqual(['y']);
});

test('a shell that cannot be opened gives the reason', async () => {
  const { terminal, shown } = session({
    openProcess: () => Promise.reject(new Error('The lab does not run.')),
  });
  await terminal.start();
  expect(shown()).toContain('The lab does not run.');
});

test('a tab that is closed while its shell opens leaves no shell behind', async () => {
  const { terminal, closed } = session();
  const started = terminal.start();
  terminal.close();
  await started;
  expect(closed).toEqual(['p1']);
});
