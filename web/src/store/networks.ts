import { isJsonObject, type Json, type JsonObject } from '@cnilab/shared/cni/json';
import { networksOf, textOf, type LabNetwork } from '@cnilab/shared/lab/networks';
import type { LabHost } from '@cnilab/shared/lab/schema';

/** The page has no files beside the lab file. */
const noFiles = new Map<string, string>();

/** Networks of a host that have a configuration to show. */
export const hostNetworks = (host: LabHost): LabNetwork[] => networksOf(host, noFiles);

/** `name` of a network's configuration. */
export const networkName = (config: Json): string | undefined =>
  isJsonObject(config) ? textOf(config, 'name') : undefined;

/** `bridge → portmap`. */
export const chainText = ({ plugins }: LabNetwork): string =>
  plugins.map((plugin) => textOf(plugin, 'type') ?? '?').join(' → ');

/** Capabilities that at least one plugin declares. */
export function declaredCapabilities({ plugins }: LabNetwork): Set<string> {
  const names = plugins.flatMap((plugin: JsonObject) => {
    const declared = plugin.get('capabilities');
    if (!isJsonObject(declared)) return [];
    return [...declared].filter(([, value]) => value === true).map(([name]) => name);
  });
  return new Set(names);
}
