import { createSocket, type RemoteInfo } from 'node:dgram';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { z } from 'zod';
import type { listenSchema } from '@cnilab/shared/lab/schema';
import { isErrno } from '../netlink/errno.ts';
import { getpeername, getsockname } from '../netlink/libc.ts';
import { endpointOf, listeningSocket, type ListeningSocket } from './probes/sockets.ts';
import { insideNet, type Space } from './space.ts';

/**
 * The built-in servers of pods. They run in the agent; only their sockets are in the pod, so they
 * cost no process. A client in the lab is held to these limits, because it must not be able to use
 * up the agent.
 */
const limits = {
  connections: 64,
  headerBytes: 16 * 1024,
  /** For the headers and for the whole of a request. */
  requestMs: 5_000,
  idleMs: 60_000,
  /** Two echo servers that are made to answer each other would otherwise never stop. */
  datagramsPerSecond: 5_000,
  queuedDatagramBytes: 256 * 1024,
};

export type Listen = z.infer<typeof listenSchema>;
export interface Identity {
  host: string;
  pod: string;
}
export interface Listener {
  close: () => void;
}

/** Starts a server in a pod. Throws an Error that names port and reason. */
export function startListener(space: Space, listen: Listen, identity: Identity): Listener {
  return serve(
    openSocket(listen, (action) => insideNet(space, action)),
    listen.protocol,
    identity,
  );
}

/** The listening socket, made where `enter` runs its action. */
export function openSocket(
  { protocol, port }: Listen,
  enter: (action: () => ListeningSocket) => ListeningSocket,
): ListeningSocket {
  try {
    return enter(() => listeningSocket(protocol === 'udp' ? 'udp' : 'tcp', port));
  } catch (error) {
    const name = `${protocol} port ${port}`;
    if (isErrno(error, 'EADDRINUSE')) {
      throw new Error(
        `${name} is taken by another server in this pod; choose another port or end that server`,
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the server on ${name} did not start: ${reason}`, { cause: error });
  }
}

/** Puts a server on a listening socket, which is its own from then on. */
export function serve(
  socket: ListeningSocket,
  protocol: Listen['protocol'],
  identity: Identity,
): Listener {
  if (protocol === 'http') return serveHttp(socket, identity);
  return protocol === 'tcp' ? serveTcpEcho(socket) : serveUdpEcho(socket);
}

function serveHttp({ fd }: ListeningSocket, identity: Identity): Listener {
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => answer(request, response, identity),
  );
  server.timeout = limits.requestMs;
  return listenOn(server, fd, () => server.closeAllConnections());
}

/** What the server saw of a request, so that address translation can be seen from the answer. */
function answer(request: IncomingMessage, response: ServerResponse, identity: Identity): void {
  const { socket, method, url, headers } = request;
  request.resume();
  const body = JSON.stringify(
    {
      ...identity,
      ...endpointsOf(socket),
      method,
      path: url,
      headers,
    },
    null,
    2,
  );
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body) + 1,
    // One request per connection: the next one is translated and balanced anew.
    Connection: 'close',
  });
  response.end(`${body}\n`);
}

/**
 * Both ends of a connection. Asking Node would throw for a link-local address: it looks for the
 * interface's name in the agent's namespace. Nothing of a connection that has gone meanwhile.
 */
function endpointsOf(socket: Socket): object {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  const isOpen = typeof handle === 'object' && handle !== null && 'fd' in handle;
  if (!isOpen || typeof handle.fd !== 'number' || handle.fd < 0) return {};
  try {
    return {
      local: endpointOf(getsockname(handle.fd)),
      remote: endpointOf(getpeername(handle.fd)),
    };
  } catch (error) {
    if (isErrno(error, 'ENOTCONN', 'EBADF')) return {};
    throw error;
  }
}

function serveTcpEcho({ fd }: ListeningSocket): Listener {
  const open = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(limits.idleMs, () => socket.destroy());
    socket.pipe(socket);
  });
  return listenOn(server, fd, () => open.forEach((socket) => socket.destroy()));
}

function listenOn(server: Server, fd: number, endConnections: () => void): Listener {
  server.maxConnections = limits.connections;
  // A connection that cannot be accepted, for want of descriptors say, ends no listener.
  server.on('error', () => {});
  server.listen({ fd });
  return {
    close: () => {
      server.close();
      endConnections();
    },
  };
}

function serveUdpEcho({ fd, family }: ListeningSocket): Listener {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const mayAnswer = perSecond(limits.datagramsPerSecond);
  socket.on('error', () => {});
  socket.on('message', (message: Buffer, { address, port }: RemoteInfo) => {
    if (socket.getSendQueueSize() > limits.queuedDatagramBytes || !mayAnswer()) return;
    socket.send(message, port, address, () => {});
  });
  socket.bind({ fd });
  return { close: () => void socket.close() };
}

/** True at most `limit` times in each second. */
function perSecond(limit: number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) [second, count] = [now, 0];
    count += 1;
    return count <= limit;
  };
}
