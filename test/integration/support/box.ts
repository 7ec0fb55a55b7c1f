import { applyChange, emptySnapshot } from '@cnilab/shared/live/reducer';
import type { Change, Snapshot } from '@cnilab/shared/live/events';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { onTestFinished, vi } from 'vitest';
import type { Box, BoxOptions } from '../../../server/src/box/box.ts';
import { startBox } from '../../../server/src/box/startBox.ts';

export interface Finished {
  code: number | null;
  signal?: string;
  stdout: string;
  stderr: string;
}

/** A running box with what its agent has told so far. */
export interface TestBox extends Box {
  /** All changes, in order. */
  changes: Change[];
  /** The changes folded together, as a browser does it. */
  state(): Snapshot;
  /** Applies a lab file's text. */
  apply(text: string): Promise<ApplyResult>;
  /** Runs a command on HOST or HOST/POD to its end. */
  exec(target: string, ...argv: string[]): Promise<Finished>;
  /** As `exec`, for a command that must succeed; its standard output without the last newline. */
  sh(target: string, script: string): Promise<string>;
  /** Runs the checks of a lab file's text. */
  checks(text: string): Promise<CheckResult[]>;
}

/** The compiled lab of a text that is without errors. */
export function compile(text: string): CompiledLab {
  const { compiled, diagnostics } = parseLab(text);
  if (compiled) return compiled;
  throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
}

/** Starts a box that ends with the test, whatever happens. */
export async function openBox(options: BoxOptions = {}): Promise<TestBox> {
  const box = watchBox(await startBox(options));
  onTestFinished(() => box.stop());
  return box;
}

let lastProcess = 0;

/** Records what a box tells. */
export function watchBox(box: Box): TestBox {
  const changes: Change[] = [];
  let snapshot = emptySnapshot('test');
  box.onNotice((notice) => {
    if (notice.notice !== 'changes') return;
    for (const { change } of notice.changes) {
      changes.push(change);
      snapshot = applyChange(snapshot, change);
    }
  });
  const exec = async (target: string, ...argv: string[]): Promise<Finished> => {
    const process = `test-${++lastProcess}`;
    const [ended] = await Promise.all([
      finish(box, process),
      box.request('spawn', { process, target, argv }).catch((error: unknown) => {
        throw new Error(`spawn ${argv.join(' ')}`, { cause: error });
      }),
    ]);
    return ended;
  };
  return {
    ...box,
    changes,
    state: () => snapshot,
    apply: (text) => box.request('apply', { lab: compile(text) }),
    exec,
    async sh(target, script) {
      const { code, stdout, stderr } = await exec(target, 'sh', '-ec', script);
      if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stderr}`);
      return stdout.replace(/\n$/, '');
    },
    async checks(text) {
      const results: CheckResult[] = [];
      for (const check of compile(text).checks) results.push(await box.request('check', { check }));
      return results;
    },
  };
}

/** Collects what a process of the box says until it ends. Never settles if it is not started. */
export function finish(box: Box, id: string): Promise<Finished> {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  return new Promise((resolve, reject) => {
    const stop = box.onNotice((notice) => {
      if (!('process' in notice) || notice.process !== id) return;
      if (notice.notice === 'output') {
        output[notice.stream].push(Buffer.from(notice.data, 'base64'));
        return;
      }
      stop();
      resolve({
        code: notice.code,
        ...(notice.signal === undefined ? {} : { signal: notice.signal }),
        stdout: Buffer.concat(output.stdout).toString('utf8'),
        stderr: Buffer.concat(output.stderr).toString('utf8'),
      });
    });
    void box.ended.then(({ reason }) => reject(new Error(reason)));
  });
}

/** Repeats a look at something until it no longer throws; its last error after 10 s. */
export const eventually = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 10_000, interval: 20 });

/** The agent's process id, as processes in the box see it. */
export const agentPid = (box: TestBox, host: string): Promise<string> =>
  // The oldest: a child that was born a moment ago has the same command line.
  box.sh(host, 'pgrep -o -f "^[^ ]*node /agent/agent.js"');
