import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import { useBench } from './bench.ts';

/** The command line as it was built. */
export const cli = fileURLToPath(new URL('../../../server/dist/cli.js', import.meta.url));
export const verbs = ['add', 'check', 'del', 'gc', 'status'] as const;
export const succeeded = { exit: 0, stdout: '', stderr: '' };
/** Binds pairs of folders on each other, up to `--`, and goes on with the rest. */
const bindAndRun =
  'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"';

/**
 * The bench, and cnitool as a process on it. A mount namespace gives each run its own /var/lib and
 * /etc (the folders `var` and `etc` of the bench), so that nothing is written on this machine.
 */
export function useCnitool() {
  const bench = useBench();
  const running = new Set<ChildProcess>();
  // A test that failed may have left some; each ends its plugin with itself.
  afterEach(() => running.forEach((child) => child.kill()));
  beforeEach(() => {
    mkdirSync(bench.at('var'));
    mkdirSync(bench.at('etc'));
  });

  /** Starts cnitool; the variables are all that it has, those that are undefined are not set. */
  function start(args: string | readonly string[], env: Record<string, string | undefined> = {}) {
    const words = typeof args === 'string' ? args.split(' ').filter(Boolean) : args;
    const binds = [bench.at('var'), '/var/lib', bench.at('etc'), '/etc'];
    const command = ['-rm', 'sh', '-c', bindAndRun, 'sh', ...binds, '--'];
    const options = {
      cwd: bench.at(),
      env: {
        PATH: process.env['PATH'],
        NETCONFPATH: bench.at('net.d'),
        CNI_PATH: bench.at('bin'),
        ...env,
      },
    };
    const argv = [...command, process.execPath, cli, 'cnitool', ...words];
    const child = spawn('unshare', argv, options);
    running.add(child.once('exit', () => running.delete(child)));
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const ended = once(child, 'close').then(async ([exit]: unknown[]) => ({
      exit,
      stdout: await stdout,
      stderr: await stderr,
    }));
    return { child, ended };
  }
  /** Runs it to its end. */
  const run = (...args: Parameters<typeof start>) => start(...args).ended;

  /** The message of a failure, which must have the shape of T12. */
  async function refused(...args: Parameters<typeof run>): Promise<string> {
    const { exit, stdout, stderr } = await run(...args);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    const { message = '' } =
      /^Error: (?<message>.*)\n(?:.+\n)+\n\k<message>\n$/s.exec(stderr)?.groups ?? {};
    expect(stderr).toContain(`Error: ${message}\n`);
    return message;
  }

  return {
    ...bench,
    start,
    run,
    refused,
    /** Puts a network named `net` of version 1.1.0 there. */
    configure: (...[plugins, keys]: Parameters<typeof bench.list>) =>
      bench.put('net.d/net.conflist', bench.list(plugins, { cniVersion: '1.1.0', ...keys }).bytes),
    /** The names of the cache files. */
    results: () => readdirSync(bench.at('var', 'cni', 'results')).toSorted(),
  };
}
