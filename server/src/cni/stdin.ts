import type { PluginConfig } from '@cnilab/shared/cni/config';
import {
  type JsonObject,
  canonicalJson,
  canonicalObject,
  parseJson,
} from '@cnilab/shared/cni/json';

export interface StdinOptions {
  /** Name and version of the list: they replace the plugin's own (S2). */
  name: string;
  cniVersion: string;
  /** JSON text, see resultText; absent = the configuration's own stays (S3, S4). */
  prevResult?: string;
  capabilityArgs: JsonObject;
  /** Keys that the runtime adds for one command, such as the attachments of GC (S10). */
  keys?: JsonObject;
}

/** What a plugin reads: one JSON object without a newline at the end (S1–S9). */
export function pluginStdin(plugin: PluginConfig, options: StdinOptions): string {
  const texts = new Map<string, string>();
  for (const [key, value] of plugin.raw) texts.set(key, canonicalJson(value));
  texts.set('name', canonicalJson(options.name));
  texts.set('cniVersion', canonicalJson(options.cniVersion));
  for (const [key, value] of options.keys ?? []) texts.set(key, canonicalJson(value));
  if (options.prevResult !== undefined) texts.set('prevResult', options.prevResult);
  const runtimeConfig = requestedCapabilities(plugin, options.capabilityArgs);
  if (runtimeConfig.size > 0) {
    texts.set('runtimeConfig', canonicalJson(runtimeConfig));
    // For this key the reference reads the object and writes it a second time, and with it a
    // prevResult that had its own order of keys.
    const { prevResult } = options;
    if (prevResult !== undefined) texts.set('prevResult', canonicalJson(parseJson(prevResult)));
  }
  return canonicalObject(texts);
}

/** The capability arguments that this plugin declares (S6, S7). */
function requestedCapabilities(plugin: PluginConfig, args: JsonObject): JsonObject {
  return new Map([...args].filter(([name]) => plugin.capabilities[name] === true));
}
