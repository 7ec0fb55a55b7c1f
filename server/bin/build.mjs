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
import { dirname, join, sep } from 'node:path';
import {
  hashTree,
  isMain,
  isWritable,
  readText,
  root,
  run,
  runMain,
  say,
  stampTree,
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
  const builds = changed.map(({ name, memory }) => build(name, parts[name], memory));
  // Waits for all of them: a build that fails leaves no other one running behind.
  for (const result of await Promise.allSettled(builds)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

/** What a build remembers beside its files: of what sources it is made, and which files it has. */
const memoryFile = '.build';

/**
 * Whether sources changed. While their sizes and times are as they were, hundreds of files need not
 * be read. What a checkout or a copy gave new times to is hashed again: once, if the output can be
 * written.
 */
function state(part) {
  const output = join(root, part.output);
  const known = readMemory(output);
  const { stamp, isSettled } = stampTree(part.sources, isTest);
  if (known.stamp === stamp) return { changed: false };
  const hash = hashTree(part.sources, isTest);
  const memory = isSettled ? { hash, stamp } : { hash };
  const changed = known.hash !== hash;
  if (!changed && isSettled && isWritable(output)) writeMemory(output, { ...known, stamp });
  return { memory, changed };
}

function isTest(file) {
  return /\.test\.tsx?$/.test(file);
}

async function build(name, part, memory) {
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
    moveIn(fresh, output, memory);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * The build's files, with what it remembers of its sources last, so that a build that was cut off
 * counts as none. Entries come after the chunks that they load, which are named for what is in
 * them. Chunks of the build before stay until the next: whatever has just started may still load
 * its own.
 */
function moveIn(fresh, output, memory) {
  const [before, files] = [readMemory(output).files ?? [], listNames(fresh)];
  const kept = new Set([...before, ...files]);
  rmSync(join(output, memoryFile), { force: true });
  for (const file of listNames(output)) {
    if (!kept.has(file)) rmSync(join(output, file), { force: true });
  }
  for (const file of files.toSorted((a, b) => depth(b) - depth(a))) {
    const target = join(output, file);
    makeRoom(output, file);
    renameSync(join(fresh, file), target);
  }
  writeMemory(output, { ...memory, files });
}

/** A file where a folder is to be, or a folder where a file is to be, is of a build long ago. */
function makeRoom(output, file) {
  const folder = dirname(join(output, file));
  if (existsSync(folder) && !isFolder(folder)) rmSync(folder);
  mkdirSync(folder, { recursive: true });
  if (isFolder(join(output, file))) rmSync(join(output, file), { recursive: true });
}

const depth = (file) => file.split(sep).length;

function isFolder(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function listNames(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((name) => !isFolder(join(folder, name)));
}

/** Written as a whole: another cnilab may be reading it. */
function writeMemory(output, memory) {
  const part = join(output, `${memoryFile}.${process.pid}`);
  writeFileSync(part, JSON.stringify(memory));
  renameSync(part, join(output, memoryFile));
}

function readMemory(output) {
  try {
    return JSON.parse(readText(join(output, memoryFile)) ?? '{}');
  } catch {
    return {}; // of a build before there was JSON in it
  }
}

if (isMain(import.meta.url)) await runMain(() => buildChanged(Object.keys(parts)));
