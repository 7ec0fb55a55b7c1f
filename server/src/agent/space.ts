import { openSync } from 'node:fs';
import { CLONE_FS, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS } from '../netlink/constants.ts';
import { close, setns, unshare } from '../netlink/libc.ts';

/** The three namespaces that make a place in the box, as descriptors. No process is needed. */
export interface NamespaceSet {
  net: number;
  mnt: number;
  uts: number;
}

/** A host or a pod: a namespace set that the agent can enter. */
export interface Space extends NamespaceSet {
  /** `node1`, or `node1/web` for a pod; empty for the segments' own namespace. */
  id: string;
  kind: 'host' | 'pod' | 'foreign' | 'segments';
  host: string;
  /** The number under which other namespaces of the lab know this one's network namespace. */
  nsid: number;
  /** What processes in it get. */
  environment: Record<string, string>;
}

/** The namespaces that the calling thread is in now. `/proc/self` would mean the main thread. */
export function openNamespaces(): NamespaceSet {
  const open = (name: string) => openSync(`/proc/thread-self/ns/${name}`, 'r');
  return { net: open('net'), mnt: open('mnt'), uts: open('uts') };
}

export function closeNamespaces(set: NamespaceSet): void {
  for (const fd of new Set([set.net, set.mnt, set.uts])) close(fd);
}

/** Where the agent itself lives. Opened at load, before anything can have moved the thread. */
export const home: NamespaceSet = openNamespaces();

/**
 * Runs a synchronous action inside a namespace set and comes back. Nothing may be awaited in it:
 * only this thread moves, and libuv's threads never do. Failing to come back is fatal, because the
 * agent would go on in a person's host.
 */
export function inside<T>(set: NamespaceSet, action: () => T): T {
  try {
    enter(set);
    return action();
  } finally {
    comeHome(() => enter(home));
  }
}

/** As `inside`, for the network namespace alone: enough for sockets and /proc/sys/net. */
export function insideNet<T>(set: Pick<NamespaceSet, 'net'>, action: () => T): T {
  try {
    setns(set.net, CLONE_NEWNET);
    return action();
  } finally {
    comeHome(() => setns(home.net, CLONE_NEWNET));
  }
}

function enter(set: NamespaceSet): void {
  setns(set.net, CLONE_NEWNET);
  // A mount namespace is refused (EINVAL) while the thread shares its root and directory.
  unshare(CLONE_FS);
  setns(set.mnt, CLONE_NEWNS);
  setns(set.uts, CLONE_NEWUTS);
}

function comeHome(back: () => void): void {
  try {
    back();
  } catch (error) {
    process.stderr.write(`the agent cannot come back to its own namespaces: ${String(error)}\n`);
    process.exit(70);
  }
}
