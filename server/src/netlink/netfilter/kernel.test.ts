import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { beforeAll, expect, test } from 'vitest';
import { kernelCases } from './kernelCases.ts';

/**
 * The cases run in a child with a user and network namespace of its own, so they need no rights and
 * cannot touch the machine.
 */
let results: Record<string, string | null> = {};

beforeAll(async () => {
  const modules = fileURLToPath(new URL('.', import.meta.url));
  const bundle = await rolldown({
    input: `${modules}kernelCases.ts`,
    external: ['koffi'],
    platform: 'node',
    treeshake: false,
  });
  const { output } = await bundle.generate({ format: 'esm' });
  const code = `${output[0].code}
process.stdout.write(JSON.stringify(await runKernelCases()), () => process.exit());`;
  results = JSON.parse(await runInNamespace(code, modules));
}, 120_000);

test.each(Object.keys(kernelCases))('%s', (name) => {
  expect(results).toHaveProperty([name]);
  expect(results[name]).toBeNull();
});

/** What the module `code` prints; `directory` is where its imports are looked up. */
function runInNamespace(code: string, directory: string): Promise<string> {
  const own = ['--unshare-user', '--unshare-net', '--unshare-pid', '--die-with-parent'];
  const box = [...own, '--uid', '0', '--gid', '0', '--cap-add', 'ALL', '--chdir', directory];
  // iptables keeps its lock in /run.
  const view = ['--dev-bind', '/', '/', '--proc', '/proc', '--tmpfs', '/run'];
  const node = [process.execPath, '--input-type=module', '-'];
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const child = spawn('bwrap', [...box, ...view, ...node], {
    stdio: 'pipe',
    timeout: 110_000,
    env,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(code);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(stdout);
      else reject(new Error(`the child ended with ${status ?? signal}: ${stderr}`));
    });
  });
}
