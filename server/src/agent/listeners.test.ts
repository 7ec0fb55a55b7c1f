import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { getsockname } from '../netlink/libc.ts';
import { openSocket, serve, type Listen, type Listener } from './listeners.ts';

const running: Listener[] = [];
afterEach(() => {
  for (const listener of running.splice(0)) listener.close();
});

/** A listener in the namespace of the test; the port that it got. */
function start(protocol: Listen['protocol'], port = 0): number {
  const socket = openSocket({ protocol, port }, (action) => action());
  const bound = getsockname(socket.fd).readUInt16BE(2);
  running.push(serve(socket, protocol, { host: 'node1', pod: 'web' }));
  return bound;
}

async function fetchText(
  host: string,
  port: number,
  path = '/',
): Promise<[IncomingMessage, string]> {
  const request = get({ host, port, path, headers: { 'X-Lab': 'yes' }, agent: false });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response, text];
}

describe('the http server', () => {
  test('tells who it is and what it saw, with IPv4 written as IPv4', async () => {
    const port = start('http');
    const [response, text] = await fetchText('127.0.0.1', port, '/a?b=c');
    expect(response.statusCode).toBe(200);
    expect(response.headers.connection).toBe('close');
    expect(JSON.parse(text)).toMatchObject({
      host: 'node1',
      pod: 'web',
      local: { address: '127.0.0.1', port },
      remote: { address: '127.0.0.1', port: expect.any(Number) },
      method: 'GET',
      path: '/a?b=c',
      headers: { 'x-lab': 'yes' },
    });
  });

  test('answers a request with more headers than it takes with an error', async () => {
    const port = start('http');
    const [response] = await fetchText('127.0.0.1', port, `/${'x'.repeat(20_000)}`);
    expect(response.statusCode).toBe(431);
  });
});

describe('the echo servers', () => {
  test('tcp sends back what comes and ends when its client ends', async () => {
    const socket = connect(start('tcp'), '127.0.0.1');
    socket.end('hello');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toBe('hello');
  });

  test('udp sends back what comes', async () => {
    const port = start('udp');
    const client = createSocket('udp4');
    client.send('hello', port, '127.0.0.1');
    const [message]: Buffer[] = await once(client, 'message');
    client.close();
    expect(String(message)).toBe('hello');
  });
});

test.each(['http', 'tcp', 'udp'] as const)('a taken %s port is named in the error', (protocol) => {
  const port = start(protocol);
  expect(() => start(protocol, port)).toThrow(
    `${protocol} port ${port} is taken by another server in this pod`,
  );
});

test('a closed tcp listener frees its port at once', async () => {
  const port = start('tcp');
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  running.pop()?.close();
  await once(socket, 'close');
  expect(start('tcp', port)).toBe(port);
});
