import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { startBox } from '../box/startBox.ts';
import { openDocuments } from '../labs/documents.ts';
import { createLabs, type StartBox } from '../labs/labs.ts';
import { ProblemError } from '../labs/problem.ts';
import { installed } from '../root.ts';
import { createApp } from './app.ts';
import { createGuard, isLoopback } from './guard.ts';
import { createSockets } from './sockets.ts';

export interface ServerOptions {
  /** 0 = a free one. */
  port: number;
  /** Address to listen at; beyond loopback a token is required of everybody. */
  host: string;
  /** Folder where labs are kept. */
  data: string;
  /** Folder of the built page. */
  page?: string;
  startBox?: StartBox;
}

export interface RunningServer {
  /** What a person opens; carries the token if there is one. */
  url: string;
  token?: string;
  /** Ends everything, boxes included, within 2 s. */
  close(): Promise<void>;
}

/** Starts the server. Throws a ProblemError with the remedy when it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const [{ default: express }, { Server: SocketServer }] = await Promise.all([
    import('express'),
    import('socket.io'),
  ]);
  const documents = await openDocuments(options.data);
  const labs = createLabs(documents, options.startBox ?? startBox);
  const token = isLoopback(options.host) ? undefined : randomBytes(32).toString('base64url');
  const http = createServer();
  const port = await listen(http, options.port, options.host);
  const guard = createGuard({
    host: options.host,
    port,
    ...(token === undefined ? {} : { token }),
  });
  http.on(
    'request',
    createApp(express, { labs, guard, page: options.page ?? installed('web/dist') }),
  );
  // After the application, because it takes its own addresses away from it.
  const io = createSockets(SocketServer, http, labs, guard);
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost(options.host)}:${port}/${token === undefined ? '' : `?token=${token}`}`,
    ...(token === undefined ? {} : { token }),
    close: () => (closing ??= close()),
  };

  async function close(): Promise<void> {
    const ended = labs.close();
    const closed = io.close();
    http.closeAllConnections();
    await Promise.all([ended, closed]);
  }
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ProblemError('internal', listenFailure(error, port, host), { cause: error }));
    });
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function listenFailure(error: NodeJS.ErrnoException, port: number, host: string): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} is in use already, perhaps by another cnilab. Take another one with --port ${port + 1}, or end what uses it.`;
  }
  if (error.code === 'EACCES') {
    return `This user may not listen at port ${port}. Take one above 1023 with --port.`;
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `This machine has no address ${host}. Give one of its own with --host, or 0.0.0.0 for all.`;
  }
  return `The server cannot listen at ${host}, port ${port}: ${error.message}`;
}

/** An address that a browser can open: for "all addresses", this machine's first. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const first = all.find(({ family, internal }) => family === 'IPv4' && !internal);
    return first?.address ?? 'localhost';
  }
  return isIP(host) === 6 ? `[${host}]` : host;
}
