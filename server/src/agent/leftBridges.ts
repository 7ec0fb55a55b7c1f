import { parseNetwork } from '@cnilab/shared/cni/config';
import type { CompiledHost, CompiledNetwork } from '@cnilab/shared/lab/compiled';
import { bridgeOf } from '@cnilab/shared/lab/networks';
import type { RouteSocket } from '../netlink/route/socket.ts';

/**
 * Removes bridges that plugins made for networks that went or changed. CNI's DEL leaves them, and
 * then the next ADD meets the old gateway's address, which is an error, or a bridge whose last port
 * went and with it its MAC, which the plugin cannot set again. Those that the document declares,
 * that another network uses, or that something is plugged into, stay.
 *
 * @param before the host's networks as they were applied last
 */
export function removeLeftBridges(
  route: RouteSocket,
  before: readonly CompiledNetwork[],
  wanted: CompiledHost,
): void {
  const isKept = (old: CompiledNetwork) =>
    wanted.networks.some(({ name, text }) => name === old.name && text === old.text);
  const used = new Set([
    ...wanted.interfaces.map(({ name }) => name),
    ...before.filter(isKept).flatMap(bridgesOf),
  ]);
  for (const name of before.filter((old) => !isKept(old)).flatMap(bridgesOf)) {
    if (used.has(name)) continue;
    const links = route.linkList();
    const bridge = links.find((link) => link.name === name && link.kind === 'bridge');
    if (bridge && !links.some(({ master }) => master === bridge.index)) {
      route.linkDel(bridge.index);
    }
  }
}

function bridgesOf({ text }: CompiledNetwork): string[] {
  try {
    return parseNetwork(text).plugins.flatMap(({ raw }) => bridgeOf(raw) ?? []);
  } catch {
    // No plugin ran for a configuration that cannot be read.
    return [];
  }
}
