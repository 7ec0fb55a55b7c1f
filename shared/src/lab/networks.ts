import { isJsonObject, parseJson, type Json, type JsonObject } from '../cni/json.ts';
import {
  contains,
  last,
  network as base,
  parseCidr,
  parseIp,
  type Cidr,
  type Ip,
} from '../cni/ip.ts';
import type { LabHost } from './schema.ts';

/** Texts of the files that `file:` networks name, by the path as written. */
export type NetworkFiles = ReadonlyMap<string, string>;

/** A network of a host with its configuration at hand. */
export interface LabNetwork {
  name: string;
  config: JsonObject;
  /** One plugin's configuration (`.conf`), not a list (`.conflist`). */
  single: boolean;
  /** The plugins' configurations in order. */
  plugins: JsonObject[];
  /** Index among the host's networks. */
  index: number;
  /** The file's text, for a network that is in a file of its own. */
  fileText: string | undefined;
}

/** The path of `{file: PATH}`. */
export function networkFile(config: Json): string | undefined {
  if (!isJsonObject(config) || config.size !== 1) return undefined;
  const file = config.get('file');
  return typeof file === 'string' ? file : undefined;
}

/** The host's networks that have a usable configuration, in the file's order. */
export function networksOf(host: LabHost, files: NetworkFiles): LabNetwork[] {
  return (host.networks ?? []).flatMap((entry, index) => {
    const file = networkFile(entry);
    const fileText = file === undefined ? undefined : files.get(file);
    const config = file === undefined ? entry : parsedFile(fileText);
    if (!isJsonObject(config)) return [];
    const name = config.get('name');
    if (typeof name !== 'string') return [];
    const single = !config.has('plugins');
    const listed = config.get('plugins') ?? [];
    const plugins = single ? [config] : Array.isArray(listed) ? listed.filter(isJsonObject) : [];
    return [{ name, config, single, plugins, index, fileText }];
  });
}

function parsedFile(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** `mynet.conflist`, or `mynet.conf` for one plugin's configuration. */
export const networkFileName = ({ name, single }: LabNetwork): string =>
  `${name}.${single ? 'conf' : 'conflist'}`;

/** Path from the network's entry to one of its plugins. */
export const pluginPath = (network: LabNetwork, plugin: number): (string | number)[] =>
  network.single ? [] : ['plugins', plugin];

export const textOf = (object: JsonObject, key: string): string | undefined => {
  const value = object.get(key);
  return typeof value === 'string' ? value : undefined;
};

export const objectOf = (object: JsonObject, key: string): JsonObject | undefined => {
  const value = object.get(key);
  return isJsonObject(value) ? value : undefined;
};

/** True if the plugin declares that it takes this capability. */
export const declares = (plugin: JsonObject, capability: string): boolean =>
  objectOf(plugin, 'capabilities')?.get(capability) === true;

/** Addresses that a host-local range may hand out. */
export interface AllocationRange {
  subnet: Cidr;
  first: Ip;
  last: Ip;
  gateway: Ip | undefined;
}

/** The ranges of a plugin's host-local IPAM; those that cannot be read are left out. */
export function allocationRanges(plugin: JsonObject): AllocationRange[] {
  const ipam = objectOf(plugin, 'ipam');
  if (!ipam || textOf(ipam, 'type') !== 'host-local') return [];
  const sets = ipam.get('ranges');
  const listed = Array.isArray(sets) ? sets.flatMap((set) => (Array.isArray(set) ? set : [])) : [];
  return [ipam, ...listed].filter(isJsonObject).flatMap((range) => {
    const subnet = parseCidr(textOf(range, 'subnet') ?? '');
    if (!subnet) return [];
    const net = base(subnet);
    const end = last(net);
    const broadcast = net.family === 4 && net.prefix < 31 ? 1n : 0n;
    return [
      {
        subnet: net,
        first: ipOf(range, 'rangeStart') ?? { family: net.family, value: net.address + 1n },
        last: ipOf(range, 'rangeEnd') ?? { family: net.family, value: end.value - broadcast },
        gateway: ipOf(range, 'gateway'),
      },
    ];
  });
}

const ipOf = (object: JsonObject, key: string): Ip | undefined =>
  parseIp(textOf(object, key) ?? '');

/** Subnets that the plugin's IPAM gives addresses of: host-local's and static's. */
export function ipamSubnets(plugin: JsonObject): Cidr[] {
  const ipam = objectOf(plugin, 'ipam');
  if (!ipam) return [];
  if (textOf(ipam, 'type') !== 'static')
    return allocationRanges(plugin).map(({ subnet }) => subnet);
  const addresses = ipam.get('addresses');
  return (Array.isArray(addresses) ? addresses : []).filter(isJsonObject).flatMap((entry) => {
    const cidr = parseCidr(textOf(entry, 'address') ?? '');
    return cidr ? [base(cidr)] : [];
  });
}

/** The bridge that a bridge plugin uses. */
export const bridgeOf = (plugin: JsonObject): string | undefined =>
  textOf(plugin, 'type') === 'bridge' ? (textOf(plugin, 'bridge') ?? 'cni0') : undefined;

/** True if the bridge plugin puts a gateway address on its bridge. */
export const isGateway = (plugin: JsonObject): boolean =>
  plugin.get('isGateway') === true || plugin.get('isDefaultGateway') === true;

/** True if the host itself gets an address or a route of the network's subnets. */
export function reachesHost(plugin: JsonObject): boolean {
  const type = textOf(plugin, 'type');
  return type === 'ptp' || (type === 'bridge' && isGateway(plugin));
}

export const inSubnet = (subnet: Cidr, cidr: Cidr): boolean =>
  contains(subnet, { family: cidr.family, value: cidr.address });
