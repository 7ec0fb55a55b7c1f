import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'socket.io-client';
import {
  api,
  problemSchema,
  type Api,
  type ApiName,
  type Problem,
} from '@cnilab/shared/protocol/api';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';
import { CommandError, UsageError } from './command.ts';

export const serverOptions = {
  server: { type: 'string' },
} as const;

export const serverHelp = `  --server URL   another server than http://127.0.0.1:4600; with its ?token=…, or the token in the
                 environment variable CNILAB_TOKEN`;

/** A running server, as the command line reaches it. */
export interface Client {
  call<N extends ApiName>(name: N, input: Api[N]['input']): Promise<Api[N]['output']>;
  /** A connection for live events and processes; the caller disconnects it. */
  connect(): Promise<Socket<ServerToClient, ClientToServer>>;
}

/** What the server refused, as it said it. */
export class RefusedError extends CommandError {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message, problem.code === 'no-box' ? 3 : problem.code === 'invalid' ? 2 : 1);
    this.problem = problem;
  }
}

/** @param server the value of --server */
export function createClient(server: string | undefined): Client {
  const { base, token } = address(server ?? 'http://127.0.0.1:4600');
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const unreachable = (cause: unknown) =>
    new CommandError(
      `No cnilab server answers at ${base.origin}. Start one with: cnilab serve\n(or name another one with --server URL).`,
      3,
      { cause },
    );
  const call: Client['call'] = async (name, input) => {
    const { method, output } = api[name];
    const { path, body } = requestOf(api[name].path, input);
    const text = method === 'GET' || method === 'DELETE' ? undefined : JSON.stringify(body);
    const answer = await send(new URL(path, base), method, headers, text).catch(
      (error: unknown) => {
        throw unreachable(error);
      },
    );
    const value = parse(answer.text);
    if (answer.status >= 200 && answer.status < 300) {
      const parsed = output.safeParse(value);
      // The schema of this very name has just said so.
      if (parsed.success) return parsed.data as Api[typeof name]['output'];
    }
    const problem = problemSchema.safeParse(value);
    if (problem.success) throw new RefusedError(problem.data);
    throw new CommandError(
      `What answers at ${base.origin} (status ${answer.status}) is not this version of cnilab.`,
      3,
    );
  };
  return {
    call,
    connect: async () => {
      const { io } = await import('socket.io-client');
      const socket: Socket<ServerToClient, ClientToServer> = io(base.origin, {
        transports: ['websocket'],
        extraHeaders: headers,
        reconnection: false,
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      }).catch(async (error: unknown) => {
        socket.disconnect();
        // A refused connection does not tell why; a refused request does.
        await call('listLabs', {});
        throw unreachable(error);
      });
      return socket;
    },
  };
}

function address(server: string): { base: URL; token: string | undefined } {
  const text = server.includes('://') ? server : `http://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `--server needs an address such as http://127.0.0.1:4600, not "${server}".`,
    );
  }
  const token = url.searchParams.get('token') ?? process.env.CNILAB_TOKEN;
  return { base: new URL(url.origin), token: token || undefined };
}

/** `:lab` of the path from the input; the rest of the input is the body. */
function requestOf(path: string, input: object): { path: string; body: object } {
  const rest = new Map<string, unknown>(Object.entries(input));
  const filled = path.replace(/:([a-z]+)/g, (_match, key: string) => {
    const value = String(rest.get(key));
    rest.delete(key);
    return encodeURIComponent(value);
  });
  return { path: filled, body: Object.fromEntries(rest) };
}

/** Not fetch: it gives up after five minutes, and a large deploy may take longer. */
function send(url: URL, method: string, headers: Record<string, string>, body: string | undefined) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = open(url, { method, headers: { ...headers, ...json } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value of a reply, or the problem thrown. */
export function valueOf<T>(reply: { ok: true; value: T } | { ok: false; problem: Problem }): T {
  if (reply.ok) return reply.value;
  throw new RefusedError(reply.problem);
}
