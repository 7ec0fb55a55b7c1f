import { kernelFeatures, type KernelFeature } from '@cnilab/shared/lab/needs';
import { CLONE_NEWNET } from '../netlink/constants.ts';
import { unshare } from '../netlink/libc.ts';
import type { LinkSpec } from '../netlink/route/linkRequests.ts';
import { openRoute, type RouteSocket } from '../netlink/route/socket.ts';
import { home, insideNet } from './space.ts';

/** Tries each feature by making it in a network namespace that is then forgotten. */
export function tryFeatures(names: readonly string[]): Record<string, boolean> {
  const asked = names.filter((name): name is KernelFeature => Object.hasOwn(kernelFeatures, name));
  if (asked.length === 0) return {};
  return insideNet(home, () => {
    unshare(CLONE_NEWNET);
    const route = openRoute();
    try {
      route.linkAdd({ kind: 'bridge', name: 'base' });
      const parent = route.linkByName('base')?.index ?? 0;
      return Object.fromEntries(
        asked.map((name) => [name, works(() => attempt(route, name, parent))]),
      );
    } finally {
      route.close();
    }
  });
}

function attempt(route: RouteSocket, feature: KernelFeature, parent: number): void {
  const name = 'try';
  const specs: Record<KernelFeature, LinkSpec> = {
    bridge: { kind: 'bridge', name },
    veth: { kind: 'veth', name, peer: { name: 'peer' } },
    vlan: { kind: 'vlan', name, parent, id: 2 },
    vlanFiltering: { kind: 'bridge', name, vlanFiltering: true },
    dummy: { kind: 'dummy', name },
    vxlan: { kind: 'vxlan', name, id: 42 },
    macvlan: { kind: 'macvlan', name, parent, mode: 'bridge' },
    ipvlan: { kind: 'ipvlan', name, parent },
    vrf: { kind: 'vrf', name, table: 1000 },
    ifb: { kind: 'ifb', name },
  };
  route.linkAdd(specs[feature]);
  const made = route.linkByName(name);
  if (made) route.linkDel(made.index);
}

function works(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
