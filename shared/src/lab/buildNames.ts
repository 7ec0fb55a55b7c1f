import {
  addressOf,
  contains,
  formatIp,
  last,
  network as base,
  overlaps,
  parseCidr,
  type Cidr,
} from '../cni/ip.ts';
import { contextOf } from './context.ts';
import { ipamSubnets, networksOf } from './networks.ts';
import type { Lab } from './schema.ts';

/** The first of prefix1, prefix2, … that is free. */
export function nextName(prefix: string, taken: Iterable<string>, start = 1): string {
  const names = new Set(taken);
  let number = start;
  while (names.has(`${prefix}${number}`)) number++;
  return `${prefix}${number}`;
}

/** The next interface name of a host: eth0, eth1, … */
export function nextInterface(lab: Lab, host: string, prefix = 'eth'): string {
  const context = contextOf(lab, new Map()).hosts.find(({ host: { name } }) => name === host);
  return nextName(prefix, context?.interfaces.keys() ?? [], 0);
}

/** Every subnet that the lab uses anywhere. */
function usedSubnets(lab: Lab): Cidr[] {
  return (lab.hosts ?? []).flatMap((host) => [
    ...(host.interfaces ?? []).flatMap((link) =>
      (link.addresses ?? []).flatMap((text) => parseCidr(text) ?? []),
    ),
    ...networksOf(host, new Map()).flatMap(({ plugins }) => plugins.flatMap(ipamSubnets)),
  ]);
}

/** A /16 of 10.0.0.0/8 that nothing in the lab overlaps: 10.10.0.0/16 first. */
export function freeSubnet(lab: Lab): string {
  const used = usedSubnets(lab);
  for (let step = 0; step < 256; step++) {
    const text = `10.${(10 + step) % 256}.0.0/16`;
    const subnet = parseCidr(text);
    if (subnet && !used.some((other) => overlaps(other, subnet))) return text;
  }
  return '10.10.0.0/16';
}

/** Documentation networks (RFC 5737), then private ones. */
const segmentSubnets = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  ...Array.from({ length: 256 }, (_, third) => `192.168.${third}.0/24`),
];
/** Hosts are numbered from here, so that low numbers stay free for routers. */
const firstHostNumber = 11n;

/** The next free address of a segment's IPv4 subnet, with its prefix length. */
export function freeAddress(lab: Lab, segment: string): string {
  const addresses = (lab.hosts ?? []).flatMap((host) =>
    (host.interfaces ?? []).flatMap((link) =>
      'segment' in link && link.segment === segment
        ? (link.addresses ?? []).flatMap((text) => parseCidr(text) ?? [])
        : [],
    ),
  );
  const inUse = addresses.find(({ family }) => family === 4);
  const used = usedSubnets(lab);
  const fresh = segmentSubnets
    .flatMap((text) => parseCidr(text) ?? [])
    .find((subnet) => !used.some((other) => overlaps(other, subnet)));
  const subnet = inUse ? base(inUse) : (fresh ?? { family: 4, address: 0n, prefix: 24 });
  const taken = new Set(addresses.map((cidr) => formatIp(addressOf(cidr))));
  const end = last(subnet).value;
  const start = subnet.address + firstHostNumber;
  for (const from of [start, subnet.address + 1n]) {
    for (let value = from; value < end; value++) {
      const ip = { family: subnet.family, value };
      if (contains(subnet, ip) && !taken.has(formatIp(ip))) {
        return `${formatIp(ip)}/${subnet.prefix}`;
      }
    }
  }
  return `${formatIp({ family: subnet.family, value: start })}/${subnet.prefix}`;
}
