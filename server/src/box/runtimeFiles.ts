import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canRead, type Identity } from './identity.ts';

/** What of this machine's files the agent runs from, and where it stands in the box. */
export interface AgentFiles {
  /** Paths inside the box. */
  node: string;
  agent: string;
  /** [path outside, path inside]. */
  binds: [from: string, to: string][];
}

const here = dirname(fileURLToPath(import.meta.url));
const inBox = '/agent';
const cacheRoot = '/var/cache/cnilab';

/**
 * The agent's bundle, its two native packages and the node executable. A root server runs the box
 * as another user, who may not be able to read a checkout in somebody's home: then they are copied
 * once, per version, to a folder that everybody can read.
 */
export function agentFiles(identity: Identity): AgentFiles {
  const sources: [from: string, to: string][] = [
    [agentBundle(), `${inBox}/agent.js`],
    ...nativePackages(),
  ];
  const ownNode = process.execPath.startsWith('/usr/') ? undefined : process.execPath;
  if (ownNode) sources.push([ownNode, `${inBox}/node`]);
  return {
    node: ownNode ? `${inBox}/node` : process.execPath,
    agent: `${inBox}/agent.js`,
    binds: sources.every(([from]) => canRead(from, identity)) ? sources : staged(sources),
  };
}

function agentBundle(): string {
  const places = [join(here, 'agent.js'), join(here, '../../dist/agent.js')];
  const found = places.find((path) => existsSync(path));
  if (!found) throw new Error('The agent is not built yet. Build it: npm run build');
  return found;
}

function nativePackages(): [from: string, to: string][] {
  const platform = `linux-${process.arch}`;
  const packages = ['koffi', '@lydell/node-pty'].map(
    (name) => [name, packageFolder(name, here)] as const,
  );
  const binaries = packages.map(([name, folder]) => {
    const binary = name === 'koffi' ? `@koromix/koffi-${platform}` : `${name}-${platform}`;
    return [binary, packageFolder(binary, folder)] as const;
  });
  return [...packages, ...binaries].map(([name, from]) => [from, `${inBox}/node_modules/${name}`]);
}

/** Where npm put a package that `from` uses. Not all packages let their manifest be resolved. */
function packageFolder(name: string, from: string): string {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const found = places.map((place) => join(place, name)).find((path) => existsSync(path));
  if (!found) {
    throw new Error(`The package ${name} is not installed. Install the packages: npm run setup`);
  }
  return found;
}

function staged(sources: [from: string, to: string][]): [from: string, to: string][] {
  const hash = createHash('sha256').update(process.version);
  for (const [from] of sources) {
    const content = from.endsWith('.js') ? from : join(from, 'package.json');
    hash.update(existsSync(content) ? readFileSync(content) : from);
  }
  const folder = join(cacheRoot, hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) {
    mkdirSync(cacheRoot, { recursive: true });
    chmodSync(cacheRoot, 0o755); // whatever the umask is
    const making = mkdtempSync(join(cacheRoot, 'new-'));
    sources.forEach(([from, to]) => {
      cpSync(from, join(making, slot(to)), { recursive: true, dereference: true });
    });
    openToAll(making);
    try {
      renameSync(making, folder);
    } catch (error) {
      rmSync(making, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // else another server was faster
    }
  }
  return sources.map(([, to]) => [join(folder, slot(to)), to]);
}

const slot = (inside: string): string => inside.slice(inBox.length + 1).replaceAll('/', '+');

/** Copies keep the modes of their sources, which a strict umask may have closed to others. */
function openToAll(path: string): void {
  const isFolder = statSync(path).isDirectory();
  chmodSync(path, isFolder || statSync(path).mode & 0o100 ? 0o755 : 0o644);
  if (isFolder) for (const name of readdirSync(path)) openToAll(join(path, name));
}
