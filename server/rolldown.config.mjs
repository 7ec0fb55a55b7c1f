// The command line as one small entry and a chunk for each command, so that a command loads only
// what it needs; what is shipped as npm packages of the server stays outside. The agent is one file
// that carries everything but the two native packages, because a box sees as little as possible of
// this machine's files.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const native = ['koffi', '@lydell/node-pty'];
const packages = Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@cnilab/'));

/**
 * Chunks of more than one command. A file costs about a millisecond to load whatever is in it, so
 * what every command uses is one, and so is the CNI runtime but for what starts plugins, which many
 * calls of cnitool never do.
 */
const codeSplitting = {
  includeDependenciesRecursively: false,
  groups: [
    {
      name: 'base',
      test: /server\/src\/(cli\/(command|style)|root)\.ts|shared\/src\/lab\/(names|path)\.ts/,
    },
    { name: 'cni', test: /(shared|server)\/src\/cni\/(?!execute|pipe|runPlugin|delegate)/ },
  ],
};

function bundle(name, external, split) {
  return {
    cwd: folder,
    input: { [name]: `src/${name}/main.ts` },
    platform: 'node',
    // Nothing imports the entries; what chunks share may be exported from wherever it is.
    preserveEntrySignatures: false,
    onLog: failOnUnresolved,
    external: external.map((id) => new RegExp(`^${id}(/|$)`)),
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      // Named for what is in them, so that two builds can stand beside each other.
      chunkFileNames: 'chunks/[name]-[hash].js',
      sourcemap: true,
      codeSplitting: split,
    },
  };
}

/** Only a warning by default, and then the bundle fails at its first start on somebody's machine. */
function failOnUnresolved(level, log, handle) {
  handle(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
}

export default [bundle('cli', packages, codeSplitting), bundle('agent', native, false)];
