import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Doctor } from '@cnilab/shared/protocol/api';
import { kernelFeatures } from '@cnilab/shared/lab/needs';
import { detectBoxes } from '../box/detect.ts';
import { pluginDirectories } from '../box/pluginPath.ts';
import { findTool } from '../box/tools.ts';
import { createExec } from '../cni/execute.ts';
import { createRuntime } from '../cni/runtime.ts';

/** What labs use of this machine: the tool, how it tells its version, Debian's package. */
const tools = [
  { name: 'bwrap', version: '--version', install: 'bubblewrap' },
  { name: 'ip', version: '-V', install: 'iproute2' },
  { name: 'iptables', version: '--version', install: 'iptables' },
  { name: 'nft', version: '--version', install: 'nftables' },
  { name: 'ping', version: '-V', install: 'iputils-ping' },
  { name: 'sysctl', version: '--version', install: 'procps' },
] as const;

/** The plugins that nearly every lab needs. */
const commonPlugins = ['bridge', 'host-local', 'portmap', 'loopback'];
const keepMs = 30_000;
/** How long a program may take that is asked for its version. */
const patienceMs = 2000;
let latest: { time: number; found: Promise<Doctor> } | undefined;

/** What this machine offers to labs. Tries things out, so the answer is kept for half a minute. */
export function doctor(): Promise<Doctor> {
  if (latest === undefined || Date.now() - latest.time > keepMs) {
    latest = { time: Date.now(), found: examine() };
    latest.found.catch(() => (latest = undefined));
  }
  return latest.found;
}

async function examine(): Promise<Doctor> {
  const pluginPath = pluginDirectories();
  const [{ boxes, features }, plugins, found] = await Promise.all([
    detectBoxes(),
    findPlugins(pluginPath),
    Promise.all(tools.map(findVersion)),
  ]);
  return { boxes, plugins, pluginPath, features, tools: found, missing: missing() };

  function missing(): Doctor['missing'] {
    const list: Doctor['missing'] = [];
    for (const { name, install } of tools) {
      if (!found.some((tool) => tool.name === name && tool.path)) {
        list.push({ what: name, remedy: aptInstall(install) });
      }
    }
    const types = new Set(plugins.map(({ type }) => type));
    const absent = commonPlugins.filter((type) => !types.has(type));
    if (absent.length > 0) {
      list.push({
        what: `CNI plugins: ${absent.join(', ')}`,
        remedy: aptInstall('containernetworking-plugins'),
      });
    }
    for (const { kind, works, reason, remedy } of boxes) {
      if (!works && remedy) list.push({ what: `box ${kind}: ${reason ?? ''}`, remedy });
    }
    for (const [feature, what] of Object.entries(kernelFeatures)) {
      if (features[feature] === false) {
        list.push({
          what: `kernel: ${what}`,
          remedy: kernelRemedy(what),
        });
      }
    }
    return list;
  }
}

/** Features that are modules are named with their module: `ipvlan (module ipvlan)`. */
function kernelRemedy(what: string): string {
  const module = /\(module (\S+)\)/.exec(what)?.[1];
  return module === undefined
    ? 'Use a kernel that has it. Labs that do not need it run all the same.'
    : `sudo modprobe ${module}`;
}

const aptInstall = (name: string) => `sudo apt-get install -y --no-install-recommends ${name}`;

async function findVersion({
  name,
  version,
}: (typeof tools)[number]): Promise<Doctor['tools'][number]> {
  const path = findTool(name);
  if (path === undefined) return { name };
  const { stdout, stderr } = await run(path, [version]);
  const text = /\d+(?:\.\d+)+|\d{8}/.exec(stdout + stderr)?.[0];
  return { name, path, ...(text === undefined ? {} : { version: text }) };
}

/** Plugins by type; of two with one name the one that comes first in the path counts. */
async function findPlugins(folders: string[]): Promise<Doctor['plugins']> {
  const paths = new Map<string, string>();
  for (const folder of folders) {
    for (const type of await readdir(folder).catch(() => [])) {
      const path = join(folder, type);
      if (!paths.has(type) && (await isExecutable(path))) paths.set(type, path);
    }
  }
  const waiting = [...paths].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const plugins: Doctor['plugins'] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [type, path] = next;
      plugins.push({ type, path, versions: await probeVersions(path) });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return plugins.toSorted((a, b) => (a.type < b.type ? -1 : 1));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The versions of CNI that a plugin takes; none for what does not answer as a plugin does. */
async function probeVersions(path: string): Promise<string[]> {
  const runtime = createRuntime({ exec: createExec(), path: [dirname(path)], cacheDir: '' });
  const signal = AbortSignal.timeout(patienceMs);
  try {
    return (await runtime.getVersionInfo(basename(path), { signal })).supportedVersions;
  } catch {
    return [];
  }
}

/** What a program prints; after some time it is ended. */
function run(path: string, args: string[]) {
  return new Promise<{ stdout: string; stderr: string }>((resolve) => {
    const options = {
      timeout: patienceMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 1024 * 1024,
    };
    const child = execFile(path, args, options, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
    // A program that does not read its input closes the pipe early.
    child.stdin?.on('error', () => undefined).end();
  });
}
