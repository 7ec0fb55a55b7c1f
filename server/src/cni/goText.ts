import { isUtf8 } from 'node:buffer';

/**
 * Bytes as text that loses nothing: a byte that is no UTF-8 becomes one lone surrogate, U+DC80 to
 * U+DCFF. Whatever writes JSON makes U+FFFD of each, as Go does (J2), and `encodeText` gives the
 * bytes back.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  let from = 0;
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      text += buffer.toString('utf8', from, at) + String.fromCharCode(0xdc00 + (buffer[at] ?? 0));
      from = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + buffer.toString('utf8', from);
}

/** How many bytes the character at `at` has; 0 if there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const end = at + length;
  return end <= bytes.length && isUtf8(bytes.subarray(at, end)) ? length : 0;
}

/** The bytes that `decodeText` made this text of; the UTF-8 of any other text. */
export function encodeText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/([\u{dc80}-\u{dcff}])/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part),
    ),
  );
}

/** Go's word for a signal. */
export function goSignal(signal: string): string {
  return signals[signal] ?? signal;
}

const signals: Readonly<Record<string, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGUSR1: 'user defined signal 1',
  SIGSEGV: 'segmentation fault',
  SIGUSR2: 'user defined signal 2',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
  SIGSTKFLT: 'stack fault',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'file size limit exceeded',
  SIGVTALRM: 'virtual timer expired',
  SIGPROF: 'profiling timer expired',
  SIGIO: 'I/O possible',
  SIGPWR: 'power failure',
  SIGSYS: 'bad system call',
};

/** A system error as Go words it: `open /x: no such file or directory`. */
export function goSystemError(error: unknown): string {
  const { syscall, path } = systemFields(error);
  if (syscall === undefined) return goReason(error);
  // Node lists a folder with `scandir`, Go opens it.
  const call = syscall === 'scandir' ? 'open' : syscall;
  return `${call}${path === undefined ? '' : ` ${path}`}: ${goReason(error)}`;
}

/** The reason alone: `no such file or directory`. */
export function goReason(error: unknown): string {
  const reason = reasons[systemFields(error).code ?? ''];
  return reason ?? (error instanceof Error ? error.message : String(error));
}

/** The code of a system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return systemFields(error).code;
}

function systemFields(error: unknown): { code?: string; syscall?: string; path?: string } {
  if (!(error instanceof Error)) return {};
  const text = (key: 'code' | 'syscall' | 'path') => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  return { ...text('code'), ...text('syscall'), ...text('path') };
}

const reasons: Readonly<Record<string, string>> = {
  E2BIG: 'argument list too long',
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable',
  EBUSY: 'device or resource busy',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'file exists',
  EFBIG: 'file too large',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files in system',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'exec format error',
  ENOMEM: 'cannot allocate memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENXIO: 'no such device or address',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  // Node does not even ask the kernel for a path with a NUL.
  ERR_INVALID_ARG_VALUE: 'invalid argument',
  ETXTBSY: 'text file busy',
  EXDEV: 'invalid cross-device link',
};
