import { libraryError, toCniError } from './errors.ts';
import { normalAddress, normalCidr } from './goNet.ts';
import { type Json, type JsonObject, canonicalJson, isJsonObject } from './json.ts';
import type {
  CniResult,
  ResultDns,
  ResultInterface,
  ResultIp,
  ResultIpFamily,
  ResultRoute,
  ResultVersion,
} from './result.ts';
import {
  intField,
  jsonKind,
  objectField,
  objectsField,
  parseTyped,
  stringField,
  stringsField,
} from './typed.ts';
import { resultVersions } from './versions.ts';

/**
 * What a plugin printed on a successful ADD (R1–R12). A result without a version gets
 * `configVersion`. Throws a CniError with libcni's text.
 */
export function parseResult(stdout: string, configVersion: string): CniResult {
  const { object, canonical } = readObject(stdout);
  const given = object.get('cniVersion');
  if (typeof given === 'string' && given !== '') return decodeResult(object, given);
  // The reference puts the version in and writes the object anew: keys in order, numbers as doubles.
  const rewritten = parseTyped(canonical);
  return decodeResult(isJsonObject(rewritten) ? rewritten : object, configVersion);
}

function readObject(stdout: string): { object: JsonObject; canonical: string } {
  try {
    const json = parseTyped(stdout) ?? new Map<string, Json>();
    if (!isJsonObject(json)) {
      throw libraryError(
        `json: cannot unmarshal ${jsonKind(json)} into Go value of type map[string]interface {}`,
      );
    }
    return { object: json, canonical: canonicalJson(json) };
  } catch (error) {
    throw libraryError(`failed to unmarshal raw result: ${toCniError(error).message}`, error);
  }
}

/** Reads a result of the given version (empty = 0.1.0), whatever its own `cniVersion` says. */
export function decodeResult(json: JsonObject, version: string): CniResult {
  const cniVersion = resultVersion(version === '' ? '0.1.0' : version);
  const dns = decodeDns(objectField(json, 'dns', 'Result.dns'));
  if (cniVersion === '0.1.0' || cniVersion === '0.2.0') {
    const ip4 = decodeFamily(objectField(json, 'ip4', 'Result.ip4'), 'ip4');
    const ip6 = decodeFamily(objectField(json, 'ip6', 'Result.ip6'), 'ip6');
    return { cniVersion, ...(ip4 && { ip4 }), ...(ip6 && { ip6 }), dns };
  }
  const modern = cniVersion === '1.0.0' || cniVersion === '1.1.0';
  return {
    cniVersion,
    interfaces: objectsField(json, 'interfaces', 'Result.interfaces').map(
      (item) => item && decodeInterface(item, modern),
    ),
    ips: objectsField(json, 'ips', 'Result.ips').map((item) => item && decodeIp(item, modern)),
    routes: objectsField(json, 'routes', 'Result.routes').map((item) => item && decodeRoute(item)),
    dns,
  };
}

function resultVersion(version: string): ResultVersion {
  const known = resultVersions.find((candidate) => candidate === version);
  if (known === undefined) throw libraryError(`unsupported CNI result version "${version}"`);
  return known;
}

function decodeInterface(json: JsonObject, modern: boolean): ResultInterface {
  const text = (key: string) => stringField(json, key, `Interface.interfaces.${key}`);
  const mtu = modern ? intField(json, 'mtu', 'Interface.interfaces.mtu') : 0;
  return {
    name: text('name'),
    ...some('mac', text('mac')),
    ...some('mtu', mtu),
    ...some('sandbox', text('sandbox')),
    ...(modern
      ? { ...some('socketPath', text('socketPath')), ...some('pciID', text('pciID')) }
      : {}),
  };
}

function decodeIp(json: JsonObject, modern: boolean): ResultIp {
  const index = intField(json, 'interface', 'ipConfig.ips.interface');
  return {
    ...(modern ? {} : { version: stringField(json, 'version', 'ipConfig.ips.version') }),
    ...(index === undefined ? {} : { interface: index }),
    ...some('address', cidrField(json, 'address', 'ipConfig.ips.address')),
    ...some('gateway', addressField(json, 'gateway', 'ipConfig.ips.gateway')),
  };
}

function decodeRoute(json: JsonObject): ResultRoute {
  const int = (key: string) => intField(json, key, `route.routes.${key}`);
  const [table, scope] = [int('table'), int('scope')];
  return {
    ...some('dst', cidrField(json, 'dst', 'route.routes.dst')),
    ...some('gw', addressField(json, 'gw', 'route.routes.gw')),
    ...some('mtu', int('mtu')),
    ...some('advmss', int('advmss')),
    ...some('priority', int('priority')),
    ...(table === undefined ? {} : { table }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function decodeFamily(json: JsonObject | undefined, key: string): ResultIpFamily | undefined {
  return (
    json && {
      ...some('ip', cidrField(json, 'ip', `ipConfig.${key}.ip`)),
      ...some('gateway', addressField(json, 'gateway', `ipConfig.${key}.gateway`)),
      // Not pointers in the reference: a null here is a route without anything.
      routes: objectsField(json, 'routes', `ipConfig.${key}.routes`).map((item) =>
        decodeRoute(item ?? new Map<string, Json>()),
      ),
    }
  );
}

function decodeDns(json: JsonObject | undefined): ResultDns {
  if (!json) return {};
  const texts = (key: string) => stringsField(json, key, `DNS.dns.${key}`);
  return {
    ...some('nameservers', texts('nameservers')),
    ...some('domain', stringField(json, 'domain', 'DNS.dns.domain')),
    ...some('search', texts('search')),
    ...some('options', texts('options')),
  };
}

/** An address with prefix. A key that is there needs a value, even if that is null (R9). */
function cidrField(json: JsonObject, key: string, path: string): string {
  const text = stringField(json, key, path);
  if (text === '' && ![...json.keys()].some((other) => other.toLowerCase() === key)) return '';
  const normal = normalCidr(text);
  if (normal === undefined) throw libraryError(`invalid CIDR address: ${text}`);
  return normal;
}

/** An address; empty and null mean none (R9). */
function addressField(json: JsonObject, key: string, path: string): string {
  const text = stringField(json, key, path);
  if (text === '') return '';
  const normal = normalAddress(text);
  if (normal === undefined) throw libraryError(`invalid IP address: ${text}`);
  return normal;
}

/** The key only if its value is not Go's zero value: such values vanish (R11). */
function some<K extends string, V extends string | number | readonly string[]>(
  key: K,
  value: V | undefined,
): { [P in K]?: V } {
  const empty =
    value === undefined ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0);
  return empty ? {} : ({ [key]: value } as { [P in K]?: V });
}
