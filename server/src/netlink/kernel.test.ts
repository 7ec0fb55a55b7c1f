import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { beforeAll, expect, test } from 'vitest';
import { kernelCases } from './kernelCases.ts';

/**
 * The cases run in a child with a user and network namespace of its own, so they need no rights and
 * cannot touch the machine. It also shows that process.exit ends a process with an open reactor.
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
createReactor();
process.stdout.write(JSON.stringify(await runKernelCases()), () => process.exit());`;
  results = JSON.parse(await runInNamespace(code, modules));
}, 60_000);

test.each(Object.keys(kernelCases))('%s', (name) => {
  expect(results).toHaveProperty([name]);
  expect(results[name]).toBeNull();
});

/** What the module `code` prints; `directory` is where its imports are looked up. */
function runInNamespace(code: string, directory: string): Promise<string> {
  const box = ['--unshare-user', '--unshare-net', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'];
  const view = ['--dev-bind', '/', '/', '--chdir', directory, '--die-with-parent'];
  const node = [process.execPath, '--input-type=module', '-'];
  const child = spawn('bwrap', [...box, ...view, ...node], { stdio: 'pipe', timeout: 50_000 });
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
