import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AF_INET, SOCK_CLOEXEC, SOCK_STREAM } from '../../netlink/constants.ts';
import { Errno } from '../../netlink/errno.ts';
import { createReactor, type Reactor } from '../../netlink/reactor.ts';
import { getsockname, socket as newSocket } from '../../netlink/libc.ts';
import { openSocket, serve } from '../listeners.ts';
import type { Enter } from './connect.ts';
import { judgeHttp, probeHttp, readUrl, type HttpSeen } from './http.ts';
import { judgeSocket, probeTcp } from './tcp.ts';
import { probeUdp } from './udp.ts';

/** Sockets in the namespace of the test. */
const here: Enter = (action) => action();
const timeoutMs = 5000;

let reactor: Reactor;
beforeAll(() => {
  reactor = createReactor();
});
afterAll(() => reactor.close());

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return portOf(server.address());
}

const portOf = (address: AddressInfo | string | null): number => {
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return address.port;
};

/** A TCP port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

describe('probeTcp', () => {
  test('finds an open port', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => {})));
    const seen = await probeTcp(here, reactor, '127.0.0.1', port, timeoutMs);
    expect(seen.outcome).toBe('open');
    expect(judgeSocket('tcp web:80', 'open', seen).ok).toBe(true);
  });

  test('finds a closed port', async () => {
    const seen = await probeTcp(here, reactor, '127.0.0.1', await freePort(), timeoutMs);
    expect(seen).toMatchObject({ outcome: 'refused', reason: 'Connection refused' });
    expect(judgeSocket('tcp web:80', 'open', seen).message).toBe(
      'expected tcp web:80 to be open, but it is refused: Connection refused',
    );
  });

  test('tells that no answer came when the handshake does not end', async () => {
    const never: Reactor = { ...reactor, wait: () => Promise.resolve(false) };
    const pending: Enter = () => ({
      fd: newSocket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC),
      connected: false,
    });
    const seen = await probeTcp(pending, never, '192.0.2.1', 80, 300);
    expect(seen).toMatchObject({ outcome: 'timeout', reason: 'no answer within 300 ms' });
  });

  test.each([
    [101, 'unreachable', 'Network is unreachable'],
    [113, 'unreachable', 'No route to host'],
    [13, 'unreachable', 'a prohibit route forbids it'],
    [22, 'unreachable', 'a blackhole route swallows it'],
    [110, 'timeout', 'Connection timed out'],
    [1, 'timeout', 'a firewall rule on the way out drops it'],
  ])('tells what error %d of connect means', async (errno, outcome, reason) => {
    const failing: Enter = () => {
      throw new Errno('connect', errno);
    };
    const seen = await probeTcp(failing, reactor, '192.0.2.1', 80, timeoutMs);
    expect(seen).toMatchObject({ outcome, reason });
  });

  test('refuses a text that is no address', async () => {
    await expect(probeTcp(here, reactor, 'web', 80, timeoutMs)).rejects.toThrow(
      'web is no IP address',
    );
  });
});

describe('judgeSocket', () => {
  const silent = {
    outcome: 'timeout',
    reason: 'no answer within 1000 ms',
    ms: 1000,
    neighbour: 'nobody on eth0 answers ARP for 192.0.2.9',
  } as const;

  test('takes a silent neighbour for unreachable, which the kernel says later', () => {
    expect(judgeSocket('tcp 192.0.2.9:80', 'unreachable', silent).ok).toBe(true);
    expect(judgeSocket('tcp 192.0.2.9:80', 'timeout', silent).ok).toBe(true);
    expect(judgeSocket('tcp 192.0.2.9:80', 'open', silent)).toMatchObject({
      ok: false,
      message:
        'expected tcp 192.0.2.9:80 to be open, but it is without an answer (timeout): nobody on eth0 answers ARP for 192.0.2.9',
    });
  });

  test('does not take an ordinary timeout for unreachable', () => {
    const { neighbour: _, ...seen } = silent;
    expect(judgeSocket('tcp 192.0.2.9:80', 'unreachable', seen).ok).toBe(false);
  });
});

describe('probeUdp', () => {
  test('finds a server that answers', async () => {
    const bound = openSocket({ protocol: 'udp', port: 0 }, (action) => action());
    const port = getsockname(bound.fd).readUInt16BE(2);
    closers.push(serve(bound, 'udp', { host: 'node1', pod: 'web' }).close);
    const seen = await probeUdp(here, reactor, '127.0.0.1', port, timeoutMs);
    expect(seen.outcome).toBe('open');
  });

  test('finds a closed port by the ICMP error', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    const seen = await probeUdp(here, reactor, '127.0.0.1', port, timeoutMs);
    expect(seen.outcome).toBe('refused');
  });

  test('finds no answer from a server that says nothing', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    closers.push(() => socket.close());
    const seen = await probeUdp(here, reactor, '127.0.0.1', socket.address().port, 20);
    expect(seen).toMatchObject({ outcome: 'timeout', reason: 'no answer within 20 ms' });
  });
});

describe('probeHttp', () => {
  const get = async (port: number, path = '/', ms = timeoutMs): Promise<HttpSeen> => {
    const target = readUrl(`http://127.0.0.1:${port}${path}`, () => undefined);
    if (!target) throw new Error('the URL has no address');
    return await probeHttp(here, reactor, target, ms);
  };
  const serveHttp = (listener: RequestListener) => listen(createHttpServer(listener));

  test('reads the answer of a built-in server and the source that it saw', async () => {
    const bound = openSocket({ protocol: 'http', port: 0 }, (action) => action());
    const port = getsockname(bound.fd).readUInt16BE(2);
    closers.push(serve(bound, 'http', { host: 'node1', pod: 'web' }).close);
    const seen = await get(port);
    expect(seen).toMatchObject({ outcome: 'answered', status: 200, source: '127.0.0.1' });
    const url = 'http://web/';
    expect(judgeHttp(url, { status: 200, source: '127.0.0.1' }, seen).ok).toBe(true);
    expect(judgeHttp(url, { source: '10.0.0.1' }, seen).message).toBe(
      'expected status 200 and 10.0.0.1 as the source that the server sees from http://web/, but the server saw 127.0.0.1',
    );
  });

  test('sends path and host, and reads status and body', async () => {
    const port = await serveHttp((request, response) => {
      response.writeHead(404).end(`${request.headers.host} ${request.url}`);
    });
    const seen = await get(port, '/a?b=1');
    expect(seen).toMatchObject({
      outcome: 'answered',
      status: 404,
      body: `127.0.0.1:${port} /a?b=1`,
    });
    expect(judgeHttp('http://web/', {}, seen).ok).toBe(false);
    expect(judgeHttp('http://web/', { status: 404, body: 'b=1' }, seen).ok).toBe(true);
    expect(judgeHttp('http://web/', { status: 404, source: '1.2.3.4' }, seen).message).toContain(
      'does not tell the source',
    );
  });

  test('keeps no more than 64 KiB of a body', async () => {
    const port = await serveHttp((_, response) => response.end('x'.repeat(200_000)));
    const seen = await get(port);
    expect(seen).toMatchObject({ outcome: 'answered', truncated: true });
    expect('body' in seen && seen.body.length).toBe(65536);
  });

  test('ends with a timeout when the server never answers', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    const seen = await get(await listen(server), '/', 50);
    expect(seen).toMatchObject({ outcome: 'timeout' });
    expect(judgeHttp('http://web/', {}, seen).message).toContain('but no answer came: connected');
  });

  test.each([
    ['nothing', ''],
    ['something else', 'SSH-2.0-OpenSSH\r\n'],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('tells that the connection broke when the server says %s', async (_, text) => {
    const port = await listen(createServer((socket) => socket.on('error', () => {}).end(text)));
    expect(await get(port)).toMatchObject({ outcome: 'broken' });
  });

  test('tells a closed port', async () => {
    expect(await get(await freePort())).toMatchObject({ outcome: 'refused' });
  });
});

describe('readUrl', () => {
  test.each([
    ['http://192.0.2.1/', { address: '192.0.2.1', port: 80, path: '/', host: '192.0.2.1' }],
    [
      'http://[2001:db8::1]:8080/x?y',
      { address: '2001:db8::1', port: 8080, path: '/x?y', host: '[2001:db8::1]:8080' },
    ],
    ['http://client:81', { address: '192.0.2.50', port: 81, path: '/', host: 'client:81' }],
  ])('reads %s', (url, target) => {
    expect(readUrl(url, (name) => (name === 'client' ? '192.0.2.50' : undefined))).toEqual(target);
  });

  test('gives nothing for a name without an address', () => {
    expect(readUrl('http://nobody/', () => undefined)).toBeUndefined();
  });
});
