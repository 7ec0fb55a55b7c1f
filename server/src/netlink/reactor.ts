import { writeSync } from 'node:fs';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
} from './constants.ts';
import { isErrno } from './errno.ts';
import {
  close as closeFd,
  epollBuffer,
  epollControl,
  epollCreate,
  epollEvents,
  epollWaitAsync,
  eventfd,
} from './libc.ts';

/** Calls back when descriptors that Node knows nothing about are ready. */
export interface Reactor {
  /**
   * Calls `onReadable` as long as `fd` has something to read (or is at its end). Returns the undo:
   * call it before closing `fd`. One watch or wait per descriptor at a time.
   */
  watch(fd: number, onReadable: () => void): () => void;
  /** Resolves to true once `fd` is ready or broken, to false after the time or `close`. */
  wait(fd: number, direction: 'readable' | 'writable', timeoutMs: number): Promise<boolean>;
  /** Ends every watch. The process can end only after this (or by process.exit). */
  close(): void;
}

/**
 * One epoll instance whose blocking wait occupies one thread of libuv's pool; the callbacks run on
 * the thread that made the reactor. Every descriptor is armed for one event and armed again after
 * its callback: one that was closed while a child still holds it then falls silent by itself.
 */
export function createReactor(): Reactor {
  const epoll = epollCreate();
  const waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const buffer = epollBuffer(64);
  const byToken = new Map<number, Registration>();
  const byFd = new Map<number, Registration>();
  let nextToken = 1;
  let closed = false;

  const wake = () => void writeSync(waker, one);
  // Node joins the pool's threads when it exits and would wait for ever.
  process.once('exit', wake);
  epollControl(epoll, EPOLL_CTL_ADD, waker, EPOLLIN, wakerToken);

  const add = (fd: number, events: number, onEvent: () => void): Registration => {
    if (closed) throw new Error('the reactor is closed');
    const registration = { fd, events, onEvent, token: nextToken };
    nextToken += 1;
    epollControl(epoll, EPOLL_CTL_ADD, fd, events | EPOLLONESHOT, registration.token);
    // The number was taken over from a descriptor that was closed while watched.
    const stale = byFd.get(fd);
    if (stale) byToken.delete(stale.token);
    byFd.set(fd, registration);
    byToken.set(registration.token, registration);
    return registration;
  };
  const remove = (registration: Registration) => {
    if (!byToken.delete(registration.token)) return;
    byFd.delete(registration.fd);
    if (!closed) unlessGone(() => epollControl(epoll, EPOLL_CTL_DEL, registration.fd, 0, 0));
  };
  const dispatch = (token: number) => {
    const registration = byToken.get(token);
    if (!registration) return;
    try {
      registration.onEvent();
    } finally {
      const { fd, events } = registration;
      if (!closed && byToken.has(token)) {
        const alive = unlessGone(() =>
          epollControl(epoll, EPOLL_CTL_MOD, fd, events | EPOLLONESHOT, token),
        );
        if (!alive) remove(registration);
      }
    }
  };

  const arm = () => epollWaitAsync(epoll, buffer, onWake);
  const onWake = (count: number) => {
    const events = epollEvents(buffer, Math.max(count, 0));
    if (closed) {
      closeFd(epoll);
      closeFd(waker);
      return;
    }
    for (const { token } of events) {
      try {
        dispatch(token);
      } catch (error) {
        // An error of one callback must neither hide nor stop the others.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    arm();
  };
  arm();

  const waits = new Set<(ready: boolean) => void>();
  return {
    watch(fd, onReadable) {
      const registration = add(fd, EPOLLIN, onReadable);
      return () => remove(registration);
    },
    wait(fd, direction, timeoutMs) {
      return new Promise((resolve) => {
        const finish = (ready: boolean) => {
          clearTimeout(timer);
          waits.delete(finish);
          remove(registration);
          resolve(ready);
        };
        const events = direction === 'readable' ? EPOLLIN : EPOLLOUT;
        const registration = add(fd, events, () => finish(true));
        const timer = setTimeout(() => finish(false), timeoutMs);
        waits.add(finish);
      });
    },
    close() {
      if (closed) return;
      closed = true;
      for (const finish of waits) finish(false);
      byToken.clear();
      byFd.clear();
      process.removeListener('exit', wake);
      wake();
    },
  };
}

interface Registration {
  fd: number;
  events: number;
  onEvent: () => void;
  token: number;
}

const wakerToken = 0;

/** What an eventfd adds: 1 as a 64-bit number. */
const one = Buffer.alloc(8);
one.writeBigUInt64LE(1n);

/** False when the descriptor is closed or no longer in the set. */
function unlessGone(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (isErrno(error, 'EBADF', 'ENOENT')) return false;
    throw error;
  }
}
