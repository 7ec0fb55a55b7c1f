import { type CniError, libraryError, toCniError } from './errors.ts';
import { goQuote } from './goQuote.ts';
import { goBool, goDecode, goMap, goObject, goSlice, goString, goStruct } from './goDecode.ts';
import { type Json, type JsonObject, canonicalJson, isJsonObject, stringifyJson } from './json.ts';
import { dnsType } from './resultTypes.ts';
import { goType, parseTyped } from './typed.ts';
import { compareVersions, currentVersion, parseVersion } from './versions.ts';

/** One plugin of a list, or a network that is one plugin's configuration. */
export interface PluginConfig {
  type: string;
  name?: string;
  cniVersion?: string;
  capabilities: Record<string, boolean>;
  ipamType?: string;
  /** Every key as written: this is what the plugin gets, after the runtime's own keys. */
  raw: JsonObject;
  /**
   * The configuration's text: as in the file for a single one, else re-serialised. What a file has
   * that is no UTF-8 stands here as in the list's.
   */
  bytes: string;
}

/** A network: what libcni calls a network configuration list. */
export interface NetworkList {
  name: string;
  /** Empty if the file gives none, which means 0.1.0. */
  cniVersion: string;
  disableCheck: boolean;
  disableGC: boolean;
  loadOnlyInlinedPlugins: boolean;
  plugins: PluginConfig[];
  /**
   * What the cache keeps: a list's text as in the file (C16), a single one as a new list (C13). A
   * byte of the file that is no UTF-8 is a lone surrogate here, so that it can be given back.
   */
  bytes: string;
  /** True if it was one plugin's configuration (`.conf`) and not a list (`.conflist`). */
  single: boolean;
}

/**
 * A network of either kind: a list if the key `plugins` is there, else one plugin's configuration.
 * Throws a CniError, also for a list without plugins (C23).
 */
export function parseNetwork(source: string | Json): NetworkList {
  const json = typeof source === 'string' ? parseTyped(source) : source;
  if (isJsonObject(json) && !json.has('plugins') && hasType(json)) {
    return listOfPlugin(parsePlugin(typeof source === 'string' ? source : json));
  }
  const list = parseNetworkList(source);
  if (list.plugins.length === 0) throw libraryError('no plugin configs found');
  return list;
}

const hasType = (json: JsonObject): boolean =>
  [...json].some(([key, value]) => key.toLowerCase() === 'type' && value !== null);

/**
 * A configuration list by libcni's rules (C6–C11). Its plugins may be empty if it has no key
 * `plugins`: those of a drop-in directory may follow. Throws a CniError with libcni's text.
 */
export function parseNetworkList(source: string | Json): NetworkList {
  const refuse = (reason: string): CniError =>
    libraryError(`error parsing configuration list: ${reason}`);
  let json: JsonObject;
  try {
    // For the reference null is an object without keys.
    json =
      goDecode(goObject, typeof source === 'string' ? parseTyped(source) : source) ?? new Map();
  } catch (error) {
    throw refuse(toCniError(error).message);
  }
  const name = json.get('name');
  if (name === undefined) throw refuse('no name');
  if (typeof name !== 'string') throw refuse(`invalid name type ${goType(name)}`);
  const version = json.get('cniVersion') ?? (json.has('cniVersion') ? null : '');
  if (typeof version !== 'string') throw refuse(`invalid cniVersion type ${goType(version)}`);

  const list: NetworkList = {
    name,
    cniVersion: chooseVersion(version, json.get('cniVersions'), refuse),
    disableCheck: flag(json, 'disableCheck', refuse),
    disableGC: flag(json, 'disableGC', refuse),
    loadOnlyInlinedPlugins: flag(json, 'loadOnlyInlinedPlugins', refuse),
    plugins: [],
    bytes: typeof source === 'string' ? source : stringifyJson(json),
    single: false,
  };
  const plugins = json.get('plugins');
  if (plugins === undefined) {
    if (list.loadOnlyInlinedPlugins) {
      throw refuse("`loadOnlyInlinedPlugins` is true, and no 'plugins' key");
    }
    return list;
  }
  if (!Array.isArray(plugins)) throw refuse(`invalid 'plugins' type ${goType(plugins)}`);
  if (plugins.length === 0) throw refuse('no plugins in list');
  list.plugins = plugins.map(memberOfList);
  return list;
}

function memberOfList(json: Json, index: number): PluginConfig {
  try {
    return readPlugin(() => json);
  } catch (error) {
    const reason = toCniError(error).message;
    throw libraryError(`failed to parse plugin config ${index}: ${reason}`, error);
  }
}

/** One plugin's configuration, as text or read already (C11). Throws a CniError with libcni's text. */
export function parsePlugin(source: string | Json): PluginConfig {
  return typeof source === 'string'
    ? readPlugin(() => parseTyped(source), source)
    : readPlugin(() => source);
}

/** `text` is that of the file; without it the plugin is a member of something. */
function readPlugin(read: () => Json, text?: string): PluginConfig {
  try {
    const json = read();
    // The reference reads a member of a list after it was written anew, with sorted keys: that
    // decides which one of `type` and `Type` is the last and wins (C11, J6).
    const canonical = text === undefined ? canonicalJson(json) : undefined;
    return {
      ...typedKeys(canonical === undefined ? json : parseTyped(canonical)),
      // It has a type, so it is an object.
      raw: isJsonObject(json) ? json : new Map<string, Json>(),
      bytes: text ?? canonical ?? '',
    };
  } catch (error) {
    const reason = toCniError(error).message;
    throw libraryError(`error parsing configuration: ${reason}`, error);
  }
}

/** What the library itself reads of a plugin's configuration (C11). */
const pluginConf = goStruct('types.PluginConf', {
  cniVersion: goString,
  name: goString,
  type: goString,
  capabilities: goMap(goBool),
  ipam: goStruct('types.IPAM', { type: goString }),
  dns: dnsType,
  prevResult: goObject,
  'cni.dev/valid-attachments': goSlice(
    goStruct('types.GCAttachment', { containerID: goString, ifname: goString }),
  ),
});

function typedKeys(json: Json): Omit<PluginConfig, 'raw' | 'bytes'> {
  const { type, name, cniVersion, ipam, capabilities } = goDecode(pluginConf, json);
  if (type === '') throw libraryError("missing 'type'");
  return {
    type,
    capabilities: Object.fromEntries(capabilities ?? []),
    ...(name === '' ? {} : { name }),
    ...(cniVersion === '' ? {} : { cniVersion }),
    ...(ipam.type === '' ? {} : { ipamType: ipam.type }),
  };
}

/** A single configuration as a list (C13). */
export function listOfPlugin(plugin: PluginConfig): NetworkList {
  const name = plugin.name ?? '';
  const cniVersion = plugin.cniVersion ?? '';
  const raw = goDecode(goObject, plugin.raw) ?? plugin.raw;
  const bytes = canonicalJson(
    new Map<string, Json>([
      ['name', name],
      ['cniVersion', cniVersion],
      ['plugins', [raw]],
    ]),
  );
  return {
    name,
    cniVersion,
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: false,
    plugins: [memberOfList(raw, 0)],
    bytes,
    single: true,
  };
}

type Refuse = (reason: string) => CniError;

/** The greatest version that both sides know (C8). */
function chooseVersion(version: string, offered: Json | undefined, refuse: Refuse): string {
  if (offered === undefined) return version;
  if (!Array.isArray(offered)) throw refuse('invalid type for cniVersions: []interface {}');
  const ours = parseVersion(currentVersion);
  const known = offered.map((entry, index) => {
    if (typeof entry !== 'string') {
      throw refuse(`invalid type for cniVersions index ${index}: ${goType(entry)}`);
    }
    try {
      return { text: entry, version: parseVersion(entry) };
    } catch (error) {
      throw refuse(
        `invalid cniVersions entry ${entry} at index ${index}: ${toCniError(error).message}`,
      );
    }
  });
  if (version !== '') {
    try {
      known.push({ text: version, version: parseVersion(version) });
    } catch (error) {
      throw refuse(`invalid cniVersion ${version}: ${toCniError(error).message}`);
    }
  }
  const usable = known.filter((entry) => compareVersions(entry.version, ours) <= 0);
  let [best] = usable;
  // Of versions that differ in their text alone the first one stays, as after the reference's sort.
  for (const entry of usable) {
    if (best && compareVersions(entry.version, best.version) > 0) best = entry;
  }
  return best?.text ?? version;
}

/** A boolean, or its word in any letter case (C9). */
function flag(json: JsonObject, key: string, refuse: Refuse): boolean {
  const value = json.get(key);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw refuse(`invalid type ${goType(value)} for ${key}`);
  const word = lowerCase(value);
  if (word === 'true' || word === 'false') return word === 'true';
  throw refuse(`invalid value ${goQuote(word)} for ${key}`);
}

/** Letter by letter, as Go does it: what follows a letter does not matter, and İ is just i. */
const lowerCase = (text: string): string =>
  Array.from(text, (letter) => String.fromCodePoint(letter.toLowerCase().codePointAt(0) ?? 0)).join(
    '',
  );
