import { libraryError, toCniError } from './errors.ts';
import { goDecode, goObject } from './goDecode.ts';
import { goQuote } from './goQuote.ts';
import { type Json, type JsonObject, canonicalJson } from './json.ts';
import type { CniResult, MiddleVersion, NewVersion, OldVersion } from './result.ts';
import {
  dnsOf,
  interfaceOf,
  middleResultType,
  newResultType,
  oldResultType,
} from './resultTypes.ts';
import { parseTyped } from './typed.ts';

/**
 * What a plugin printed on a successful ADD (R1–R12). A result without a version gets
 * `configVersion`. Throws a CniError with libcni's text.
 */
export function parseResult(stdout: string, configVersion: string): CniResult {
  let object: JsonObject;
  try {
    object = goDecode(goObject, parseTyped(stdout)) ?? new Map<string, Json>();
  } catch (error) {
    throw libraryError(`failed to unmarshal raw result: ${toCniError(error).message}`, error);
  }
  const given = object.get('cniVersion');
  if (typeof given === 'string' && given !== '') return decodeResult(object, given);
  // The reference puts the version in and writes the object anew: keys in order, numbers as doubles.
  const version = configVersion === '' ? '0.1.0' : configVersion;
  const complete = parseTyped(canonicalJson(new Map([...object, ['cniVersion', version]])));
  return decodeResult(goDecode(goObject, complete) ?? object, version);
}

/**
 * Reads a result of the family of versions that `version` belongs to (empty = 0.1.0). Its own
 * version must be of that family too; a result without one has `version`.
 */
export function decodeResult(json: JsonObject, version: string): CniResult {
  const wanted = version === '' ? '0.1.0' : version;
  if (isOneOf(oldVersions, wanted)) {
    const { cniVersion, ip4, ip6, dns } = goDecode(oldResultType, json);
    return {
      cniVersion: ownVersion(oldVersions, cniVersion || wanted, ['', ...oldVersions]),
      ...(ip4 && { ip4 }),
      ...(ip6 && { ip6 }),
      dns: dnsOf(dns),
    };
  }
  if (isOneOf(middleVersions, wanted)) {
    const { cniVersion, interfaces, ...rest } = goDecode(middleResultType, json);
    const own = ownVersion(middleVersions, cniVersion || wanted);
    return { cniVersion: own, interfaces: interfacesOf(interfaces), ...listsOf(rest) };
  }
  if (isOneOf(newVersions, wanted)) {
    const { cniVersion, interfaces, ...rest } = goDecode(newResultType, json);
    const own = ownVersion(newVersions, cniVersion || wanted);
    return { cniVersion: own, interfaces: interfacesOf(interfaces), ...listsOf(rest) };
  }
  throw libraryError(`unsupported CNI result version ${goQuote(wanted)}`);
}

const oldVersions: readonly OldVersion[] = ['0.1.0', '0.2.0'];
const middleVersions: readonly MiddleVersion[] = ['0.3.0', '0.3.1', '0.4.0'];
const newVersions: readonly NewVersion[] = ['1.0.0', '1.1.0'];

const isOneOf = <V extends string>(versions: readonly V[], text: string): text is V =>
  versions.some((version) => version === text);

/** With keys in several letter cases, the version that chose the family need not be the last one. */
function ownVersion<V extends string>(
  versions: readonly V[],
  text: string,
  shown: readonly string[] = versions,
): V {
  if (isOneOf(versions, text)) return text;
  throw libraryError(
    `result type supports [${shown.join(' ')}] but unmarshalled CNIVersion is ${goQuote(text)}`,
  );
}

const interfacesOf = (items: readonly (Parameters<typeof interfaceOf>[0] | null)[] | undefined) =>
  (items ?? []).map((item) => item && interfaceOf(item));

type Lists = Pick<typeof newResultType.zero, 'ips' | 'routes' | 'dns'>;
const listsOf = ({ ips, routes, dns }: Lists) => ({
  ips: [...(ips ?? [])],
  routes: [...(routes ?? [])],
  dns: dnsOf(dns),
});
