import { parseNetwork, type NetworkList } from '@cnilab/shared/cni/config';
import { isJsonObject, type Json, type JsonObject } from '@cnilab/shared/cni/json';
import { compileNetwork } from '@cnilab/shared/lab/compile';
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

/** A network as the runtime reads it; undefined while it is none, or is not of this host. */
export function networkList(host: LabHost | undefined, name: string): NetworkList | undefined {
  const network = host && hostNetworks(host).find((item) => item.name === name);
  if (!network) return undefined;
  try {
    return parseNetwork(compileNetwork(network).text);
  } catch {
    return undefined;
  }
}

/** The version that a network is in; one that says none means the first. */
export const wantedVersion = ({ cniVersion }: NetworkList): string => cniVersion || '0.1.0';
