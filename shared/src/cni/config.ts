import { type CniError, libraryError, toCniError } from './errors.ts';
import { goQuote } from './goQuote.ts';
import { type Json, type JsonObject, canonicalJson, isJsonObject, stringifyJson } from './json.ts';
import {
  field,
  goType,
  jsonKind,
  objectField,
  objectsField,
  parseTyped,
  stringField,
  stringsField,
  typeError,
} from './typed.ts';
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
  if (isJsonObject(json) && !json.has('plugins') && field(json, 'type') !== undefined) {
    return listOfPlugin(parsePlugin(source));
  }
  const list = parseNetworkList(source);
  if (list.plugins.length === 0) throw libraryError('no plugin configs found');
  return list;
}

/**
 * A configuration list by libcni's rules (C6–C11). Its plugins may be empty if it has no key
 * `plugins`: those of a drop-in directory may follow. Throws a CniError with libcni's text.
 */
export function parseNetworkList(source: string | Json): NetworkList {
  const refuse = (reason: string): CniError =>
    libraryError(`error parsing configuration list: ${reason}`);
  let json: Json;
  try {
    json = typeof source === 'string' ? parseTyped(source) : source;
  } catch (error) {
    throw refuse(toCniError(error).message);
  }
  // For the reference null is an object without keys.
  json ??= new Map<string, Json>();
  if (!isJsonObject(json)) {
    throw refuse(
      `json: cannot unmarshal ${jsonKind(json)} into Go value of type map[string]interface {}`,
    );
  }
  try {
    canonicalJson(json); // finds numbers that the reference could not hold
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
  list.plugins = plugins.map((plugin, index) => {
    try {
      return parsePlugin(plugin);
    } catch (error) {
      throw libraryError(
        `failed to parse plugin config ${index}: ${toCniError(error).message}`,
        error,
      );
    }
  });
  return list;
}

/** One plugin's configuration (C11). Throws a CniError with libcni's text. */
export function parsePlugin(source: string | Json): PluginConfig {
  try {
    const json = (typeof source === 'string' ? parseTyped(source) : source) ?? new Map();
    if (!isJsonObject(json)) {
      throw libraryError(
        `json: cannot unmarshal ${jsonKind(json)} into Go value of type types.PluginConf`,
      );
    }
    // Also finds numbers that no plugin could be given.
    const canonical = canonicalJson(json);
    return {
      // The reference reads a member of a list after it was written anew, with sorted keys: that
      // decides which one of `type` and `Type` is the last and wins (C11, J6).
      ...typedKeys(typeof source === 'string' ? json : sorted(canonical)),
      raw: json,
      bytes: typeof source === 'string' ? source : canonical,
    };
  } catch (error) {
    const reason = toCniError(error).message;
    throw libraryError(`error parsing configuration: ${reason}`, error);
  }
}

function sorted(canonical: string): JsonObject {
  const json = parseTyped(canonical);
  return isJsonObject(json) ? json : new Map();
}

function typedKeys(json: JsonObject): Omit<PluginConfig, 'raw' | 'bytes'> {
  const name = stringField(json, 'name', 'PluginConf.name');
  const cniVersion = stringField(json, 'cniVersion', 'PluginConf.cniVersion');
  const capabilities: Record<string, boolean> = Object.create(null) as Record<string, boolean>;
  const declared =
    objectField(json, 'capabilities', 'PluginConf.capabilities', 'map[string]bool') ?? new Map();
  for (const [capability, value] of declared) {
    if (value !== null && typeof value !== 'boolean') {
      throw typeError(value, 'PluginConf.capabilities', 'bool');
    }
    capabilities[capability] = value === true;
  }
  const ipam = objectField(json, 'ipam', 'PluginConf.ipam', 'types.IPAM');
  const ipamType = ipam ? stringField(ipam, 'type', 'IPAM.ipam.type') : '';
  const dns = objectField(json, 'dns', 'PluginConf.dns', 'types.DNS');
  if (dns) {
    stringField(dns, 'domain', 'DNS.dns.domain');
    for (const key of ['nameservers', 'search', 'options'])
      stringsField(dns, key, `DNS.dns.${key}`);
  }
  objectField(json, 'prevResult', 'PluginConf.prevResult', 'map[string]interface {}');
  const valid = 'cni.dev/valid-attachments';
  for (const attachment of objectsField(json, valid, `PluginConf.${valid}`, 'types.GCAttachment')) {
    for (const key of ['containerID', 'ifname'])
      stringField(attachment ?? new Map(), key, `GCAttachment.${valid}.${key}`);
  }
  const type = stringField(json, 'type', 'PluginConf.type');
  if (type === '') throw libraryError("missing 'type'");
  return {
    type,
    capabilities,
    ...(name === '' ? {} : { name }),
    ...(cniVersion === '' ? {} : { cniVersion }),
    ...(ipamType === '' ? {} : { ipamType }),
  };
}

/** A single configuration as a list (C13). */
export function listOfPlugin(plugin: PluginConfig): NetworkList {
  const name = plugin.name ?? '';
  const cniVersion = plugin.cniVersion ?? '';
  const bytes = canonicalJson(
    new Map<string, Json>([
      ['name', name],
      ['cniVersion', cniVersion],
      ['plugins', [plugin.raw]],
    ]),
  );
  return {
    name,
    cniVersion,
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: false,
    plugins: [{ ...plugin, ...typedKeys(sorted(canonicalJson(plugin.raw))) }],
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
  usable.sort((a, b) => compareVersions(a.version, b.version));
  return usable.at(-1)?.text ?? version;
}

/** A boolean, or its word in any letter case (C9). */
function flag(json: JsonObject, key: string, refuse: Refuse): boolean {
  const value = json.get(key);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw refuse(`invalid type ${goType(value)} for ${key}`);
  const word = value.toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  throw refuse(`invalid value ${goQuote(word)} for ${key}`);
}
