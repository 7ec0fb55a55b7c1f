import { mkdirSync, openSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { hostFolder } from './hostFiles.ts';
import { close } from '../netlink/libc.ts';
import type { Observer } from './observer.ts';
import { killProcessesIn } from './processesOf.ts';
import { inside, insideNet, type Space } from './space.ts';
import { foreignSpace } from './spaces.ts';

/** `ip netns add` makes the file first and mounts the namespace on it a moment later. */
const retryMs = 20;
const retries = 25;

export interface ForeignWatch {
  close(): void;
}

/**
 * Watches a host's /run/netns for namespaces that somebody made there by hand, so that they are
 * seen like pods. `isPod` tells the lab's own.
 */
export function watchForeign(
  host: Space,
  isPod: (name: string) => boolean,
  observer: Observer,
): ForeignWatch {
  const folder = join(hostFolder(host.host), 'run/netns');
  mkdirSync(folder, { recursive: true });
  const known = new Map<string, Space>();
  let closed = false;

  const add = (name: string, left: number): void => {
    if (closed || known.has(name) || isPod(name) || !listed().has(name)) return;
    const space = open(host, name);
    if (space) {
      known.set(name, space);
      observer.watch(space);
    } else if (left > 0) {
      setTimeout(() => add(name, left - 1), retryMs);
    }
  };
  const remove = (name: string): void => {
    const space = known.get(name);
    if (!space) return;
    known.delete(name);
    observer.unwatch(space);
    close(space.net);
  };
  const listed = (): Set<string> => {
    try {
      return new Set(readdirSync(folder));
    } catch {
      return new Set();
    }
  };
  const look = (): void => {
    if (closed) return;
    const names = listed();
    for (const name of known.keys()) if (!names.has(name)) remove(name);
    for (const name of names) add(name, retries);
  };
  const watcher: FSWatcher = watch(folder, look);
  watcher.on('error', () => watcher.close());
  return {
    close() {
      closed = true;
      watcher.close();
      for (const [name, space] of known) {
        killProcessesIn(space);
        remove(name);
      }
    },
  };
}

/** The namespace that is mounted on /run/netns/NAME, or undefined while there is only a file. */
function open(host: Space, name: string): Space | undefined {
  let net: number;
  try {
    net = inside(host, () => openSync(join('/run/netns', name), 'r'));
  } catch {
    return undefined;
  }
  try {
    insideNet({ net }, () => undefined);
  } catch {
    close(net);
    return undefined;
  }
  return foreignSpace(host, name, net);
}
