import type { ClientToServer, Reply, ServerToClient } from '@cnilab/shared/protocol/socket';
import { io, type Socket } from 'socket.io-client';
import { ServerProblem, ServerUnreachable } from './problems.ts';
import type { LabSocket } from './services.ts';

const answerMs = 15_000;

/** The page's socket; it connects again by itself for as long as the page is open. */
export function createSocket(): LabSocket {
  const socket: Socket<ServerToClient, ClientToServer> = io({
    // A long-polling start would cost two more round trips before the first event.
    transports: ['websocket', 'polling'],
    reconnectionDelay: 300,
    reconnectionDelayMax: 3000,
  });

  const ask = <T>(send: (reply: (answer: Reply<T>) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const lost = () => done(() => reject(new ServerUnreachable()));
      const timer = setTimeout(lost, answerMs);
      const done = (action: () => void) => {
        clearTimeout(timer);
        socket.off('disconnect', lost);
        action();
      };
      socket.on('disconnect', lost);
      send((answer) =>
        done(() => (answer.ok ? resolve(answer.value) : reject(new ServerProblem(answer.problem)))),
      );
    });

  return {
    get connected() {
      return socket.connected;
    },
    watch: (lab, since) =>
      ask((reply) => socket.emit('watch', { lab, ...(since ? { since } : {}) }, reply)),
    unwatch: (lab) => {
      if (socket.connected) socket.emit('unwatch', { lab });
    },
    look: async (lab, look) => {
      await ask<object>((reply) => socket.emit('look', { lab, look }, reply));
    },
    unlook: (lab, look) => {
      if (socket.connected) socket.emit('unlook', { lab, look });
    },
    on: (event, listener) => {
      // socket.io's own type of a listener is a conditional type that no generic event satisfies.
      const untyped: { on: Untyped; off: Untyped } = socket as never;
      untyped.on(event, listener);
      return () => untyped.off(event, listener);
    },
    onConnection: (listener) => {
      const up = () => listener(true);
      const down = () => listener(false);
      socket.on('connect', up);
      socket.on('disconnect', down);
      socket.on('connect_error', down);
      return () => {
        socket.off('connect', up);
        socket.off('disconnect', down);
        socket.off('connect_error', down);
      };
    },
    openProcess: async (options) => {
      const { process } = await ask<{ process: string }>((reply) =>
        socket.emit('openProcess', options, reply),
      );
      return process;
    },
    input: (process, data) => socket.emit('processInput', { process, data }),
    resize: (process, columns, rows) => socket.emit('processResize', { process, columns, rows }),
    close: (process) => socket.emit('processClose', { process }),
  };
}

type Untyped = (event: string, listener: unknown) => void;
