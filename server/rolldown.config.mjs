// Two single-file bundles. What is shipped as npm packages of the server stays outside cli.js; the
// agent carries everything but the two native packages, because a box sees as little as possible
// of this machine's files.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const native = ['koffi', '@lydell/node-pty'];
const packages = Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@cnilab/'));

function bundle(name, external) {
  return {
    cwd: folder,
    input: { [name]: `src/${name}/main.ts` },
    platform: 'node',
    onLog: failOnUnresolved,
    external: external.map((id) => new RegExp(`^${id}(/|$)`)),
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      sourcemap: true,
      codeSplitting: false,
    },
  };
}

/** Only a warning by default, and then the bundle fails at its first start on somebody's machine. */
function failOnUnresolved(level, log, handle) {
  handle(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
}

export default [bundle('cli', packages), bundle('agent', native)];
