import { formatCidr, network as base, parseCidr } from '../cni/ip.ts';
import {
  JsonError,
  JsonNumber,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from '../cni/json.ts';
import { networkNameProblem } from '../cni/names.ts';
import { resultVersions } from '../cni/versions.ts';
import type { LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { didYouMean, suggest } from './names.ts';
import { networkFile, objectOf, textOf } from './networks.ts';

/** Plugins of the CNI project; others are as welcome. */
export const standardPlugins = [
  'bridge',
  'ptp',
  'macvlan',
  'ipvlan',
  'vlan',
  'host-device',
  'loopback',
  'dummy',
  'tap',
  'portmap',
  'bandwidth',
  'firewall',
  'tuning',
  'sbr',
  'vrf',
];
const standardIpam = ['host-local', 'static', 'dhcp'];

interface Place {
  label: string;
  element: string;
  path: (string | number)[];
  /** False for a configuration in its own file, whose inside the document cannot point at. */
  inline: boolean;
}

/** What libcni would refuse when it loads the configuration, and what plugins are known to refuse. */
export function diagnoseNetworks({ hosts, files }: LabContext): Finding[] {
  return hosts.flatMap(({ host, path }) =>
    (host.networks ?? []).flatMap((entry, at) => {
      const file = networkFile(entry);
      const place = placeOf(host.name, entry, [...path, 'networks', at], at, file);
      if (file === undefined) return configuration(entry, place);
      const text = files.get(file);
      if (text === undefined) return [];
      try {
        return configuration(parseJson(text), place);
      } catch (cause) {
        const reason = cause instanceof JsonError ? cause.message : String(cause);
        return [error(place, [], `is in the file "${file}", which is not JSON: ${reason}.`)];
      }
    }),
  );
}

function placeOf(
  host: string,
  entry: Json,
  path: (string | number)[],
  at: number,
  file: string | undefined,
): Place {
  const name = isJsonObject(entry) ? textOf(entry, 'name') : undefined;
  return {
    label:
      name === undefined ? `Network number ${at + 1} of host ${host}` : `Network ${host}/${name}`,
    element: `network:${host}/${name ?? `networks[${at}]`}`,
    path,
    inline: file === undefined,
  };
}

function finding(
  place: Place,
  inside: (string | number)[],
  message: string,
  severity: Finding['severity'],
  code: string,
): Finding {
  const path = place.inline ? [...place.path, ...inside] : [...place.path, 'file'];
  return { severity, code, message: `${place.label} ${message}`, path, element: place.element };
}
const error = (place: Place, inside: (string | number)[], message: string) =>
  finding(place, inside, message, 'error', 'network');

function configuration(entry: Json, place: Place): Finding[] {
  if (!isJsonObject(entry)) {
    const message = 'is not a CNI configuration: write a map with "name" and "plugins", or "file".';
    return [error(place, [], message)];
  }
  return [...networkName(entry, place), ...version(entry, place), ...plugins(entry, place)];
}

function networkName(entry: JsonObject, place: Place): Finding[] {
  const name = entry.get('name');
  if (name === undefined) return [error(place, [], 'has no "name": add it.')];
  if (typeof name !== 'string') {
    return [error(place, ['name'], 'has a "name" that is not text: put it in quotes.')];
  }
  if (!networkNameProblem(name)) return [];
  const message = `cannot have the name "${name}": use letters, digits, "_", "." and "-", starting with a letter or digit.`;
  return [error(place, ['name'], message)];
}

function version(entry: JsonObject, place: Place): Finding[] {
  const given = entry.get('cniVersion');
  if (given === undefined) {
    const message = 'has no "cniVersion", which means 0.1.0: add for example "cniVersion: 1.0.0".';
    return [finding(place, [], message, 'hint', 'cni-version')];
  }
  if (typeof given !== 'string') {
    const example = given instanceof JsonNumber ? ` "${given.text}" or` : '';
    const message = `has a "cniVersion" that is not text: write${example} "1.0.0", in quotes.`;
    return [error(place, ['cniVersion'], message)];
  }
  if (resultVersions.some((known) => known === given)) return [];
  const message = `has the cniVersion "${given}", which no CNI release knows; known are ${resultVersions.join(', ')}.`;
  return [finding(place, ['cniVersion'], message, 'warning', 'cni-version')];
}

function plugins(entry: JsonObject, place: Place): Finding[] {
  const listed = entry.get('plugins');
  if (listed === undefined) {
    if (entry.has('type')) return plugin(entry, place, []);
    const keys = [...entry.keys()].filter((key) => key !== 'name' && key !== 'cniVersion');
    const near = keys.find((key) => suggest(key, ['type', 'plugins']) !== undefined);
    const hint =
      near === undefined ? '' : ` Its key "${near}":${didYouMean(near, ['type', 'plugins'])}`;
    return [error(place, [], `has neither "type" (one plugin) nor "plugins" (a list).${hint}`)];
  }
  if (!Array.isArray(listed)) {
    return [error(place, ['plugins'], 'has "plugins" that are not a list: put them in [ ].')];
  }
  if (listed.length === 0) {
    return [error(place, ['plugins'], 'has an empty list of plugins: add one.')];
  }
  return listed.flatMap((item, at) => {
    const inside = ['plugins', at];
    if (isJsonObject(item)) return plugin(item, place, inside);
    return [error(place, inside, `has a plugin (number ${at + 1}) that is not a map of keys.`)];
  });
}

function plugin(config: JsonObject, place: Place, inside: (string | number)[]): Finding[] {
  const at = inside[1];
  const which = typeof at === 'number' ? `plugin number ${at + 1}` : 'its plugin';
  const type = config.get('type');
  if (typeof type !== 'string' || type === '') {
    const message = `has no "type" for ${which}: name the plugin's executable.`;
    return [error(place, [...inside, ...(config.has('type') ? ['type'] : [])], message)];
  }
  const findings: Finding[] = [];
  if (type.includes('/')) {
    const message = `has the plugin type "${type}", which must not contain "/".`;
    findings.push(error(place, [...inside, 'type'], message));
  }
  findings.push(...spelling(type, standardPlugins, place, [...inside, 'type']));
  const capabilities = config.get('capabilities');
  const booleans = isJsonObject(capabilities)
    ? [...capabilities.values()].every((value) => typeof value === 'boolean')
    : capabilities === undefined || capabilities === null;
  if (!booleans) {
    const message = `has "capabilities" of ${which} (${type}) that are not a map of true and false.`;
    findings.push(error(place, [...inside, 'capabilities'], message));
  }
  return [...findings, ...ipam(config, place, [...inside, 'ipam'], type)];
}

function ipam(config: JsonObject, place: Place, inside: (string | number)[], type: string) {
  const value = config.get('ipam');
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value))
    return [error(place, inside, `has an "ipam" of ${type} that is no map.`)];
  const kind = value.get('type');
  if (kind !== undefined && typeof kind !== 'string') {
    return [error(place, [...inside, 'type'], `has an ipam type of ${type} that is not text.`)];
  }
  const findings = spelling(kind ?? '', standardIpam, place, [...inside, 'type']);
  if (kind !== 'host-local') return findings;
  const sets = value.get('ranges');
  const ranges: [JsonObject, (string | number)[]][] = [[value, inside]];
  for (const [at, set] of (Array.isArray(sets) ? sets : []).entries()) {
    for (const [index, range] of (Array.isArray(set) ? set : []).entries()) {
      if (isJsonObject(range)) ranges.push([range, [...inside, 'ranges', at, index]]);
    }
  }
  return [...findings, ...ranges.flatMap(([range, path]) => subnet(range, place, path))];
}

function subnet(range: JsonObject, place: Place, inside: (string | number)[]): Finding[] {
  const text = textOf(range, 'subnet');
  if (text === undefined) return [];
  const cidr = parseCidr(text);
  const right = cidr && formatCidr(base(cidr));
  const warn = (message: string) =>
    finding(place, [...inside, 'subnet'], message, 'warning', 'bad-subnet');
  if (!cidr || right === undefined) {
    return [warn(`has the subnet "${text}", which host-local cannot read: write 10.10.0.0/16.`)];
  }
  if (base(cidr).address === cidr.address) return [];
  const found = warn(`has the subnet "${text}" with host bits set, which host-local refuses.`);
  const path = [...place.path, ...inside, 'subnet'];
  if (!place.inline) return [found];
  return [
    { ...found, fix: { label: `Use ${right}`, edits: [{ edit: 'set', path, value: right }] } },
  ];
}

function spelling(type: string, known: string[], place: Place, inside: (string | number)[]) {
  const meant = type.length > 3 && !known.includes(type) ? suggest(type, known) : undefined;
  if (meant === undefined) return [];
  const message = `uses the plugin "${type}", which is none of the CNI project's.${didYouMean(type, known)}`;
  const found = finding(place, inside, message, 'hint', 'plugin-type');
  const path = [...place.path, ...inside];
  const edits = [{ edit: 'set' as const, path, value: meant }];
  return [place.inline ? { ...found, fix: { label: `Use ${meant}`, edits } } : found];
}

/** Names of the runtime values that a plugin's configuration says it takes. */
export const declaredCapabilities = (of: JsonObject): string[] =>
  [...(objectOf(of, 'capabilities') ?? [])].flatMap(([name, on]) => (on === true ? [name] : []));
