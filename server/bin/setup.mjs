#!/usr/bin/env node
// Set-up of a fresh machine: npm packages, then system packages. Does nothing when nothing is missing.
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import {
  findExecutable,
  hashTree,
  isMain,
  isWritable,
  readText,
  root,
  run,
  runMain,
  say,
  Stop,
  succeeds,
} from './workspace.mjs';

const manifests = ['', 'shared', 'server', 'web'];
const lockFile = 'package-lock.json';
const stampFile = join(root, 'node_modules/.cache/cnilab/install');
const cniFolders = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

/** Debian package names and how to tell that what we need of them is there. */
const systemPackages = {
  bubblewrap: () => has('bwrap'),
  iproute2: () => has('ip'),
  iptables: () => has('iptables'),
  nftables: () => has('nft'),
  'iputils-ping': () => has('ping'),
  'containernetworking-plugins': hasBridgePlugin,
  procps: () => has('ps') && has('sysctl'),
};

/** What only the tests need. */
const testPackages = { chromium: () => has('chromium') };

/** What only the benchmarks need: they compile a plugin that does nothing. */
const benchPackages = {
  gcc: () => has('gcc'),
  'libc6-dev': () => existsSync('/usr/include/unistd.h'),
};

/**
 * Does all set-up that is missing.
 * @param options.test also what only the tests need
 * @param options.bench also what only the benchmarks need
 * @param options.design go on with a warning where this system's packages are not ours to install
 *   (macOS, other distributions): drawing, checking and exporting labs need no box
 * @throws Stop with the one command to run, or the reason
 */
export async function setUp({ test = false, bench = false, design = false } = {}) {
  checkNode();
  await installNpmPackages();
  const wanted = {
    ...systemPackages,
    ...(test ? testPackages : {}),
    ...(bench ? benchPackages : {}),
  };
  await installSystemPackages(wanted, design);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(`cnilab needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
}

async function installNpmPackages() {
  const hash = hashTree([...manifests.map((folder) => join(folder, 'package.json')), lockFile]);
  if (readText(stampFile) === hash && isLinked()) return;
  if (!(isLinked() && isInstalled())) {
    const folder = existsSync(join(root, 'node_modules')) ? 'node_modules' : '';
    if (!isWritable(join(root, folder))) {
      throw new Stop(
        `The npm packages are missing or outdated, and ${join(root, folder)} cannot be written by this user. Run as its owner:\n  npm run setup`,
      );
    }
    say('Installing npm packages (npm ci)');
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'];
    const { code, output } = await run('npm', args);
    if (code !== 0) throw new Stop(`${output.trimEnd()}\nnpm ci failed with exit code ${code}.`);
  }
  writeStamp(hash);
}

/** npm leaves the link out when the file it points to was not there at install time. */
function isLinked() {
  try {
    return realpathSync(join(root, 'node_modules/.bin/cnilab')).endsWith('cnilab.mjs');
  } catch {
    return false;
  }
}

/**
 * Whether node_modules holds what the lock file and the manifests ask for. Then an edit of scripts,
 * or an `npm install` by hand, needs no second installation.
 */
function isInstalled() {
  const hidden = readText(join(root, 'node_modules/.package-lock.json'));
  const lockText = readText(join(root, lockFile));
  if (hidden === undefined || lockText === undefined) return false;
  const installed = JSON.parse(hidden).packages;
  const locked = JSON.parse(lockText).packages;
  const hasPackage = ([path, entry]) =>
    !path.includes('node_modules/') ||
    (entry.optional && installed[path] === undefined) ||
    (installed[path]?.version === entry.version && installed[path]?.link === entry.link);
  return (
    manifests.every((folder) => agrees(folder, locked)) && Object.entries(locked).every(hasPackage)
  );
}

function agrees(folder, locked) {
  const manifest = JSON.parse(readText(join(root, folder, 'package.json')) ?? '{}');
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((key) => {
    const wanted = Object.entries(manifest[key] ?? {});
    const known = locked[folder]?.[key] ?? {};
    return (
      wanted.length === Object.keys(known).length &&
      wanted.every(([name, range]) => known[name] === range)
    );
  });
}

/** Somebody else's checkout may be read-only; the stamp only saves time. */
function writeStamp(hash) {
  try {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, hash);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

async function installSystemPackages(wanted, design) {
  const missing = missingOf(wanted);
  if (missing.length === 0) return;
  const apt = process.platform === 'linux' ? findExecutable('apt-get') : undefined;
  if (apt === undefined) {
    const text = `No box can run here yet: this system lacks what Debian calls ${missing.join(', ')}.`;
    if (!design) throw new Stop(`${text} Install them in this system's own way.`);
    say(`${text} Labs can be drawn, checked and exported, but not deployed.`);
    return;
  }
  const prefix = privilegePrefix();
  if (prefix === undefined) throw new Stop(oneCommand(missing, 'System packages are missing.'));
  say(`Installing system packages: ${missing.join(' ')}`);
  const failure = await aptInstall(prefix, apt, missing);
  if (failure !== undefined) throw new Stop(oneCommand(missing, failure));
  const still = missingOf(wanted);
  if (still.length > 0) {
    throw new Stop(
      `apt-get succeeded, but what cnilab needs of ${still.join(', ')} was not found afterwards. Look at: dpkg -L ${still.join(' ')}`,
    );
  }
}

function missingOf(wanted) {
  return Object.keys(wanted).filter((name) => !wanted[name]());
}

function oneCommand(missing, why) {
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  return `${why} Run this command, then try again:\n  sudo sh -c 'apt-get update && ${install}'`;
}

/** How to run a command as root, or undefined when this user cannot. */
function privilegePrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = findExecutable('sudo');
  return sudo !== undefined && succeeds(sudo, ['-n', 'true']) ? [sudo, '-n'] : undefined;
}

/** Returns the reason of a failure. Lists are only fetched when they are empty or did not do. */
async function aptInstall(prefix, apt, packages) {
  // Through env, because sudo drops the environment.
  const options = ['DEBIAN_FRONTEND=noninteractive', apt, '-q', '-o', 'DPkg::Lock::Timeout=120'];
  const [program, ...before] = [...prefix, 'env', ...options];
  const install = [...before, 'install', '-y', '--no-install-recommends', ...packages];
  if (hasPackageLists() && (await run(program, install)).code === 0) return undefined;
  const update = await run(program, [...before, 'update']);
  const { code, output } = await run(program, install);
  if (code === 0) return undefined;
  const details = update.code === 0 ? output : `${update.output}\n${output}`;
  return `${details.trimEnd()}\napt-get failed.`;
}

function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => /_Packages(\.\w+)?$/.test(name));
  } catch {
    return false;
  }
}

function has(name) {
  return findExecutable(name) !== undefined;
}

/** CNI plugins live in folders of their own, never in PATH. */
function hasBridgePlugin() {
  const fromEnvironment = (process.env.CNI_PATH ?? '').split(delimiter).filter((f) => f !== '');
  return [...fromEnvironment, ...cniFolders].some((folder) => existsSync(join(folder, 'bridge')));
}

if (isMain(import.meta.url)) {
  await runMain(() => setUp({ test: process.argv.includes('--test') }));
}
