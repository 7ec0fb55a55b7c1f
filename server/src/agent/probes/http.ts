import { formatIp, parseIp } from '@cnilab/shared/cni/ip';
import { request, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Reactor } from '../../netlink/reactor.ts';
import { excerpt, type Attempt } from './attempt.ts';
import { millisecondsSince, openConnection, type Closed, type Enter } from './connect.ts';

const maxBody = 64 * 1024;

export type HttpSeen = { ms: number } & (
  | Closed
  | {
      outcome: 'answered';
      status: number;
      body: string;
      /** Longer than what is kept of it. */
      truncated?: true;
      /** The client's address as a built-in server of the lab saw it. */
      source?: string;
    }
  | { outcome: 'broken'; reason: string }
);

export interface HttpTarget {
  address: string;
  port: number;
  path: string;
  /** The Host header. */
  host: string;
}

/** Takes a URL apart. `resolve` turns names of the lab into addresses. Throws what is wrong. */
export function readUrl(
  text: string,
  resolve: (name: string) => string | undefined,
): HttpTarget | undefined {
  if (!URL.canParse(text)) throw new Error(`${text} is no URL; write http://ADDRESS:PORT/PATH`);
  const url = new URL(text);
  if (url.protocol !== 'http:') {
    throw new Error(`${text} is not plain http; the check speaks http:// only`);
  }
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = parseIp(name) ? name : resolve(name);
  if (address === undefined) return undefined;
  return {
    address,
    port: Number(url.port || 80),
    path: `${url.pathname}${url.search}`,
    host: url.host,
  };
}

/** Makes one GET request over a connection of its own. Redirections are not followed. */
export async function probeHttp(
  enter: Enter,
  reactor: Reactor,
  target: HttpTarget,
  timeoutMs: number,
): Promise<HttpSeen> {
  const start = performance.now();
  const elapsed = () => millisecondsSince(start);
  const connection = await openConnection(enter, reactor, target.address, target.port, timeoutMs);
  if (!('fd' in connection)) return { ...connection, ms: elapsed() };
  const socket = new Socket({ fd: connection.fd, readable: true, writable: true });
  // Whatever the request does not hear of any more must not end the agent.
  socket.on('error', () => {});
  try {
    const answer = await exchange(socket, target, timeoutMs - elapsed());
    return { ...answer, ms: elapsed() };
  } finally {
    socket.destroy();
  }
}

type Exchange =
  | Omit<Extract<HttpSeen, { outcome: 'answered' }>, 'ms'>
  | { outcome: 'broken' | 'timeout'; reason: string };

function exchange(
  socket: Socket,
  { path, host }: HttpTarget,
  timeoutMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => finish({ outcome: 'timeout', reason: 'connected, but no full answer came in time' }),
      Math.max(timeoutMs, 1),
    );
    const finish = (result: Exchange) => {
      clearTimeout(timer);
      resolve(result);
      outgoing.destroy();
    };
    const fail = (error: Error) => finish({ outcome: 'broken', reason: error.message });
    const outgoing = request({
      createConnection: () => socket,
      path,
      headers: { Host: host, Connection: 'close' },
    });
    outgoing.on('error', fail);
    outgoing.once('response', (response) => collect(response, finish));
    outgoing.end();
  });
}

function collect(response: IncomingMessage, finish: (result: Exchange) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const done = (truncated: boolean) => {
    const body = Buffer.concat(chunks).subarray(0, maxBody).toString('utf8');
    const source = sourceIn(body);
    finish({
      outcome: 'answered',
      status: response.statusCode ?? 0,
      body,
      ...(truncated ? { truncated } : {}),
      ...(source === undefined ? {} : { source }),
    });
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBody) done(true);
  });
  response.once('end', () => done(false));
  response.once('error', (error) => finish({ outcome: 'broken', reason: error.message }));
}

/** `remote.address` of the answer of a built-in http server. */
function sourceIn(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    const remote = field(answer, 'remote');
    const address = field(remote, 'address');
    return typeof address === 'string' ? address : undefined;
  } catch {
    return undefined;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;

export interface HttpExpectation {
  status?: number | undefined;
  body?: string | undefined;
  source?: string | undefined;
}

/** Whether an attempt saw what the check expects: status 200 unless another one is given. */
export function judgeHttp(url: string, expected: HttpExpectation, seen: HttpSeen): Attempt {
  const problem = mismatch(expected, seen);
  return {
    ok: problem === undefined,
    got: { ...seen },
    message: `expected ${describe(expected)} from ${url}, but ${problem ?? 'got it'}`,
  };
}

function mismatch(expected: HttpExpectation, seen: HttpSeen): string | undefined {
  const { status = 200, body, source } = expected;
  if (seen.outcome !== 'answered') return `${failures[seen.outcome]}: ${seen.reason}`;
  if (seen.status !== status) return `the status is ${seen.status}: "${excerpt(seen.body)}"`;
  if (body !== undefined && !seen.body.includes(body)) return `the body is "${excerpt(seen.body)}"`;
  if (source === undefined) return undefined;
  if (seen.source === undefined) {
    return 'the answer does not tell the source (a built-in http server of the lab does)';
  }
  return sameAddress(seen.source, source) ? undefined : `the server saw ${seen.source}`;
}

const failures = {
  broken: 'the connection broke',
  refused: 'the connection was refused',
  timeout: 'no answer came',
  unreachable: 'the address is out of reach',
} as const;

function describe({ status = 200, body, source }: HttpExpectation): string {
  const parts = [`status ${status}`];
  if (body !== undefined) parts.push(`a body with "${body}"`);
  if (source !== undefined) parts.push(`${source} as the source that the server sees`);
  return parts.join(' and ');
}

export function sameAddress(a: string, b: string): boolean {
  const [left, right] = [parseIp(a), parseIp(b)];
  return left && right ? formatIp(left) === formatIp(right) : a === b;
}
