// What set-up, build, start and test share. Plain Node: it runs before any package is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A reason to stop that a person can act on: shown without a stack. */
export class Stop extends Error {}

/** One short line about a phase that really does something. On stderr: stdout belongs to the command. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Whether a module is the program that was started, not something that another one imports. */
export function isMain(url) {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === fileURLToPath(url);
}

/** Runs `main` and turns a {@link Stop} into its message and exit code 1. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/**
 * Looks an executable up. The PATH of an ordinary Debian user lacks the sbin folders, where ip,
 * iptables and nft live, so these are searched as well.
 */
export function findExecutable(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether this user may create files in the folder. */
export function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Text of a file, or undefined when it is not there. */
export function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Hash of files and folders (relative to the root) by name and content, so that the times a git
 * checkout gives to files do not matter. What is not there counts as absent.
 */
export function hashTree(paths, skip = () => false) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of listFiles(join(root, path)).filter((name) => !skip(name))) {
      const content = readFileSync(file);
      hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/**
 * What the file system knows of the same files: name, size, time of the last change. `isSettled` is
 * false while the newest change is so fresh that one more could fall into the same tick of the
 * clock.
 */
export function stampTree(paths, skip = () => false) {
  const hash = createHash('sha256');
  let newest = 0;
  for (const path of paths) {
    for (const file of listFiles(join(root, path)).filter((name) => !skip(name))) {
      const { size, mtimeMs, ctimeMs } = statSync(file);
      newest = Math.max(newest, ctimeMs);
      hash.update(`${file}\0${size} ${mtimeMs} ${ctimeMs}\0`);
    }
  }
  return { stamp: hash.digest('hex'), isSettled: newest < Date.now() - 1000 };
}

function listFiles(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isDirectory() ? listFolder(path) : [path];
}

function listFolder(path) {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = `${path}/${entry.name}`; // join takes a third of the time of it all
      if (entry.isSymbolicLink()) return listFiles(inside);
      return entry.isDirectory() ? listFolder(inside) : [inside];
    });
}

/** Runs a program to its end. Resolves to its exit code (128 when a signal ended it) and output. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 128, output }));
  });
}

/** Whether a short command succeeds; its output is dropped. */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
