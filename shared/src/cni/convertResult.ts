import { libraryError } from './errors.ts';
import { addressFamily } from './goNet.ts';
import {
  type CniResult,
  type MiddleResult,
  type MiddleVersion,
  type NewResult,
  type NewVersion,
  type OldResult,
  type OldVersion,
  type ResultIpFamily,
  isOldResult,
} from './result.ts';
import { resultVersions } from './versions.ts';

/**
 * The result in another version (R20); empty means 0.1.0. What the other version cannot say is
 * lost. Throws a CniError with libcni's text where there is no way.
 */
export function convertResult(result: CniResult, version: string): CniResult {
  const wanted = version === '' ? '0.1.0' : version;
  const target = resultVersions.find((known) => known === wanted);
  if (target === undefined) {
    throw libraryError(`no converter for CNI result version ${result.cniVersion} to ${wanted}`);
  }
  if (target === result.cniVersion) return result;
  if (target === '0.1.0' || target === '0.2.0') return toOld(result, target);
  if (target === '1.0.0' || target === '1.1.0') return toNew(result, target);
  return toMiddle(result, target);
}

function toMiddle(result: CniResult, cniVersion: MiddleVersion): MiddleResult {
  if (isOldResult(result)) {
    const families = [
      { version: '4', family: result.ip4 },
      { version: '6', family: result.ip6 },
    ];
    return {
      cniVersion,
      interfaces: [],
      ips: families.flatMap(({ version, family }) => {
        if (!family) return [];
        const { ip, gateway } = family;
        return {
          version,
          ...(ip === undefined ? {} : { address: ip }),
          ...(gateway === undefined ? {} : { gateway }),
        };
      }),
      routes: families.flatMap(({ family }) => family?.routes ?? []),
      dns: result.dns,
    };
  }
  if (!isNewResult(result)) return { ...result, cniVersion };
  return {
    cniVersion,
    interfaces: members(result.interfaces).map(({ name, mac, sandbox }) => ({
      name,
      ...(mac === undefined ? {} : { mac }),
      ...(sandbox === undefined ? {} : { sandbox }),
    })),
    ips: members(result.ips).map((ip) => ({
      ...ip,
      version: ip.address !== undefined && addressFamily(ip.address) === 4 ? '4' : '6',
    })),
    routes: result.routes,
    dns: result.dns,
  };
}

function toNew(result: CniResult, cniVersion: NewVersion): NewResult {
  if (!isOldResult(result) && isNewResult(result)) return { ...result, cniVersion };
  const middle = toMiddle(result, '0.4.0');
  return {
    cniVersion,
    interfaces: members(middle.interfaces),
    ips: members(middle.ips).map(({ version: _version, ...ip }) => ip),
    routes: middle.routes,
    dns: middle.dns,
  };
}

function toOld(result: CniResult, cniVersion: OldVersion): OldResult {
  if (isOldResult(result)) return { ...result, cniVersion };
  const middle = toMiddle(result, '0.4.0');
  members(middle.interfaces);
  const ips = members(middle.ips);
  const routes = members(middle.routes);
  const family = (version: '4' | '6'): ResultIpFamily | undefined => {
    const first = ips.find((ip) => ip.version === version);
    return (
      first && {
        ...(first.address === undefined ? {} : { ip: first.address }),
        ...(first.gateway === undefined ? {} : { gateway: first.gateway }),
        routes: routes
          .filter(
            ({ dst }) => version === (dst !== undefined && addressFamily(dst) === 4 ? '4' : '6'),
          )
          .map(({ dst, gw }) => ({
            ...(dst === undefined ? {} : { dst }),
            ...(gw === undefined ? {} : { gw }),
          })),
      }
    );
  };
  const [ip4, ip6] = [family('4'), family('6')];
  if (!ip4 && !ip6) throw libraryError('cannot convert: no valid IP addresses');
  return { cniVersion, ...(ip4 && { ip4 }), ...(ip6 && { ip6 }), dns: middle.dns };
}

const isNewResult = (result: MiddleResult | NewResult): result is NewResult =>
  result.cniVersion === '1.0.0' || result.cniVersion === '1.1.0';

/** The reference crashes on null members here (R13). */
function members<T>(items: readonly (T | null)[]): T[] {
  return items.map((item) => {
    if (item === null) throw libraryError('cannot convert: a list of the result holds null');
    return item;
  });
}
