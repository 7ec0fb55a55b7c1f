import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
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

  it('E1, E7: gives it the environment, no arguments and the working directory', async () => {
    const path = script('x', '#!/bin/sh\necho "$# $ONLY $HOME $PWD"\n');
    const outcome = await exec.execute({ path, stdin: '', env: { ONLY: 'this' } });
    expect(outcome.stdout).toBe(`0 this  ${process.cwd()}\n`);
  });

  it('lets it open /dev/stdin and /dev/stderr by name, as shell plugins do', async () => {
    const path = script('x', '#!/bin/sh\ncat /dev/stdin; echo oops > /dev/stderr\n');
    expect(await run(path, 'in')).toMatchObject({ stdout: 'in', stderr: 'oops\n', exit: 0 });
  });

  it('writes input of any size, and does not mind if nobody reads it', async () => {
    const large = 'x'.repeat(1_000_000);
    expect((await run(script('x', '#!/bin/sh\nwc -c\n'), large)).stdout.trim()).toBe('1000000');
    expect(await run(script('y', '#!/bin/sh\nexit 3\n'), large)).toMatchObject({ exit: 3 });
    expect(await run(script('z', '#!/bin/sh\nexit 0\n'), 'small')).toMatchObject({ exit: 0 });
  });

  it('X2: names the signal that ended it', async () => {
    const outcome = await run(script('x', '#!/bin/sh\nkill -SEGV $$\n'));
    expect(outcome).toMatchObject({ exit: null, signal: 'SIGSEGV' });
  });

  it.each([
    ['#!/bin/sh\n', 0o644, 'permission denied'],
    ['text without an interpreter\n', 0o755, 'exec format error'],
    ['', 0o755, 'exec format error'],
    ['#!/no/such/interpreter\n', 0o755, 'no such file or directory'],
  ])('X2, F4: %j with mode %o does not start', async (text, mode, reason) => {
    const path = script('x', text, mode);
    expect(await run(path)).toMatchObject({ exit: null, failure: `fork/exec ${path}: ${reason}` });
  });

  it('F6: a bare name is looked up in $PATH', async () => {
    expect((await run('no-such-plugin')).failure).toBe(
      'exec: "no-such-plugin": executable file not found in $PATH',
    );
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
  const tree = '#!/bin/sh\nsleep 1000 &\necho $! $$ > "$0.pids"\nprintf partial\nwait\n';

  it('X10: an abort ends the whole process group', async () => {
    const path = script('x', tree);
    const abort = new AbortController();
    const running = run(path, '', abort.signal);
    const pids = await vi.waitFor(async () => {
      const found = readFileSync(`${path}.pids`, 'utf8').trim().split(' ').map(Number);
      expect(found).toHaveLength(2);
      return found;
    });
    abort.abort();
    expect(await running).toMatchObject({ exit: null, signal: 'SIGKILL' });
    await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]));
  });

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

  it('X9: without an abort a background child that holds the output is waited for', async () => {
    const path = script('x', '#!/bin/sh\n(read line < "$0.fifo"; echo late) &\nexit 0\n');
    await new Promise((resolve) => spawn('mkfifo', [`${path}.fifo`]).on('exit', resolve));
    const running = run(path);
    writeFileSync(`${path}.fifo`, 'go\n');
    expect(await running).toMatchObject({ stdout: 'late\n', exit: 0 });
  });

  it('X10: nothing starts once the signal is over', async () => {
    const path = script('x', '#!/bin/sh\ntouch "$0.ran"\n');
    const timedOut = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    expect((await run(path, '', timedOut)).failure).toBe('context deadline exceeded');
    expect((await run(path, '', AbortSignal.abort())).failure).toBe('context canceled');
    expect(() => openSync(`${path}.ran`, 'r')).toThrow('ENOENT');
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

it('X11: does not try again after any other error', async () => {
  const pauses: string[] = [];
  const patient = createExec({ pause: async () => void pauses.push('waited') });
  const paths = [script('x', 'no script'), script('y', '#!/bin/sh', 0o644), '/nowhere/z'];
  for (const path of paths) {
    expect((await patient.execute({ path, stdin: '', env })).failure).toMatch(/^fork\/exec/);
  }
  // A plugin that asks to be called again later only says so.
  await patient.execute({
    path: script('w', '#!/bin/sh\necho \'{"code":11}\'; exit 1\n'),
    stdin: '',
    env,
  });
  expect(pauses).toEqual([]);
});

describe('X8: a busy executable', () => {
  const busy = (attempts: number) => {
    const path = script('x', '#!/bin/sh\ncat\n');
    const writer = openSync(path, 'r+');
    let pauses = 0;
    const retrying = createExec({
      pause: async () => {
        if (++pauses === attempts) closeSync(writer);
      },
    });
    return { path, retrying, writer, pauses: () => pauses };
  };

  it('is tried again with its input', async () => {
    const { path, retrying, pauses } = busy(3);
    const outcome = await retrying.execute({ path, stdin: 'again', env });
    expect(outcome).toMatchObject({ stdout: 'again', exit: 0 });
    expect(pauses()).toBe(3);
  });

  it('is an error after six attempts', async () => {
    const { path, retrying, writer, pauses } = busy(100);
    const outcome = await retrying.execute({ path, stdin: '', env });
    closeSync(writer);
    expect(outcome.failure).toBe(`fork/exec ${path}: text file busy`);
    expect(pauses()).toBe(5);
  });

  it('is not waited for once the signal is over', async () => {
    const { path, writer } = busy(100);
    const abort = new AbortController();
    const patient = createExec({ pause: async () => abort.abort() });
    const outcome = await patient.execute({ path, stdin: '', env, signal: abort.signal });
    closeSync(writer);
    expect(outcome.failure).toBe('context canceled');
  });
});
