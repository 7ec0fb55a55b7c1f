import type { JsonObject } from './json.ts';

/** One plugin of a list, or a network that is one plugin's configuration. */
export interface PluginConfig {
  type: string;
  name?: string;
  cniVersion?: string;
  capabilities: Record<string, boolean>;
  ipamType?: string;
  /** Every key as written: this is what the plugin gets, after the runtime's own keys. */
  raw: JsonObject;
  /** The configuration's text: as in the file for a single one, else re-serialised. */
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
  /** What the cache keeps: a list's text as in the file (C16), a single one as a new list (C13). */
  bytes: string;
  /** True if it was one plugin's configuration (`.conf`) and not a list (`.conflist`). */
  single: boolean;
}
