import { constants as os } from 'node:os';
import koffi from 'koffi';
import { Errno } from './errno.ts';
import { loadLibc } from './libc.ts';

/** inotify(7): what happens to files, queued like netlink's messages before the system call returns. */

const libc = loadLibc();
const c: {
  inotify_init1: (flags: number) => number;
  inotify_add_watch: (fd: number, path: string, mask: number) => number;
  inotify_rm_watch: (fd: number, watch: number) => number;
  read: (fd: number, into: Uint8Array, length: number) => number;
} = {
  inotify_init1: libc.func('int inotify_init1(int flags)'),
  inotify_add_watch: libc.func('int inotify_add_watch(int fd, str path, uint mask)'),
  inotify_rm_watch: libc.func('int inotify_rm_watch(int fd, int watch)'),
  read: libc.func('long read(int fd, void *into, size_t length)'),
};

const IN_NONBLOCK = 0o4000;
const IN_CLOEXEC = 0o2000000;
const IN_CLOSE_WRITE = 0x8;
const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;
const IN_ONLYDIR = 0x1000000;
const IN_ISDIR = 0x40000000;
const mask = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR;

export interface FileEvent {
  /** The number of the folder's watch. */
  watch: number;
  kind: 'created' | 'written' | 'deleted' | 'unwatched';
  /** In the folder. */
  name: string;
  isFolder: boolean;
}

export interface Inotify {
  /** Readable when there is something to drain. */
  fd: number;
  /** Watches a folder, not what is below it. Undefined if it is not there. */
  add(folder: string): number | undefined;
  remove(watch: number): void;
  /** Everything queued so far. After `overrun` the kernel has dropped events: look again. */
  drain(): { events: FileEvent[]; overrun: boolean };
}

/** Throws an Errno (EMFILE: the user has as many as fs.inotify.max_user_instances). */
export function openInotify(): Inotify {
  const fd = c.inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) throw new Errno('inotify_init1', koffi.errno());
  const buffer = Buffer.alloc(64 * 1024);
  return {
    fd,
    add(folder) {
      const watch = c.inotify_add_watch(fd, folder, mask);
      return watch < 0 ? undefined : watch;
    },
    remove: (watch) => void c.inotify_rm_watch(fd, watch),
    drain() {
      const events: FileEvent[] = [];
      let overrun = false;
      for (;;) {
        const length = c.read(fd, buffer, buffer.length);
        if (length <= 0) {
          const errno = koffi.errno();
          if (length < 0 && errno === os.errno.EINTR) continue;
          if (length < 0 && errno !== os.errno.EAGAIN) throw new Errno('read inotify', errno);
          return { events, overrun };
        }
        const told = readEvents(buffer.subarray(0, length));
        overrun ||= told.overrun;
        events.push(...told.events);
      }
    },
  };
}

/** struct inotify_event: watch, mask, cookie, length of the name, name padded with NULs */
export function readEvents(bytes: Buffer): { events: FileEvent[]; overrun: boolean } {
  const events: FileEvent[] = [];
  let overrun = false;
  let at = 0;
  while (at + 16 <= bytes.length) {
    const length = bytes.readUInt32LE(at + 12);
    if (at + 16 + length > bytes.length) break;
    const bits = bytes.readUInt32LE(at + 4);
    const text = bytes.subarray(at + 16, at + 16 + length);
    const end = text.indexOf(0);
    if ((bits & IN_Q_OVERFLOW) !== 0) overrun = true;
    const kind = kindOf(bits);
    if (kind) {
      events.push({
        watch: bytes.readInt32LE(at),
        kind,
        name: text.toString('utf8', 0, end < 0 ? length : end),
        isFolder: (bits & IN_ISDIR) !== 0,
      });
    }
    at += 16 + length;
  }
  return { events, overrun };
}

function kindOf(bits: number): FileEvent['kind'] | undefined {
  if ((bits & (IN_CREATE | IN_MOVED_TO)) !== 0) return 'created';
  if ((bits & (IN_DELETE | IN_MOVED_FROM)) !== 0) return 'deleted';
  if ((bits & IN_CLOSE_WRITE) !== 0) return 'written';
  return (bits & IN_IGNORED) === 0 ? undefined : 'unwatched';
}
