import koffi from 'koffi';

/** Descriptors of the two ends; whoever opened them closes them. */
export interface Pipe {
  read: number;
  write: number;
}

const closeOnExec = 0o2000000;
let pipe2: ((descriptors: number[], flags: number) => number) | undefined;

/**
 * A real pipe. Node hands sockets to its children, and a socket cannot be opened by name: shell
 * plugins that read /dev/stdin or write to /dev/stderr would fail here and nowhere else.
 */
export function openPipe(): Pipe {
  pipe2 ??= koffi.load(null).func('int pipe2(_Out_ int *descriptors, int flags)');
  const descriptors = [-1, -1];
  if (pipe2(descriptors, closeOnExec) !== 0) {
    throw new Error('no pipe could be opened: too many open files');
  }
  const [read = -1, write = -1] = descriptors;
  return { read, write };
}
