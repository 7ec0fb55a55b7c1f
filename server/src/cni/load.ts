import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import {
  type NetworkList,
  type PluginConfig,
  listOfPlugin,
  parseNetworkList,
  parsePlugin,
} from '@cnilab/shared/cni/config';
import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goDecode, goObject } from '@cnilab/shared/cni/goDecode';
import type { Json, JsonObject } from '@cnilab/shared/cni/json';
import { decodeText, goSystemError, systemCode } from './goText.ts';
import { readFileText } from './readFileText.ts';

/**
 * Reading configuration from files, as libcni does. Everything here rejects with a CniError that
 * has libcni's text. Configuration that is in memory is read by `parseNetworkList` and
 * `parsePlugin`, which look at no drop-in directory (C18).
 */

/**
 * The network of that name: of the first `.conflist` that has it, else of the first `.conf` or
 * `.json`, in the byte order of their paths (C3–C5). A file that cannot be read ends the search.
 */
export async function loadNetworkConf(directory: string, name: string): Promise<NetworkList> {
  const files = await confFiles(directory, ['.conflist']);
  for (const file of files) {
    const list = await networkConfFromFile(file);
    if (list.name === name) return list;
  }
  const plugin = await findPluginConf(directory, name);
  if (plugin === 'no files' && files.length === 0) {
    throw libraryError(`no net configurations found in ${directory}`);
  }
  if (typeof plugin === 'string') throw notFound(directory, name);
  return listOfPlugin(plugin);
}

/** The single configuration of that name from the `.conf` and `.json` files (C12). */
export async function loadNetworkPluginConf(
  directory: string,
  name: string,
): Promise<PluginConfig> {
  const plugin = await findPluginConf(directory, name);
  if (plugin === 'no files') throw libraryError(`no net configurations found in ${directory}`);
  if (plugin === 'not found') throw notFound(directory, name);
  return plugin;
}

const notFound = (directory: string, name: string): CniError =>
  libraryError(`no net configuration with name "${name}" in ${directory}`);

async function findPluginConf(
  directory: string,
  name: string,
): Promise<PluginConfig | 'no files' | 'not found'> {
  const files = await confFiles(directory, ['.conf', '.json']);
  for (const file of files) {
    const plugin = await networkPluginConfFromFile(file);
    if ((plugin.name ?? '') === name) return plugin;
  }
  return files.length === 0 ? 'no files' : 'not found';
}

/**
 * A configuration list with the plugins of its drop-in directory behind its own (C20). The
 * directory has the network's name and stands beside the file.
 */
export async function networkConfFromFile(file: string): Promise<NetworkList> {
  const list = parseNetworkList(readConf(file));
  const dropIns = list.loadOnlyInlinedPlugins
    ? []
    : await networkPluginConfsFromFiles(dirname(file), list.name);
  const plugins = [...list.plugins, ...dropIns];
  if (plugins.length === 0) throw libraryError('no plugin configs found');
  return { ...list, plugins };
}

/** The plugins that stand in `.conf` files of a network's drop-in directory (C21). */
export async function networkPluginConfsFromFiles(
  directory: string,
  networkName: string,
): Promise<PluginConfig[]> {
  const dropIns = join(directory, networkName);
  let files: string[];
  try {
    files = await confFiles(dropIns, ['.conf']);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw libraryError(`failed to read plugin config files in ${dropIns}: ${reason}`, error);
  }
  const plugins: PluginConfig[] = [];
  for (const file of files) plugins.push(await networkPluginConfFromFile(file));
  return plugins;
}

/** One plugin's configuration (C11). */
export async function networkPluginConfFromFile(file: string): Promise<PluginConfig> {
  return parsePlugin(readConf(file));
}

/**
 * The paths of a directory's files with one of these extensions, in byte order; everything but a
 * directory counts as a file (C1, C2, C4). None if there is no such directory. A byte of a name that
 * is no UTF-8 is a lone surrogate, see `decodeText`.
 */
export async function confFiles(
  directory: string,
  extensions: readonly string[],
): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted((a, b) => Buffer.compare(a, b))
      .map(decodeText)
      .filter((name) => extensions.includes(extension(name)))
      .map((name) => join(directory, name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw libraryError(goSystemError(error), error);
  }
}

/** As Go sees it: `.conf` alone is an extension too. */
const extension = (name: string): string => extname(`x${name}`);

/** The plugin with these keys set (C19). Throws a CniError if that makes it an invalid one. */
export function injectConf(plugin: PluginConfig, values: JsonObject): PluginConfig {
  const raw: JsonObject = new Map<string, Json>(existing(plugin));
  for (const [key, value] of values) {
    if (key === '') throw libraryError('keys cannot be empty');
    if (value === null) throw libraryError(`key '${key}' value must not be nil`);
    raw.set(key, value);
  }
  return parsePlugin(raw);
}

/** The keys of a plugin; a number among them that no double can hold stops here (J3). */
function existing({ raw }: PluginConfig): JsonObject {
  try {
    return goDecode(goObject, raw) ?? raw;
  } catch (error) {
    const reason = toCniError(error).message;
    throw libraryError(`unmarshal existing network bytes: ${reason}`, error);
  }
}

function readConf(file: string): string {
  try {
    return readFileText(file);
  } catch (error) {
    // Reading a directory behind a link tells no path.
    const reason = systemCode(error) === 'EISDIR' ? `read ${file}: is a directory` : undefined;
    throw libraryError(`error reading ${file}: ${reason ?? goSystemError(error)}`, error);
  }
}
