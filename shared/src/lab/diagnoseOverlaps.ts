import { formatCidr, formatIp, last, parseCidr, type Cidr, type Ip } from '../cni/ip.ts';
import type { JsonObject } from '../cni/json.ts';
import type { LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { domainPort, layer2Of, type Layer2 } from './layer2.ts';
import {
  allocationRanges,
  bridgeOf,
  ipamSubnets,
  reachesHost,
  type LabNetwork,
} from './networks.ts';

/** More findings than this tell nobody more; it also bounds what a hostile document costs. */
const maxFindings = 100;
const maxPairs = 100_000;

/** Subnets and allocation ranges that get into each other's way. */
export function diagnoseOverlaps(context: LabContext): Finding[] {
  const layer2 = layer2Of(context);
  return [...subnets(context, layer2), ...allocations(context, layer2)];
}

interface Span {
  family: number;
  start: bigint;
  end: bigint;
}

/** Calls `visit` for overlapping pairs until it has returned true often enough, or was called so. */
function overlapping<T extends Span>(spans: T[], visit: (a: T, b: T) => boolean): void {
  const sorted = spans.toSorted(
    (a, b) => a.family - b.family || (a.start < b.start ? -1 : a.start > b.start ? 1 : 0),
  );
  let left = maxFindings;
  let pairs = maxPairs;
  for (const [at, a] of sorted.entries()) {
    for (let next = at + 1; next < sorted.length; next++) {
      const b = sorted[next];
      if (!b || b.family !== a.family || b.start > a.end) break;
      if ((visit(a, b) && --left === 0) || --pairs === 0) return;
    }
  }
}

interface Claim extends Span {
  order: number;
  subnet: Cidr;
  /** Puts an address or a route into the host's namespace. */
  routed: boolean;
  bridge: string | undefined;
  /** The layer-2 domain; undefined where the design does not tell. */
  domain: string | undefined;
  /** Undefined for an interface of the host itself. */
  network: LabNetwork | undefined;
  name: string;
}

const spanOf = (subnet: Cidr): Span => {
  const end = last(subnet).value;
  const hostBits = (1n << BigInt((subnet.family === 4 ? 32 : 128) - subnet.prefix)) - 1n;
  return { family: subnet.family, start: end - hostBits, end };
};

function subnets({ hosts }: LabContext, layer2: Layer2): Finding[] {
  return hosts.flatMap(({ host, networks, path }) => {
    const claims: Claim[] = networks.flatMap((network, order) =>
      network.plugins.flatMap((plugin) =>
        ipamSubnets(plugin).map((subnet) => ({
          ...spanOf(subnet),
          order,
          subnet,
          routed: reachesHost(plugin),
          bridge: bridgeOf(plugin),
          domain: domainOf(layer2, host.name, plugin),
          network,
          name: network.name,
        })),
      ),
    );
    const own: Claim[] = (host.interfaces ?? []).flatMap((link) =>
      (link.addresses ?? []).flatMap((text) => {
        const subnet = parseCidr(text);
        return subnet
          ? [
              {
                ...spanOf(subnet),
                order: -1,
                subnet,
                routed: true,
                bridge: link.name,
                domain: undefined,
                network: undefined,
                name: link.name,
              },
            ]
          : [];
      }),
    );
    const findings: Finding[] = [];
    const seen = new Set<string>();
    overlapping([...own, ...claims], (one, two) => {
      const [a, b] = one.order <= two.order ? [one, two] : [two, one];
      const pair = JSON.stringify([a.order, a.name, b.order]);
      if (!b.network || a.network === b.network || seen.has(pair)) return false;
      if (a.bridge !== undefined && a.bridge === b.bridge) return false;
      const finding = overlap(host.name, a, b, b.network);
      if (!finding) return false;
      seen.add(pair);
      findings.push({ ...finding, path: [...path, 'networks', b.network.index] });
      return true;
    });
    return findings;
  });
}

function overlap(host: string, a: Claim, b: Claim, network: LabNetwork): Finding | undefined {
  const [left, right] = [formatCidr(a.subnet), formatCidr(b.subnet)];
  const base = {
    path: [],
    element: `network:${host}/${network.name}`,
    code: 'overlapping-subnets',
  };
  if (!a.network) {
    if (!b.routed) return undefined;
    const message =
      `Network ${host}/${b.name} (${right}) overlaps the address ${left} of the host's own interface ${a.name}: ` +
      'packets may leave by the wrong one. Choose another subnet.';
    return { ...base, severity: 'warning', message };
  }
  if (a.routed && b.routed) {
    const message =
      `Networks ${a.name} (${left}) and ${b.name} (${right}) of host ${host} overlap, and both put an address or a route into the host: ` +
      'it cannot tell them apart. Give one of them another subnet.';
    return { ...base, severity: 'error', message };
  }
  // One subnet for one layer-2 domain is as it should be; what may clash there are the ranges.
  if (a.domain !== undefined && a.domain === b.domain) return undefined;
  const message =
    `Networks ${a.name} (${left}) and ${b.name} (${right}) of host ${host} overlap. ` +
    'That works while they stay apart at layer 2; it confuses people and routing.';
  return { ...base, severity: 'hint', message };
}

function domainOf(layer2: Layer2, host: string, plugin: JsonObject): string | undefined {
  const port = domainPort(plugin);
  return port && layer2.domain(host, port.name, port.vlan);
}

interface Pool extends Span {
  order: number;
  name: string;
  text: string;
  path: (string | number)[];
  store: string;
}

/** Two address stores that hand out the same addresses to pods which can see each other. */
function allocations(context: LabContext, layer2: Layer2): Finding[] {
  const domains = new Map<string, Pool[]>();
  let order = 0;
  for (const { host, networks, path } of context.hosts) {
    for (const network of networks) {
      for (const plugin of network.plugins) {
        const domain = domainOf(layer2, host.name, plugin);
        if (domain === undefined) continue;
        const pools = domains.get(domain) ?? [];
        domains.set(domain, pools);
        for (const range of allocationRanges(plugin)) {
          pools.push({
            family: range.subnet.family,
            start: range.first.value,
            end: range.last.value,
            order: order++,
            name: `${host.name}/${network.name}`,
            text: `${show(range.first)} – ${show(range.last)}`,
            path: [...path, 'networks', network.index],
            store: `${host.name}/${network.name}`,
          });
        }
      }
    }
  }
  const findings: Finding[] = [];
  for (const pools of domains.values()) {
    overlapping(pools, (one, two) => {
      const [a, b] = one.order <= two.order ? [one, two] : [two, one];
      if (a.store === b.store) return false;
      findings.push({
        severity: 'warning',
        code: 'overlapping-ranges',
        message:
          `Networks ${a.name} (${a.text}) and ${b.name} (${b.text}) are in one layer-2 domain and may give the same address to two pods: ` +
          'set "rangeStart" and "rangeEnd" so that they do not overlap.',
        path: b.path,
        element: `network:${b.name}`,
      });
      return findings.length < maxFindings;
    });
  }
  return findings;
}

const show = (ip: Ip) => formatIp(ip);
