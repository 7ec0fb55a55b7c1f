import { formatIp, parseCidr, parseIp, formatCidr, addressOf } from '@cnilab/shared/cni/ip';
import { openRoute } from '../../netlink/route/socket.ts';
import { insideNet, type Space } from '../space.ts';
import type { Attempt } from './attempt.ts';

export interface InterfaceSeen {
  type: string;
  master?: string;
  /** As iproute2 writes it: UP, DOWN, … */
  state: string;
  addresses: string[];
  vlan?: number;
}

/** An interface with its addresses; undefined when the space has none of that name. */
export function probeInterface(space: Space, name: string): InterfaceSeen | undefined {
  const route = insideNet(space, openRoute);
  try {
    const link = route.linkByName(name);
    if (!link) return undefined;
    const master = link.master === undefined ? undefined : route.linkGet(link.master)?.name;
    return {
      type: link.kind,
      ...(master === undefined ? {} : { master }),
      state: link.state,
      addresses: route.addressList(link.index).map(({ address, prefix }) => `${address}/${prefix}`),
      ...(link.vlan === undefined ? {} : { vlan: link.vlan.id }),
    };
  } finally {
    route.close();
  }
}

export interface InterfaceExpectation {
  type?: string | undefined;
  master?: string | undefined;
  state?: string | undefined;
  addresses?: string[] | undefined;
  vlan?: number | undefined;
}

/** Whether the interface is as the check expects: what is given must match. */
export function judgeInterface(
  name: string,
  expected: InterfaceExpectation | 'absent',
  seen: InterfaceSeen | undefined,
): Attempt {
  const got = seen ? { ...seen } : { absent: true };
  if (expected === 'absent') {
    const message = `expected no interface ${name}, but there is one of type ${seen?.type || 'physical'}`;
    return { ok: !seen, got, message };
  }
  if (!seen) {
    return { ok: false, got, message: `expected an interface ${name}, but there is none` };
  }
  const problems = differences(expected, seen);
  return {
    ok: problems.length === 0,
    got,
    message: `expected of interface ${name}: ${problems.join('; ') || 'nothing else'}`,
  };
}

function differences(expected: InterfaceExpectation, seen: InterfaceSeen): string[] {
  const problems: string[] = [];
  const compare = (what: string, wanted: string | undefined, found: string | undefined) => {
    if (wanted !== undefined && wanted !== found) {
      problems.push(`${what} ${wanted}, but it is ${found || 'none'}`);
    }
  };
  compare('type', expected.type, seen.type);
  compare('master', expected.master, seen.master);
  compare('state', expected.state?.toUpperCase(), seen.state);
  compare('vlan', expected.vlan?.toString(), seen.vlan?.toString());
  const addresses = addressProblem(expected.addresses, seen.addresses);
  return addresses === undefined ? problems : [...problems, addresses];
}

/** `[]` means none; addresses that the kernel gave itself to have one on the link do not count. */
function addressProblem(wanted: string[] | undefined, found: string[]): string | undefined {
  if (wanted === undefined) return undefined;
  if (wanted.length === 0) {
    const real = found.filter((address) => !/^fe80:/i.test(address));
    return real.length === 0 ? undefined : `no addresses, but it has ${real.join(', ')}`;
  }
  const has = new Set(found.flatMap((address) => [canonical(address), withoutPrefix(address)]));
  const missing = wanted.filter((address) => !has.has(canonical(address)));
  if (missing.length === 0) return undefined;
  return `address ${missing.join(', ')}, but it has ${found.join(', ') || 'none'}`;
}

function canonical(address: string): string {
  const cidr = parseCidr(address);
  if (cidr) return formatCidr(cidr);
  const ip = parseIp(address);
  return ip ? formatIp(ip) : address;
}

/** So that an address without a prefix length matches whatever its length is. */
function withoutPrefix(address: string): string {
  const cidr = parseCidr(address);
  return cidr ? formatIp(addressOf(cidr)) : address;
}
