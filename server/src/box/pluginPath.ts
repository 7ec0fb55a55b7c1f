import { resolve } from 'node:path';

/** Where distributions and the upstream project put CNI plugins. */
const standardDirectories = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

/** Directories that plugins are looked for in: `CNI_PATH`, then the standard ones. */
export function pluginDirectories(environment: NodeJS.ProcessEnv = process.env): string[] {
  const own = (environment.CNI_PATH ?? '')
    .split(':')
    .filter(Boolean)
    .map((path) => resolve(path));
  return [...new Set([...own, ...standardDirectories])];
}
