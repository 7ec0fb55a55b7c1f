import type { Writable } from 'node:stream';

/** The way to the server: one JSON object a line. */
export interface Outgoing {
  send(message: object): void;
  /** The server takes it slower than it comes: who can wait should, or the agent's memory fills. */
  isFull(): boolean;
  /** Calls back, once, when everything has been taken. */
  whenFree(listener: () => void): void;
}

/** UTF-8 bytes that may wait. */
const maxWaiting = 8 * 1024 * 1024;

export function createOutgoing(stream: Writable): Outgoing {
  return {
    send: (message) => void stream.write(`${JSON.stringify(message)}\n`),
    isFull: () => stream.writableLength > maxWaiting,
    whenFree: (listener) => void stream.once('drain', listener),
  };
}
