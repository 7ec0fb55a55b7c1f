import type { CniErrorFields } from './errors.ts';
import {
  type Json,
  JsonNumber,
  type JsonObject,
  canonicalJson,
  parseJson,
  stringifyJson,
} from './json.ts';
import {
  type CniResult,
  type ResultDns,
  type ResultInterface,
  type ResultIp,
  type ResultIpFamily,
  type ResultRoute,
  isOldResult,
} from './result.ts';

/** What Go prints for an address that was never set (R14). */
const noAddress = '<nil>';

/** One line, as a plugin gets it in `prevResult`: 1.x with sorted keys, 0.x in field order (P2, P3). */
export function resultText(result: CniResult): string {
  return canonicalJson(
    resultToJson(result),
    result.cniVersion.startsWith('1.') ? 'sorted' : 'kept',
  );
}

/** The result as tools print it: the same with four blanks of indent and no newline at the end (P1). */
export const prettyResult = (result: CniResult): string => pretty(resultText(result));

/** A CNI error object as plugins print it (P4). */
export function prettyError({ code, msg, details }: CniErrorFields): string {
  const json = object([
    ['code', code],
    ['msg', msg],
    ['details', details === '' ? undefined : details],
  ]);
  return pretty(canonicalJson(json, 'kept'));
}

/** Canonical text, indented. Its escapes (J2) can only stand inside strings. */
function pretty(text: string): string {
  return stringifyJson(parseJson(text), 4).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The result as JSON in the field order of the reference, without empty optional fields (R11). */
export function resultToJson(result: CniResult): JsonObject {
  if (isOldResult(result)) {
    return object([
      ['cniVersion', result.cniVersion],
      ['ip4', result.ip4 && familyJson(result.ip4)],
      ['ip6', result.ip6 && familyJson(result.ip6)],
      ['dns', dnsJson(result.dns)],
    ]);
  }
  const modern = result.cniVersion === '1.0.0' || result.cniVersion === '1.1.0';
  const dns = dnsJson(result.dns);
  return object([
    ['cniVersion', result.cniVersion],
    ['interfaces', list(result.interfaces.map((item) => item && interfaceJson(item)))],
    ['ips', list(result.ips.map((item) => item && ipJson(item, !modern)))],
    ['routes', list(result.routes.map((item) => item && routeJson(item)))],
    ['dns', modern && dns.size === 0 ? undefined : dns],
  ]);
}

const interfaceJson = (item: ResultInterface): JsonObject =>
  object([
    ['name', item.name],
    ['mac', item.mac],
    ['mtu', item.mtu],
    ['sandbox', item.sandbox],
    ['socketPath', item.socketPath],
    ['pciID', item.pciID],
  ]);

const ipJson = (item: ResultIp, withVersion: boolean): JsonObject =>
  object([
    ['version', withVersion ? (item.version ?? '') : undefined],
    ['interface', item.interface],
    ['address', item.address ?? noAddress],
    ['gateway', item.gateway],
  ]);

const routeJson = (item: ResultRoute): JsonObject =>
  object([
    ['dst', item.dst ?? noAddress],
    ['gw', item.gw],
    ['mtu', item.mtu],
    ['advmss', item.advmss],
    ['priority', item.priority],
    ['table', item.table],
    ['scope', item.scope],
  ]);

const familyJson = (item: ResultIpFamily): JsonObject =>
  object([
    ['ip', item.ip ?? noAddress],
    ['gateway', item.gateway],
    ['routes', list(item.routes.map(routeJson))],
  ]);

const dnsJson = (dns: ResultDns): JsonObject =>
  object([
    ['nameservers', dns.nameservers],
    ['domain', dns.domain],
    ['search', dns.search],
    ['options', dns.options],
  ]);

const list = (items: Json[]): Json[] | undefined => (items.length === 0 ? undefined : items);

function object(entries: [key: string, value: Json | number | undefined][]): JsonObject {
  const json: JsonObject = new Map();
  for (const [key, value] of entries) {
    if (typeof value === 'number') json.set(key, new JsonNumber(String(value)));
    else if (value !== undefined) json.set(key, value);
  }
  return json;
}
