import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { z } from 'zod';
import { lookKey, type Look, type Seen } from '@cnilab/shared/live/look';
import type { LabEntry } from '@cnilab/shared/protocol/api';
import {
  lookInputSchema,
  openProcessSchema,
  processInputSchema,
  processRefSchema,
  processResizeSchema,
  watchSchema,
  type ClientToServer,
  type Reply,
  type ServerToClient,
} from '@cnilab/shared/protocol/socket';
import type { Labs } from '../labs/labs.ts';
import { ProblemError, toProblem } from '../labs/problem.ts';
import { createChannel } from './channel.ts';
import type { Guard } from './guard.ts';
import { lookAt } from './looking.ts';
import { createProcesses } from './processes.ts';
import { badInput } from './routes.ts';
import { watchLab, type Watcher } from './watching.ts';

type IoServer = Server<ClientToServer, ServerToClient>;
type IoSocket = Socket<ClientToServer, ServerToClient>;

const maxWatches = 100;
const maxLooks = 100;
const unwatchSchema = z.object({ lab: z.string() });
const base64Input = processInputSchema.extend({ data: z.base64() });

/** Serves live state and processes over socket.io, which the caller loads (see `createApp`). */
export function createSockets(
  SocketServer: typeof Server,
  server: HttpServer,
  labs: Labs,
  guard: Guard,
): IoServer {
  const io: IoServer = new SocketServer(server, {
    serveClient: false,
    maxHttpBufferSize: 1024 * 1024,
    allowRequest: (request, callback) => {
      const refusal = guard.refuse(request);
      callback(refusal?.message, refusal === undefined);
    },
  });
  const lists = followList(labs);
  io.on('connection', (socket) => serve(socket, labs, lists));
  return io;
}

function serve(socket: IoSocket, labs: Labs, lists: ListFollower): void {
  const channel = createChannel(() => socket.conn.transport.writable);
  const emit = <E extends keyof ServerToClient>(
    event: E,
    ...values: Parameters<ServerToClient[E]>
  ) => void socket.emit(event, ...values);
  const processes = createProcesses(labs, channel, emit);
  const watchers = new Map<string, Watcher>();
  const looks = new Map<string, { close(): void }>();
  const unlook = (lab: string, look: Look) => {
    looks.get(`${lab} ${lookKey(look)}`)?.close();
    looks.delete(`${lab} ${lookKey(look)}`);
  };

  const sendList = (list: LabEntry[]) => {
    if (channel.isSlow()) {
      channel.whenFree(lists.again);
      return;
    }
    channel.sent(list.length * 200);
    emit('labs', list);
  };
  const undo = [
    lists.add(sendList),
    labs.onSaved((name, revision) => emit('saved', name, revision)),
  ];

  socket.on(
    'watch',
    answering(watchSchema, async ({ lab, since }) => {
      watchers.get(lab)?.close();
      watchers.delete(lab);
      if (watchers.size >= maxWatches) {
        throw new ProblemError('conflict', 'Too many labs are watched: close some first.');
      }
      const watcher = watchLab({ labs, lab, since, channel, emit });
      watchers.set(lab, watcher);
      return watcher.watched;
    }),
  );
  socket.on(
    'unwatch',
    receiving(unwatchSchema, ({ lab }) => {
      watchers.get(lab)?.close();
      watchers.delete(lab);
    }),
  );
  socket.on(
    'look',
    answering(lookInputSchema, async ({ lab, look }) => {
      unlook(lab, look);
      if (looks.size >= maxLooks) {
        throw new ProblemError('conflict', 'Too much is looked at: close some panels first.');
      }
      const send = (seen: Seen) => emit('seen', lab, look, seen);
      looks.set(`${lab} ${lookKey(look)}`, lookAt({ labs, lab, look, channel, send }));
      return {};
    }),
  );
  socket.on(
    'unlook',
    receiving(lookInputSchema, ({ lab, look }) => unlook(lab, look)),
  );
  socket.on('openProcess', answering(openProcessSchema, processes.open));
  socket.on(
    'processInput',
    receiving(base64Input, ({ process, data }) => processes.input(process, data)),
  );
  socket.on(
    'processCloseInput',
    receiving(processRefSchema, ({ process }) => processes.closeInput(process)),
  );
  socket.on(
    'processResize',
    receiving(processResizeSchema, ({ process, columns, rows }) =>
      processes.resize(process, columns, rows),
    ),
  );
  socket.on(
    'processClose',
    receiving(processRefSchema, ({ process }) => processes.end(process)),
  );
  socket.on('disconnect', () => {
    processes.close();
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
    for (const look of looks.values()) look.close();
    looks.clear();
    channel.close();
    for (const action of undo) action();
  });
}

/** A message that is answered. Whatever a client sends, the server goes on. */
function answering<I, O>(schema: z.ZodType<I>, action: (input: I) => Promise<O>) {
  return (input: unknown, reply: unknown): void => {
    const send = (answer: Reply<O>) => {
      if (typeof reply === 'function') reply(answer);
    };
    const parsed = schema.safeParse(input);
    const result = parsed.success ? action(parsed.data) : Promise.reject(badInput(parsed.error));
    result.then(
      (value) => send({ ok: true, value }),
      (error: unknown) => send({ ok: false, problem: toProblem(error).problem }),
    );
  };
}

/** A message without an answer: one that is wrong is dropped. */
function receiving<I>(schema: z.ZodType<I>, action: (input: I) => void) {
  return (input: unknown): void => {
    const parsed = schema.safeParse(input);
    if (parsed.success) action(parsed.data);
  };
}

interface ListFollower {
  add(listener: (list: LabEntry[]) => void): () => void;
  /** Reads the list and tells everybody. */
  again: () => void;
}

/** One reading of the list for all clients, and one at a time however much changes. */
function followList(labs: Labs): ListFollower {
  const listeners = new Set<(list: LabEntry[]) => void>();
  let reading = false;
  let stale = false;
  const again = () => {
    stale = true;
    if (reading) return;
    reading = true;
    void (async () => {
      while (stale) {
        stale = false;
        const list = await labs.list().catch(() => undefined);
        if (list) for (const listener of listeners) listener(list);
      }
      reading = false;
    })();
  };
  labs.onList(again);
  return {
    add: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    again,
  };
}
