import { peerOf, type LabContext } from './context.ts';
import { bridgeOf, textOf } from './networks.ts';
import { JsonNumber, type JsonObject } from '../cni/json.ts';

/** Which interfaces are in one layer-2 domain, by the design alone. */
export interface Layer2 {
  /** The domain of an interface or bridge of a host, with the VLAN it is in (0 = none). */
  domain: (host: string, name: string, vlan?: number) => string;
}

const port = (host: string, name: string) => `${host}/${name}`;

/** Joins what bridges, segments, veth pairs and VXLANs of one number connect. */
export function layer2Of({ hosts }: LabContext): Layer2 {
  const leader = new Map<string, string>();
  const find = (key: string): string => {
    let at = key;
    for (let next = leader.get(at); next !== undefined; next = leader.get(at)) at = next;
    return at;
  };
  const join = (a: string, b: string) => {
    const [left, right] = [find(a), find(b)];
    if (left !== right) leader.set(left, right);
  };
  for (const { host } of hosts) {
    for (const link of host.interfaces ?? []) {
      const here = port(host.name, link.name);
      if ('segment' in link) join(here, `segment ${link.segment}`);
      const peer = peerOf(host.name, link);
      if (peer) join(here, port(peer.host, peer.name));
      if (!('type' in link)) {
        if (link.master !== undefined && !link.vlans) join(here, port(host.name, link.master));
        continue;
      }
      if (link.type === 'vxlan') join(here, `vxlan ${link.id}`);
      if (link.type === 'macvlan') join(here, port(host.name, link.parent));
      if (link.master !== undefined && !link.vlans) join(here, port(host.name, link.master));
    }
  }
  return { domain: (host, name, vlan = 0) => `${find(port(host, name))} vlan ${vlan}` };
}

/** The host interface that a plugin's pods share a layer-2 domain through, and their VLAN. */
export function domainPort(plugin: JsonObject): { name: string; vlan: number } | undefined {
  const type = textOf(plugin, 'type');
  const vlan = plugin.get('vlan');
  const bridge = bridgeOf(plugin);
  if (bridge !== undefined) {
    return { name: bridge, vlan: vlan instanceof JsonNumber ? Number(vlan.text) : 0 };
  }
  const master = textOf(plugin, 'master');
  if (master === undefined || (type !== 'macvlan' && type !== 'ipvlan')) return undefined;
  return { name: master, vlan: 0 };
}
