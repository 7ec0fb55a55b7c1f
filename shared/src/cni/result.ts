export interface ResultInterface {
  name: string;
  mac?: string;
  mtu?: number;
  /** Path of the namespace; absent for interfaces of the host. */
  sandbox?: string;
  socketPath?: string;
  pciID?: string;
}

export interface ResultIp {
  /** `4` or `6`; in 0.3.0–0.4.0 only. */
  version?: string;
  /** Index in the result's interfaces. */
  interface?: number;
  /** Address with prefix, normalised (R10); absent if the plugin gave none (R14). */
  address?: string;
  gateway?: string;
}

export interface ResultRoute {
  /** Destination with prefix; absent if the plugin gave none. */
  dst?: string;
  gw?: string;
  mtu?: number;
  advmss?: number;
  priority?: number;
  table?: number;
  scope?: number;
}

export interface ResultDns {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
}

/** `ip4` or `ip6` of 0.1.0 and 0.2.0. */
export interface ResultIpFamily {
  ip?: string;
  gateway?: string;
  routes: ResultRoute[];
}

export type OldVersion = '0.1.0' | '0.2.0';
export type MiddleVersion = '0.3.0' | '0.3.1' | '0.4.0';
export type NewVersion = '1.0.0' | '1.1.0';

export interface OldResult {
  cniVersion: OldVersion;
  ip4?: ResultIpFamily;
  ip6?: ResultIpFamily;
  dns: ResultDns;
}

/** Lists may hold null: it survives decoding and printing (R13). */
interface ListResult {
  interfaces: (ResultInterface | null)[];
  ips: (ResultIp | null)[];
  routes: (ResultRoute | null)[];
  dns: ResultDns;
}
export interface MiddleResult extends ListResult {
  cniVersion: MiddleVersion;
}
export interface NewResult extends ListResult {
  cniVersion: NewVersion;
}

/** A result of any known version; `cniVersion` tells which. */
export type CniResult = OldResult | MiddleResult | NewResult;

export const isOldResult = (result: CniResult): result is OldResult =>
  result.cniVersion === '0.1.0' || result.cniVersion === '0.2.0';

/** What a result says, the same for all versions. */
export interface AttachmentView {
  interfaces: ResultInterface[];
  /** `address` with prefix; `interface` is an index in `interfaces`. */
  ips: { address: string; gateway?: string; interface?: number }[];
  routes: (ResultRoute & { dst: string })[];
  dns: ResultDns;
}

/** The same view of a result of any version; null members and those without address are left out. */
export function attachmentView(result: CniResult): AttachmentView {
  const present = <T>(item: T | null | undefined): item is T => item !== null && item !== undefined;
  const ips: ResultIp[] = isOldResult(result)
    ? [result.ip4, result.ip6].filter(present).map(({ ip, gateway }) => ({
        ...(ip === undefined ? {} : { address: ip }),
        ...(gateway === undefined ? {} : { gateway }),
      }))
    : result.ips.filter(present);
  const routes = isOldResult(result)
    ? [...(result.ip4?.routes ?? []), ...(result.ip6?.routes ?? [])]
    : result.routes;
  // Leaving out a null interface would shift the indexes that ips refer to.
  const interfaces = isOldResult(result)
    ? []
    : result.interfaces.map((item) => item ?? { name: '' });
  return {
    interfaces,
    ips: ips.flatMap(({ address, gateway, interface: index }) =>
      address === undefined
        ? []
        : {
            address,
            ...(gateway === undefined ? {} : { gateway }),
            ...(index === undefined ? {} : { interface: index }),
          },
    ),
    routes: routes
      .filter(present)
      .flatMap((route) => (route.dst === undefined ? [] : { ...route, dst: route.dst })),
    dns: result.dns,
  };
}
