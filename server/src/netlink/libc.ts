import koffi from 'koffi';
import { constants as os } from 'node:os';
import { EPOLL_CLOEXEC, RLIMIT_NPROC } from './constants.ts';
import { Errno } from './errno.ts';

/**
 * All foreign functions but those of inotify.ts: plain C calls over numbers, strings and byte arrays.
 * Every function throws an Errno when the call fails. setns and unshare act on the calling thread
 * only, which in Node is the one that runs this JavaScript.
 */

type Libc = ReturnType<typeof koffi.load>;

export function loadLibc(): Libc {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load('libc.so'); // musl
  }
}

const libc = loadLibc();

const c: {
  unshare: (flags: number) => number;
  setns: (fd: number, type: number) => number;
  setrlimit: (resource: number, limits: Uint8Array) => number;
  mount: (
    source: string | null,
    target: string,
    type: string | null,
    flags: number,
    data: string | null,
  ) => number;
  umount2: (target: string, flags: number) => number;
  sethostname: (name: Uint8Array, length: number) => number;
  open: (path: string, flags: number, mode: number) => number;
  close: (fd: number) => number;
  kill: (pid: number, signal: number) => number;
  socket: (domain: number, type: number, protocol: number) => number;
  bind: (fd: number, address: Uint8Array, length: number) => number;
  connect: (fd: number, address: Uint8Array, length: number) => number;
  listen: (fd: number, backlog: number) => number;
  send: (fd: number, data: Uint8Array, length: number, flags: number) => number;
  recv: (fd: number, data: Uint8Array, length: number, flags: number) => number;
  setsockopt: (fd: number, level: number, name: number, v: Uint8Array, length: number) => number;
  getsockopt: (fd: number, level: number, name: number, v: Uint8Array, l: Uint8Array) => number;
  getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  getpeername: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  eventfd: (initial: number, flags: number) => number;
  epoll_create1: (flags: number) => number;
  epoll_ctl: (epoll: number, operation: number, fd: number, event: Uint8Array) => number;
  poll: (fds: Uint8Array, count: number, timeout: number) => number;
} = {
  unshare: libc.func('int unshare(int flags)'),
  setrlimit: libc.func('int setrlimit(int resource, void *limits)'),
  setns: libc.func('int setns(int fd, int type)'),
  mount: libc.func('int mount(str source, str target, str type, unsigned long flags, str data)'),
  umount2: libc.func('int umount2(str target, int flags)'),
  sethostname: libc.func('int sethostname(void *name, size_t length)'),
  open: libc.func('int open(str path, int flags, uint mode)'),
  close: libc.func('int close(int fd)'),
  kill: libc.func('int kill(int pid, int signal)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, void *address, uint length)'),
  connect: libc.func('int connect(int fd, void *address, uint length)'),
  listen: libc.func('int listen(int fd, int backlog)'),
  send: libc.func('long send(int fd, void *data, size_t length, int flags)'),
  recv: libc.func('long recv(int fd, void *data, size_t length, int flags)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, void *value, uint length)'),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  getsockname: libc.func('int getsockname(int fd, void *address, void *length)'),
  getpeername: libc.func('int getpeername(int fd, void *address, void *length)'),
  eventfd: libc.func('int eventfd(uint initial, int flags)'),
  epoll_create1: libc.func('int epoll_create1(int flags)'),
  epoll_ctl: libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
  poll: libc.func('int poll(void *fds, unsigned long count, int timeout)'),
};
const epollWaitFunction = libc.func(
  'int epoll_wait(int epoll, void *events, int count, int timeout)',
);

const { EAGAIN, EINTR, EINPROGRESS } = os.errno;

/** Runs a call again while signals interrupt it; throws its errno when it failed. */
function checked(name: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) throw new Errno(name, errno);
  }
}

/** As `checked`, with undefined for "would block". */
function unlessBlocked(name: string, call: () => number): number | undefined {
  for (;;) {
    const result = call();
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno === EAGAIN) return undefined;
    if (errno !== EINTR) throw new Errno(name, errno);
  }
}

/** Gives the calling thread private namespaces, or (CLONE_FS) its own root and directory. */
export function unshare(flags: number): void {
  checked('unshare', () => c.unshare(flags));
}

/**
 * Moves the calling thread into the namespace of `fd`; `type` is its CLONE_NEW… flag or 0 for any.
 * For mount namespaces call `unshare(CLONE_FS)` before, or the kernel answers EINVAL.
 */
export function setns(fd: number, type = 0): void {
  checked('setns', () => c.setns(fd, type));
}

/** From now on this process's user may have no more processes and threads in its user namespace. */
export function limitProcesses(count: number): void {
  const limits = Buffer.alloc(16); // soft, hard: unsigned long each
  limits.writeBigUInt64LE(BigInt(count), 0);
  limits.writeBigUInt64LE(BigInt(count), 8);
  checked('setrlimit', () => c.setrlimit(RLIMIT_NPROC, limits));
}

export function mount(
  source: string | null,
  target: string,
  type: string | null,
  flags: number,
  data: string | null = null,
): void {
  checked(`mount ${target}`, () => c.mount(source, target, type, flags, data));
}

export function umount(target: string, flags = 0): void {
  checked(`umount ${target}`, () => c.umount2(target, flags));
}

export function sethostname(name: string): void {
  const bytes = Buffer.from(name);
  checked('sethostname', () => c.sethostname(bytes, bytes.length));
}

/** Opens a path as the calling thread sees it (`fs.open` off the main thread would not). */
export function open(path: string, flags: number, mode = 0): number {
  return checked(`open ${path}`, () => c.open(path, flags, mode));
}

/** Never repeated after an interruption: Linux has closed the descriptor by then. */
export function close(fd: number): void {
  if (c.close(fd) < 0 && koffi.errno() !== EINTR) throw new Errno('close', koffi.errno());
}

/** `signal` is a number of `os.constants.signals`; 0 only asks whether `pid` exists. */
export function kill(pid: number, signal: number): void {
  checked('kill', () => c.kill(pid, signal));
}

/** Add SOCK_CLOEXEC to `type`, otherwise children inherit the socket. */
export function socket(domain: number, type: number, protocol = 0): number {
  return checked('socket', () => c.socket(domain, type, protocol));
}

export function bind(fd: number, address: Uint8Array): void {
  checked('bind', () => c.bind(fd, address, address.length));
}

/** False when a non-blocking socket is still connecting: wait for writable, then ask SO_ERROR. */
export function connect(fd: number, address: Uint8Array): boolean {
  if (c.connect(fd, address, address.length) >= 0) return true;
  const errno = koffi.errno();
  if (errno === EINPROGRESS || errno === EINTR) return false;
  throw new Errno('connect', errno);
}

export function listen(fd: number, backlog = 511): void {
  checked('listen', () => c.listen(fd, backlog));
}

/** Bytes sent, or undefined when a non-blocking send would block. */
export function send(fd: number, data: Uint8Array, flags = 0): number | undefined {
  return unlessBlocked('send', () => c.send(fd, data, data.length, flags));
}

/** Bytes received, 0 at the end of a stream, or undefined when there is nothing (yet). */
export function recv(fd: number, into: Uint8Array, flags = 0): number | undefined {
  return unlessBlocked('recv', () => c.recv(fd, into, into.length, flags));
}

/** A number is passed as a C int. */
export function setsockopt(fd: number, level: number, name: number, v: number | Uint8Array): void {
  const bytes = typeof v === 'number' ? int32(v) : v;
  checked('setsockopt', () => c.setsockopt(fd, level, name, bytes, bytes.length));
}

/** The value of an option that is a C int, such as SO_ERROR. */
export function getsockopt(fd: number, level: number, name: number): number {
  const value = int32(0);
  const length = int32(4);
  checked('getsockopt', () => c.getsockopt(fd, level, name, value, length));
  return value.readInt32LE();
}

/** The raw `struct sockaddr` of the socket's own end. */
export const getsockname = (fd: number): Buffer => socketName('getsockname', fd);

/** The raw `struct sockaddr` of the other end. */
export const getpeername = (fd: number): Buffer => socketName('getpeername', fd);

function socketName(which: 'getsockname' | 'getpeername', fd: number): Buffer {
  const address = Buffer.alloc(128);
  const length = int32(address.length);
  checked(which, () => c[which](fd, address, length));
  return address.subarray(0, Math.min(length.readInt32LE(), address.length));
}

export function eventfd(initial: number, flags: number): number {
  return checked('eventfd', () => c.eventfd(initial, flags));
}

export function epollCreate(): number {
  return checked('epoll_create1', () => c.epoll_create1(EPOLL_CLOEXEC));
}

// Only x86 packs `struct epoll_event`: 32 bits of events, then 64 bits of the caller's data.
const packed = process.arch === 'x64' || process.arch === 'ia32';
const eventSize = packed ? 12 : 16;
const dataOffset = packed ? 4 : 8;

/** `token` comes back with the events of `fd`. */
export function epollControl(
  epoll: number,
  operation: number,
  fd: number,
  events: number,
  token: number,
): void {
  const event = Buffer.alloc(eventSize);
  event.writeUInt32LE(events >>> 0, 0);
  event.writeUInt32LE(token, dataOffset);
  checked('epoll_ctl', () => c.epoll_ctl(epoll, operation, fd, event));
}

/** Room for `count` events of one epollWaitAsync call. */
export const epollBuffer = (count: number): Buffer => Buffer.alloc(count * eventSize);

/** The `count` events that an epoll call wrote into `buffer`. */
export function epollEvents(buffer: Buffer, count: number): { token: number; events: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    events: buffer.readUInt32LE(i * eventSize),
    token: buffer.readUInt32LE(i * eventSize + dataOffset),
  }));
}

/** Blocks the thread for at most `timeoutMs` (-1: for ever); the number of events in `buffer`. */
export function epollWait(epoll: number, buffer: Buffer, timeoutMs: number): number {
  return checked('epoll_wait', () =>
    Number(epollWaitFunction(epoll, buffer, buffer.length / eventSize, timeoutMs)),
  );
}

/**
 * As epollWait, in a thread of libuv's pool without a time limit. `done` gets the number of events,
 * negative when the call failed or a signal interrupted it. `buffer` must stay untouched until then.
 */
export function epollWaitAsync(epoll: number, buffer: Buffer, done: (count: number) => void): void {
  epollWaitFunction.async(
    epoll,
    buffer,
    buffer.length / eventSize,
    -1,
    (error: Error | null, count: number) => done(error ? -1 : count),
  );
}

/** Blocks for at most `timeoutMs`; the events that happened on `fd`, 0 after the time. */
export function poll(fd: number, events: number, timeoutMs: number): number {
  const entry = Buffer.alloc(8);
  entry.writeInt32LE(fd, 0);
  entry.writeInt16LE(events, 4);
  checked('poll', () => c.poll(entry, 1, timeoutMs));
  return entry.readInt16LE(6);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
