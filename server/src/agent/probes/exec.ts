import { run, type RunResult } from '../run.ts';
import type { Space } from '../space.ts';
import { excerpt, textMatcher, type Attempt } from './attempt.ts';

const keptBytes = 64 * 1024;

/** Runs the command and waits at most `timeoutMs` for its end; then it is killed. */
export function probeExec(space: Space, argv: string[], timeoutMs: number): Promise<RunResult> {
  return run(space, argv, { timeoutMs: Math.ceil(timeoutMs), maxBytes: 1024 * 1024 });
}

export interface ExecExpectation {
  exit?: number | undefined;
  stdout?: string | undefined;
}

/** Whether the command did what the check expects: exit code 0 unless another one is given. */
export function judgeExec(argv: string[], expected: ExecExpectation, seen: RunResult): Attempt {
  const { exit = 0, stdout } = expected;
  const matches = stdout === undefined || textMatcher(stdout)(seen.stdout);
  const wanted = stdout === undefined ? '' : ` and output with ${stdout}`;
  return {
    ok: seen.exit === exit && matches,
    got: {
      exit: seen.exit,
      ...(seen.signal === undefined ? {} : { signal: seen.signal }),
      stdout: seen.stdout.slice(0, keptBytes),
      stderr: seen.stderr.slice(0, keptBytes),
      ...(seen.failure === undefined ? {} : { failure: seen.failure }),
    },
    message: `expected ${argv.join(' ')} to end with exit code ${exit}${wanted}, but ${found(argv, seen, exit)}`,
  };
}

function found([program]: string[], seen: RunResult, exit: number): string {
  if (seen.failure?.endsWith('ENOENT')) return `there is no program ${program}`;
  if (seen.failure !== undefined) return `it failed: ${seen.failure}`;
  if (seen.signal !== undefined) return `${seen.signal} ended it`;
  if (seen.exit === exit) return `its output is "${excerpt(seen.stdout)}"`;
  const words = excerpt(seen.stderr || seen.stdout);
  return `its exit code is ${seen.exit}${words === '' ? '' : `: ${words}`}`;
}
