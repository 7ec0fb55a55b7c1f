#!/usr/bin/env node
// Builds what changed: the server's two bundles and the page.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  hashTree,
  isMain,
  isWritable,
  readText,
  root,
  run,
  runMain,
  say,
  Stop,
} from './workspace.mjs';

const common = ['package-lock.json', 'shared/package.json', 'shared/src'];

/**
 * What can be built: what it is made of, where it goes, and the tool that makes it, to
 * be followed by the output folder.
 */
const parts = {
  server: {
    entries: ['server/src/cli/main.ts', 'server/src/agent/main.ts'],
    sources: [...common, 'server/package.json', 'server/rolldown.config.mjs', 'server/src'],
    output: 'server/dist',
    command: 'rolldown/bin/cli.mjs --config server/rolldown.config.mjs --dir',
  },
  web: {
    entries: ['web/index.html', 'web/vite.config.ts'],
    sources: [
      ...common,
      'web/package.json',
      'web/vite.config.ts',
      'web/index.html',
      'web/public',
      'web/src',
    ],
    output: 'web/dist',
    command: 'vite/bin/vite.js build web --config web/vite.config.ts --emptyOutDir --outDir',
  },
};

/**
 * Builds those of the named parts (`server`, `web`) whose sources changed since their last build.
 * @throws Stop when a part cannot be built or its folder cannot be written
 */
export async function buildChanged(names) {
  const changed = names.map((name) => ({ name, ...state(parts[name]) })).filter((p) => p.changed);
  const builds = changed.map(({ name, hash }) => build(name, parts[name], hash));
  // Waits for all of them: a build that fails leaves no other one running behind.
  for (const result of await Promise.allSettled(builds)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

/** The hash file is written last, so a build that was cut off counts as changed. */
function state(part) {
  const hash = hashTree(part.sources, isTest);
  return { hash, changed: readText(join(root, part.output, '.hash')) !== hash };
}

function isTest(file) {
  return /\.test\.tsx?$/.test(file);
}

async function build(name, part, hash) {
  const absent = part.entries.filter((entry) => !existsSync(join(root, entry)));
  if (absent.length > 0) throw new Stop(`Cannot build ${name}: ${absent.join(', ')} is not there.`);
  const output = join(root, part.output);
  if (!isWritable(dirname(output)) || (existsSync(output) && !isWritable(output))) {
    throw new Stop(
      `${name} must be built again because its sources changed, but ${part.output} cannot be written by this user. Run as its owner:\n  npm run build`,
    );
  }
  say(`Building ${name}`);
  // Built beside its place and moved in at the end: a running cnilab never sees half a build.
  const fresh = `${output}.${process.pid}`;
  const [tool, ...args] = part.command.split(' ');
  try {
    const command = [join(root, 'node_modules', tool), ...args, fresh];
    const { code, output: text } = await run(process.execPath, command);
    if (code !== 0) throw new Stop(`${text.trimEnd()}\nBuilding ${name} failed.`);
    writeFileSync(join(fresh, '.hash'), hash);
    moveIn(fresh, output);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Files first replaced, then those that no longer belong removed; the hash is the last to come. */
function moveIn(fresh, output) {
  mkdirSync(output, { recursive: true });
  const names = readdirSync(fresh).filter((name) => name !== '.hash');
  rmSync(join(output, '.hash'), { force: true });
  for (const name of names) {
    const target = join(output, name);
    if (isFolder(join(fresh, name)) || isFolder(target))
      rmSync(target, { recursive: true, force: true });
    renameSync(join(fresh, name), target);
  }
  for (const name of readdirSync(output)) {
    if (!names.includes(name)) rmSync(join(output, name), { recursive: true, force: true });
  }
  renameSync(join(fresh, '.hash'), join(output, '.hash'));
}

function isFolder(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

if (isMain(import.meta.url)) await runMain(() => buildChanged(Object.keys(parts)));
