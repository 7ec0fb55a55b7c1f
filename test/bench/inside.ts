import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findTool } from '../../server/src/box/tools.ts';
import { installed } from '../../server/src/root.ts';

/** Runs a bundle of the benchmarks as root of namespaces of its own, with its output shown. */
export async function runInside(name: string, ...args: string[]): Promise<void> {
  const bwrap = findTool('bwrap');
  if (bwrap === undefined) throw new Error('bwrap is not installed');
  const root = installed('.');
  const child = spawn(
    bwrap,
    [
      ...['--unshare-all', '--die-with-parent', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'],
      ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
      ...['--tmpfs', '/run', '--tmpfs', '/tmp', '--ro-bind', root, root, '--chdir', root, '--'],
      process.execPath,
      fileURLToPath(new URL(`./${name}.js`, import.meta.url)),
      ...args,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}`);
}
