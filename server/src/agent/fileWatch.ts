import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { openInotify, type FileEvent, type Inotify } from '../netlink/inotify.ts';

/** One file of a host that came, was written or went. */
export interface FileChange {
  host: string;
  /** As the host sees it: `/var/lib/cni/networks/net/10.1.0.2`. */
  path: string;
  change: 'new' | 'written' | 'gone';
}

/** Watches folders of hosts, with all that is in them: what plugins keep on disk. */
export interface FileWatch {
  /** Readable when there is something to drain. Undefined if files cannot be watched here. */
  fd: number | undefined;
  /** `folder` is a path as the host sees it, `root` where the host's files stand. */
  add(host: string, root: string, folder: string): void;
  remove(host: string): void;
  /** What happened so far, without waiting. A file that came and went in between is left out. */
  drain(): FileChange[];
}

interface Folder {
  host: string;
  root: string;
  path: string;
}

/** Deeper than any plugin goes. */
const maxDepth = 6;

export function createFileWatch(): FileWatch {
  const inotify = tryOpen();
  if (!inotify) return { fd: undefined, add: () => {}, remove: () => {}, drain: () => [] };
  const folders = new Map<number, Folder>();
  /** The files of each host. */
  const files = new Map<string, Set<string>>();
  const filesOf = (host: string): Set<string> => {
    const known = files.get(host) ?? new Set();
    files.set(host, known);
    return known;
  };

  /** Watches a folder and those in it; gives the files that are there already. */
  const enter = (folder: Folder, depth = 0): string[] => {
    const watch = inotify.add(join(folder.root, folder.path));
    if (watch === undefined || depth > maxDepth) return [];
    folders.set(watch, folder);
    return entriesIn(folder).flatMap((entry) => {
      const path = join(folder.path, entry.name);
      return entry.isDirectory() ? enter({ ...folder, path }, depth + 1) : [path];
    });
  };
  const notice = (host: string, path: string, changes: Map<string, FileChange>) => {
    const known = filesOf(host);
    const key = `${host} ${path}`;
    const change = known.has(path) ? 'written' : 'new';
    known.add(path);
    if (changes.get(key)?.change !== 'new') changes.set(key, { host, path, change });
  };
  const lose = (host: string, path: string, changes: Map<string, FileChange>) => {
    const key = `${host} ${path}`;
    if (!filesOf(host).delete(path)) return;
    if (changes.get(key)?.change === 'new') changes.delete(key);
    else changes.set(key, { host, path, change: 'gone' });
  };

  const receive = (event: FileEvent, changes: Map<string, FileChange>) => {
    const folder = folders.get(event.watch);
    if (!folder) return;
    if (event.kind === 'unwatched') {
      folders.delete(event.watch);
      return;
    }
    const { host } = folder;
    const path = join(folder.path, event.name);
    if (isPassing(event.name)) return;
    if (event.isFolder) {
      // What was put into it before it was watched has no events of its own.
      if (event.kind === 'created') {
        for (const file of enter({ ...folder, path })) notice(host, file, changes);
      }
    } else if (event.kind === 'deleted') lose(host, path, changes);
    else notice(host, path, changes);
  };

  /** After lost events: everything is looked at again. */
  const lookAgain = (changes: Map<string, FileChange>) => {
    for (const [host, known] of files) {
      const roots = [...folders.values()].filter((folder) => folder.host === host);
      const there = new Set(roots.flatMap((folder) => enter(folder)));
      for (const path of known) if (!there.has(path)) lose(host, path, changes);
      for (const path of there) if (!known.has(path)) notice(host, path, changes);
    }
  };

  return {
    fd: inotify.fd,
    add(host, root, path) {
      for (const file of enter({ host, root, path })) filesOf(host).add(file);
    },
    remove(host) {
      for (const [watch, folder] of folders) {
        if (folder.host !== host) continue;
        inotify.remove(watch);
        folders.delete(watch);
      }
      files.delete(host);
    },
    drain() {
      const changes = new Map<string, FileChange>();
      const { events, overrun } = inotify.drain();
      for (const event of events) receive(event, changes);
      if (overrun) lookAgain(changes);
      return [...changes.values()];
    },
  };
}

/** Locks, and files that are written under another name first. */
const isPassing = (name: string): boolean => name === 'lock' || name.startsWith('.');

function entriesIn({ root, path }: Folder): Dirent[] {
  try {
    return readdirSync(join(root, path), { withFileTypes: true }).filter(
      ({ name }) => !isPassing(name),
    );
  } catch {
    return []; // gone meanwhile
  }
}

/** A user has only so many of them on one machine: then files are not told. */
function tryOpen(): Inotify | undefined {
  try {
    return openInotify();
  } catch {
    return undefined;
  }
}
