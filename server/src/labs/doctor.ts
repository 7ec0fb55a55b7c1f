import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Doctor } from '@cnilab/shared/protocol/api';
import { kernelFeatures } from '@cnilab/shared/lab/needs';
import { detectBoxes } from '../box/detect.ts';
import { pluginDirectories } from '../box/pluginPath.ts';
import { findTool } from '../box/tools.ts';

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
  const { stdout, stderr } = await run(path, [version], '', {});
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

const versionReply = z.object({
  cniVersion: z.string().min(1),
  supportedVersions: z.array(z.string()).optional(),
});

/** libcni's version probe (W1–W3); none for what does not answer as a plugin does. */
export async function probeVersions(path: string): Promise<string[]> {
  const environment = {
    CNI_COMMAND: 'VERSION',
    CNI_CONTAINERID: '',
    CNI_ARGS: '',
    CNI_NETNS: 'dummy',
    CNI_IFNAME: 'dummy',
    CNI_PATH: 'dummy',
  };
  const { ok, stdout } = await run(path, [], '{"cniVersion":"1.1.0"}', environment);
  try {
    const json: unknown = JSON.parse(stdout);
    if (!ok) return oldPlugin.safeParse(json).success ? ['0.1.0'] : [];
    const reply = versionReply.parse(json);
    if (reply.supportedVersions?.length) return reply.supportedVersions;
    return reply.cniVersion === '0.2.0' ? ['0.1.0', '0.2.0'] : [];
  } catch {
    return [];
  }
}

/** Before VERSION existed, plugins answered with just this error. */
const oldPlugin = z.object({
  msg: z.literal('unknown CNI_COMMAND: VERSION'),
  details: z.literal('').optional(),
});

/** Runs a program for at most 2 s; what goes wrong is `ok: false`. */
function run(path: string, args: string[], stdin: string, environment: Record<string, string>) {
  return new Promise<{ ok: boolean; stdout: string; stderr: string }>((resolve) => {
    const options = {
      timeout: 2000,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 1024 * 1024,
      env: { ...process.env, ...environment },
    };
    const child = execFile(path, args, options, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr }),
    );
    // A program that does not read its input closes the pipe early.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}
