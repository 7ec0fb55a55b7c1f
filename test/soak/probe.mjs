// Loaded into a server by `node --expose-gc --import`: answers each message of its parent with what
// the server holds, after collection.
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** What a run, a box, a client or a request that is not let go of would hold some of. */
const kinds = { ChildProcess, Socket, Map, Set, Promise, Array, Uint8Array };

process.on('message', () => void measure().then((held) => process.send?.(held)));
// The server may end although its parent could still ask.
process.channel?.unref();

async function measure() {
  // What waits for a callback is free only after it, and takes others with it.
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await turn();
  }
  const objects = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })]),
  );
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, descriptors: openDescriptors(), objects };
}

/** Without the one that lists them. */
const openDescriptors = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  }).length;
