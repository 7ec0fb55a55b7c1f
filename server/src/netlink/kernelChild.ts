import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Test support: runs the `cases` of a module in a child with user, network and process namespaces of
 * its own, so they need no rights, cannot touch the machine and leave no process. It also shows that process.exit ends a
 * process with an open reactor.
 *
 * @param module URL of the module, which exports `cases`
 * @returns per case why it failed, or null
 */
export async function runInKernel(module: URL): Promise<Record<string, string | null>> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const entry = 'entry';
  const bundle = await rolldown({
    input: entry,
    external: ['koffi'],
    platform: 'node',
    treeshake: false,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? `${folder}entry.ts` : null),
        load: (id) => (id === `${folder}entry.ts` ? entryCode(fileURLToPath(module)) : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm' });
  return JSON.parse(await runInNamespace(output[0].code, folder));
}

const entryCode = (module: string): string => `
import { runCases } from './caseRunner.ts';
import { createReactor } from './reactor.ts';
import { cases } from ${JSON.stringify(module)};
createReactor();
const results = await runCases(cases);
process.stdout.write(JSON.stringify(results), () => process.exit());
`;

/** What the module `code` prints; `folder` is where its imports are looked up. */
function runInNamespace(code: string, folder: string): Promise<string> {
  const own = ['--unshare-user', '--unshare-net', '--unshare-pid', '--die-with-parent'];
  const root = ['--uid', '0', '--gid', '0', '--cap-add', 'ALL', '--chdir', folder];
  // iptables keeps its lock in /run.
  const view = ['--dev-bind', '/', '/', '--proc', '/proc', '--tmpfs', '/run'];
  const node = [process.execPath, '--input-type=module', '-'];
  const child = spawn('bwrap', [...own, ...root, ...view, ...node], {
    stdio: 'pipe',
    timeout: 50_000,
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
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
