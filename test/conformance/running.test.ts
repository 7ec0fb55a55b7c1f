import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { createExec } from '../../server/src/cni/execute.ts';
import type { CallOptions } from '../../server/src/cni/types.ts';
import { useBench } from './support/bench.ts';
import { isAlive } from './support/processes.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// X8 to X11: executables that are busy, large outputs, children that stay, and aborts.

const bench = useBench();

/** ADD of a chain of the one plugin `a`. */
const add = (call: CallOptions = {}) =>
  bench.runtime().addNetworkList(bench.list(['a']), bench.rt({}), call);

describe('X: an executable that someone is writing', () => {
  /** One that stays busy for so many attempts. */
  const busyFor = (attempts: number) => {
    const path = bench.script('x', '#!/bin/sh\necho run >> "$0.runs"\ncat > "$0.stdin"\necho {}\n');
    const writer = openSync(path, 'r+');
    let pauses = 0;
    const exec = createExec({
      pause: async () => {
        if (++pauses === attempts) closeSync(writer);
      },
    });
    return { path, runtime: bench.runtime({ exec }), writer, pauses: () => pauses };
  };

  it.each([1, 2, 5])('X8: is tried again %d times, with its input', async (attempts) => {
    const { path, runtime, pauses } = busyFor(attempts);
    await runtime.addNetworkList(bench.list(['x']), bench.rt({}));
    expect(pauses()).toBe(attempts);
    expect(readFileSync(`${path}.runs`, 'utf8')).toBe('run\n');
    expect(readFileSync(`${path}.stdin`, 'utf8')).toBe(
      '{"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
  });

  it.each([
    ['ADD', 'add'],
    ['DEL', 'delete'],
  ] as const)('X8: fails %s after the sixth attempt', async (command, verb) => {
    const { path, runtime, writer, pauses } = busyFor(100);
    const text = await refusalText(() =>
      bench.run(command, bench.list(['x']), bench.rt({}), runtime),
    );
    closeSync(writer);
    expect(text).toBe(
      `plugin type="x" failed (${verb}): netplugin failed with no error message: ` +
        `fork/exec ${path}: text file busy`,
    );
    expect(pauses()).toBe(5);
    expect(existsSync(`${path}.runs`)).toBe(false);
  });

  it('X8: is tried again after a second', async () => {
    const { path, writer } = busyFor(100);
    const started = performance.now();
    let attempts = 0;
    const exec = createExec({
      spawn(program, options) {
        try {
          return spawn(program, [], options);
        } finally {
          if (++attempts === 1) closeSync(writer);
        }
      },
    });
    expect(await exec.execute({ path, stdin: '', env: { PATH: '/bin' } })).toMatchObject({
      exit: 0,
    });
    expect(attempts).toBe(2);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  const noRetry: [what: string, text: string, mode: number][] = [
    ['is not executable', '#!/bin/sh\n', 0o644],
    ['has no format', 'x', 0o755],
    ['asks to be called later', '#!/bin/sh\necho \'{"code":11,"msg":"later"}\'; exit 1\n', 0o755],
  ];
  it.each(noRetry)('X11: one that %s is not tried again', async (_what, text, mode) => {
    bench.script('x', text, mode);
    let pauses = 0;
    const exec = createExec({ pause: async () => void pauses++ });
    const runtime = bench.runtime({ exec });
    await refusalOf(() => runtime.addNetworkList(bench.list(['x']), bench.rt({})));
    expect(pauses).toBe(0);
  });
});

describe('X: the end of a call', () => {
  it('X9: a result of a megabyte arrives whole, with as much on stderr', async () => {
    const name = 'x'.repeat(1_000_000);
    bench.answer('a', 'ADD', {
      stdout: `{"interfaces":[{"name":"${name}"}]}`,
      stderr: 'e'.repeat(1_000_000),
    });
    let heard = 0;
    const result = await add({
      observer: (step) => {
        if (step.phase === 'end') heard = step.stderr.length;
      },
    });
    expect(result).toMatchObject({ interfaces: [{ name }] });
    expect(heard).toBe(1_000_000);
  });

  it('X9: input of a megabyte arrives whole, and need not be read', async () => {
    const large = { type: 'a', text: 'x'.repeat(1_000_000) };
    const stdin = `{"cniVersion":"1.0.0","name":"net","text":"${large.text}","type":"a"}`;
    await bench.runtime().addNetworkList(bench.list([large]), bench.rt({}));
    expect(bench.calls()[0]?.stdin === stdin).toBe(true);
    bench.script('deaf', '#!/bin/sh\necho {}\n');
    await bench.runtime().addNetworkList(bench.list([{ ...large, type: 'deaf' }]), bench.rt({}));
  });

  it.each(['stdout', 'stderr'])('X9: a plugin that floods %s is ended', async (stream) => {
    bench.answer('a', 'ADD', { run: `yes ${stream === 'stderr' ? '>&2' : ''}` });
    const runtime = bench.runtime({ exec: createExec({ outputLimit: 1000 }) });
    const text = await refusalText(() => runtime.addNetworkList(bench.list(['a']), bench.rt({})));
    expect(text).toBe(
      `plugin type="a" failed (add): netplugin failed: its ${stream} grew past the limit and ` +
        'it was killed; a plugin prints one JSON object',
    );
  });

  it('X9: waits for a child of the plugin that holds its output', async () => {
    execFileSync('mkfifo', [bench.at('fifo')]);
    bench.answer('a', 'ADD', { run: '(read line < "$notes/fifo"; printf "{}") &' });
    const events: string[] = [];
    const adding = add().then(() => events.push('end'));
    // Opening for writing waits for the reader, which is that child.
    await new Promise((resolve) => setImmediate(resolve));
    events.push('told to go on');
    writeFileSync(bench.at('fifo'), 'go\n');
    await adding;
    expect(events).toEqual(['told to go on', 'end']);
  });

  it('X10: an abort kills the plugin, and all that it started; nothing else runs', async () => {
    bench.answer('a', 'ADD', {
      run: 'sleep 1000 & echo $! > "$notes/pid.new"; mv "$notes/pid.new" "$notes/pid"; wait',
    });
    const abort = new AbortController();
    const adding = refusalText(() =>
      bench.runtime().addNetworkList(bench.list(['a', 'b']), bench.rt({}), {
        signal: abort.signal,
      }),
    );
    await vi.waitFor(() => expect(existsSync(bench.at('pid'))).toBe(true), { timeout: 10_000 });
    abort.abort();
    expect(await adding).toBe(
      'plugin type="a" failed (add): netplugin failed with no error message: signal: killed',
    );
    expect(bench.ran()).toEqual(['ADD a']);
    const pid = readFileSync(bench.at('pid'), 'utf8').trim();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  const over: [what: string, signal: () => AbortSignal, reason: string][] = [
    ['aborted', () => AbortSignal.abort(), 'context canceled'],
    [
      'timed out',
      () => AbortSignal.abort(new DOMException('late', 'TimeoutError')),
      'context deadline exceeded',
    ],
  ];
  it.each(over)('X10: a call that is %s already starts nothing', async (_what, signal, reason) => {
    expect(await refusalText(() => add({ signal: signal() }))).toBe(
      `plugin type="a" failed (add): netplugin failed with no error message: ${reason}`,
    );
    expect(bench.ran()).toEqual([]);
  });
});
