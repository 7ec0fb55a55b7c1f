import { type ChildProcess, type SpawnOptions, spawn as nodeSpawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findInPath } from './findInPath.ts';
import { decodeText, encodeText, goReason } from './goText.ts';
import { type Pipe, openPipe } from './pipe.ts';
import type { Exec, ExecOutcome, ExecRequest } from './types.ts';

/** Starts a process with the given options; must call child_process.spawn before it returns. */
export type SpawnPlugin = (path: string, options: SpawnOptions) => ChildProcess;

export interface ExecOptions {
  /** Default: child_process.spawn. The lab enters a host's namespaces around it. */
  spawn?: SpawnPlugin;
  /** Most bytes of stdout and of stderr each; default 16 MiB. */
  outputLimit?: number;
  /** Waits before a busy executable is tried again; default one second. */
  pause?: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Any empty pipe takes this much without blocking. */
const pipeBytes = 4096;
/** The first and five more, as libcni has it (X8). */
const busyAttempts = 6;

/**
 * Runs plugins as child processes. Each leads a process group of its own, so that an abort ends
 * what it started as well: libcni kills the plugin alone and then waits for its children (X10).
 */
export function createExec(options: ExecOptions = {}): Exec {
  const spawn = options.spawn ?? ((path, spawnOptions) => nodeSpawn(path, [], spawnOptions));
  const limit = options.outputLimit ?? 16 * 1024 * 1024;
  const pause = options.pause ?? ((signal) => sleep(1000, undefined, signal ? { signal } : {}));

  const execute = async (request: ExecRequest): Promise<ExecOutcome> => {
    for (let attempt = 1; ; attempt++) {
      if (request.signal?.aborted) return neverStarted(abortReason(request.signal));
      const outcome = await runOnce(request, spawn, limit);
      if (outcome.failure !== busyFailure(request.path) || attempt === busyAttempts) return outcome;
      await pause(request.signal).catch(() => undefined);
    }
  };
  return { findInPath, execute };
}

const neverStarted = (failure: string): ExecOutcome => ({
  stdout: '',
  stderr: '',
  exit: null,
  ms: 0,
  failure,
});

const busyFailure = (path: string): string => `fork/exec ${path}: text file busy`;

function abortReason(signal: AbortSignal): string {
  const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return timedOut ? 'context deadline exceeded' : 'context canceled';
}

function runOnce(request: ExecRequest, spawn: SpawnPlugin, limit: number): Promise<ExecOutcome> {
  const started = performance.now();
  const input = encodeText(request.stdin);
  const pipes: Pipe[] = [];
  let child: ChildProcess;
  try {
    if (isForeignFormat(request.path)) {
      return Promise.resolve(neverStarted(`fork/exec ${request.path}: exec format error`));
    }
    const [stdin, stdout, stderr] = [openInto(pipes), openInto(pipes), openInto(pipes)];
    if (input.length <= pipeBytes) writeSync(stdin.write, input);
    child = spawn(request.path, {
      env: request.env,
      stdio: [stdin.read, stdout.write, stderr.write],
      detached: true,
    });
  } catch (error) {
    for (const { read, write } of pipes) {
      closeSync(read);
      closeSync(write);
    }
    return Promise.resolve(neverStarted(spawnFailure(request.path, error)));
  }
  return watch(child, pipes, { request, input, limit, started });
}

function openInto(pipes: Pipe[]): Pipe {
  const pipe = openPipe();
  pipes.push(pipe);
  return pipe;
}

interface Watched {
  request: ExecRequest;
  input: Buffer;
  limit: number;
  started: number;
}

/** Follows a process to its end and to the end of its output (X9). */
function watch(child: ChildProcess, pipes: Pipe[], watched: Watched): Promise<ExecOutcome> {
  const { request, input, limit, started } = watched;
  const [stdin, stdout, stderr] = pipes;
  if (!stdin || !stdout || !stderr) throw new Error('a plugin has three pipes');
  for (const end of [stdin.read, stdout.write, stderr.write]) closeSync(end);
  let writer: Socket | undefined;
  if (input.length <= pipeBytes) closeSync(stdin.write);
  else {
    writer = new Socket({ fd: stdin.write, readable: false, writable: true });
    // A plugin need not read its input; what it did not read is no error (EPIPE).
    writer.on('error', () => undefined);
    writer.end(input);
  }

  return new Promise((resolve) => {
    const outcome: ExecOutcome = { stdout: '', stderr: '', exit: null, ms: 0 };
    let exited = false;
    let stopped = false;
    let open = 2;
    const streams = [
      collect(stdout.read, limit, {
        over: () => overflow('stdout'),
        end: (text) => ((outcome.stdout = text), open--, finish()),
      }),
      collect(stderr.read, limit, {
        over: () => overflow('stderr'),
        end: (text) => ((outcome.stderr = text), open--, finish()),
      }),
    ];
    const finish = () => {
      if (!exited || open > 0) return;
      request.signal?.removeEventListener('abort', stop);
      writer?.destroy();
      outcome.ms = performance.now() - started;
      resolve(outcome);
    };
    const dropStreams = () => streams.forEach((stream) => stream.destroy());
    const stop = () => {
      stopped = true;
      killGroup(child.pid);
      // A child that left the group may hold the pipes for ever.
      if (exited) dropStreams();
    };
    const overflow = (stream: 'stdout' | 'stderr') => {
      outcome.overflow ??= stream;
      stop();
    };
    const ended = () => {
      exited = true;
      // One turn of the loop later, what it had written before is read.
      if (stopped) setImmediate(dropStreams);
      finish();
    };
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      outcome.failure = spawnFailure(request.path, error);
      ended();
    });
    child.on('exit', (code, signal) => {
      outcome.exit = code;
      if (signal !== null) outcome.signal = signal;
      ended();
    });
    request.signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Gathers a stream's text; past `limit` bytes it calls `over` and drops the rest. */
function collect(
  fd: number,
  limit: number,
  { over, end }: { over: () => void; end: (text: string) => void },
): Socket {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = new Socket({ fd, readable: true, writable: false });
  stream.on('data', (chunk: Buffer) => {
    const room = limit - bytes;
    bytes += chunk.length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    if (chunk.length > room) over();
  });
  stream.on('error', () => undefined);
  stream.on('close', () => end(decodeText(Buffer.concat(chunks))));
  return stream;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/**
 * An executable file that is neither ELF nor a script with an interpreter. The C library under
 * Node's spawn would hand it to /bin/sh; the kernel, and so libcni, refuses it.
 */
function isForeignFormat(path: string): boolean {
  // A bare name is looked up in $PATH (F6).
  if (!path.includes('/')) return false;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const start = Buffer.alloc(4);
    const length = readSync(descriptor, start, 0, 4, 0);
    const magic = start.toString('latin1', 0, length);
    if (magic.startsWith('#!') || magic === '\x7fELF') return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not readable, or not executable: starting it will tell.
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** libcni's words for a process that could not be started. */
function spawnFailure(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_INVALID_ARG_VALUE') return 'exec: environment variable contains NUL';
  // Go passes over folders of $PATH that it may not read; libc reports them.
  if ((code === 'ENOENT' || code === 'EACCES') && !path.includes('/')) {
    return `exec: "${path}": executable file not found in $PATH`;
  }
  return `fork/exec ${path}: ${goReason(error)}`;
}
