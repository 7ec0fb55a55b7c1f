import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createExec } from './execute.ts';
import { type Bench, createBench } from './testBench.ts';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

const env = { PATH: process.env['PATH'] ?? '' };
const exec = createExec();

function script(name: string, text: string, mode = 0o755): string {
  const path = join(bench.bin, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const run = (path: string, stdin = '', signal?: AbortSignal) =>
  exec.execute({ path, stdin, env, ...(signal ? { signal } : {}) });

/** Not so for a process that only waits for its parent to notice (state Z). */
const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('running an executable', () => {
  it('gives its output, exit code and time', async () => {
    const outcome = await run(script('x', '#!/bin/sh\necho out; echo err >&2; exit 7\n'));
    expect(outcome).toEqual({ stdout: 'out\n', stderr: 'err\n', exit: 7, ms: expect.any(Number) });
    expect(outcome.ms).toBeGreaterThan(0);
  });

  it('lets it open /dev/stdin and /dev/stderr by name, as shell plugins do', async () => {
    const path = script('x', '#!/bin/sh\ncat /dev/stdin; echo oops > /dev/stderr\n');
    expect(await run(path, 'in')).toMatchObject({ stdout: 'in', stderr: 'oops\n', exit: 0 });
  });

  it('reports a NUL in the environment', async () => {
    const path = script('x', '#!/bin/sh\n');
    const outcome = await exec.execute({ path, stdin: '', env: { ...env, A: 'x\0y' } });
    expect(outcome.failure).toBe('exec: environment variable contains NUL');
  });

  it('leaves no descriptor open, however a run ends', async () => {
    const paths = [
      script('x', '#!/bin/sh\nexit 0\n'),
      script('y', '#!/bin/sh\n', 0o644),
      join(bench.bin, 'none'),
    ];
    const probe = () => {
      const descriptor = openSync('/dev/null', 'r');
      closeSync(descriptor);
      return descriptor;
    };
    for (const path of paths) await run(path, 'x'.repeat(10_000));
    const before = probe();
    for (const path of [...paths, ...paths]) await run(path, 'x'.repeat(10_000));
    expect(probe()).toBe(before);
  });
});

describe('stopping', () => {
  it('X10: an abort does not wait for a child that left the group with the output', async () => {
    const path = script(
      'x',
      '#!/bin/sh\nsetsid sh -c \'echo $$ > "$0"; exec sleep 1000\' "$0.pids" &\nexit 0\n',
    );
    const abort = new AbortController();
    const running = run(path, '', abort.signal);
    const pid = await vi.waitFor(() => {
      const text = readFileSync(`${path}.pids`, 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    });
    abort.abort();
    try {
      await running;
      expect(alive(pid)).toBe(true);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it.each(['stdout', 'stderr'] as const)('ends a plugin that floods %s', async (stream) => {
    const redirect = stream === 'stderr' ? ' >&2' : '';
    const limited = createExec({ outputLimit: 1000 });
    const path = script('x', `#!/bin/sh\nyes${redirect}\n`);
    const outcome = await limited.execute({ path, stdin: '', env });
    expect(outcome).toMatchObject({ overflow: stream, signal: 'SIGKILL' });
    expect(outcome[stream]).toHaveLength(1000);
  });
});

it('X8: a busy executable is not waited for once the signal is over', async () => {
  const path = script('x', '#!/bin/sh\ncat\n');
  const writer = openSync(path, 'r+');
  const abort = new AbortController();
  const patient = createExec({ pause: async () => abort.abort() });
  const outcome = await patient.execute({ path, stdin: '', env, signal: abort.signal });
  closeSync(writer);
  expect(outcome.failure).toBe('context canceled');
});
