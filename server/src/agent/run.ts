import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { inside, type Space } from './space.ts';

/** How long output is awaited after the end of the process that was asked for. */
export const graceMs = 1000;

export interface RunResult {
  /** Exit code, or null when a signal ended it or it never started. */
  exit: number | null;
  signal?: string;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** Why it never started, or why it was ended before its time. */
  failure?: string;
}

export interface RunOptions {
  timeoutMs?: number;
  /** Per stream; more ends the process. */
  maxBytes?: number;
  stdin?: string;
}

/** `child_process.spawn` in a space: the child is forked by this thread, so it starts there. */
export function spawnInside(
  space: Space,
  command: string,
  argv: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  return inside(space, () => spawn(command, argv, { cwd: '/', ...options }));
}

/** Ends a process and everything in its process group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Runs a command in a space and collects what it says. Never throws: see `failure`. */
export function run(space: Space, argv: string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 60_000, maxBytes = 4 * 1024 * 1024, stdin } = options;
  const [command = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = spawnInside(space, command, rest, {
      env: space.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const sizes = { stdout: 0, stderr: 0 };
    let failure: string | undefined;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      failure = `it did not end within ${timeoutMs} ms`;
      killGroup(child);
    }, timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk: Buffer) => {
        sizes[stream] += chunk.length;
        if (sizes[stream] <= maxBytes) {
          output[stream].push(chunk);
        } else if (!failure) {
          failure = `it wrote more than ${maxBytes} bytes to ${stream}`;
          killGroup(child);
        }
      });
    }
    child.once('error', (error) => {
      failure ??= error.message;
      if (child.pid === undefined) finish(null, null);
    });
    const finish = (exit: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      killGroup(child); // what it left running in its group
      resolve({
        exit,
        ...(signal ? { signal } : {}),
        stdout: Buffer.concat(output.stdout).toString('utf8'),
        stderr: Buffer.concat(output.stderr).toString('utf8'),
        timedOut,
        ...(failure === undefined ? {} : { failure }),
      });
    };
    child.once('close', finish);
    child.once('exit', () => {
      // A grandchild in a group of its own may hold the pipes for ever.
      setTimeout(() => (child.stdout?.destroy(), child.stderr?.destroy()), graceMs).unref();
    });
    child.stdin?.on('error', () => {}); // a command that does not read its input
    child.stdin?.end(stdin ?? '');
  });
}
