/** A text as Go's `%q` prints it: libcni quotes plugin output that way in its errors. */
export function goQuote(text: string): string {
  let quoted = '';
  for (const character of text) quoted += escapes[character] ?? escapeOther(character);
  return `"${quoted}"`;
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escapeOther(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code < 0xe000) return '\ufffd';
  if (printable.test(character)) return character;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
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
  EEXIST: 'file exists',
  EFBIG: 'file too large',
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
  ETXTBSY: 'text file busy',
};
