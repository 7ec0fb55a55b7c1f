import { isJsonObject, parseJson, type Json } from '../cni/json.ts';
import type { CompiledHost, CompiledLab } from './compiled.ts';

/** Kernel features that some kernels lack, by the name that the agent tries them under. */
export const kernelFeatures = {
  bridge: 'bridges',
  veth: 'veth pairs',
  vlan: '802.1Q VLANs (module 8021q)',
  vlanFiltering: 'VLAN filtering on bridges (CONFIG_BRIDGE_VLAN_FILTERING)',
  dummy: 'dummy interfaces (module dummy)',
  vxlan: 'VXLAN (module vxlan)',
  macvlan: 'macvlan (module macvlan)',
  ipvlan: 'ipvlan (module ipvlan)',
  vrf: 'VRF (module vrf)',
  ifb: 'intermediate functional blocks (module ifb)',
} as const;
export type KernelFeature = keyof typeof kernelFeatures;

export interface KernelNeed {
  feature: KernelFeature;
  /** What the feature is, in words. */
  what: string;
  /** The element that needs it, as in `interface:node1/eth0.20`. */
  element: string;
}

/** What a lab needs of the kernel beyond what every kernel with containers has. */
export function kernelNeeds(lab: CompiledLab): KernelNeed[] {
  return lab.hosts.flatMap((host) => [...interfaceNeeds(host), ...networkNeeds(host)]);
}

const need = (feature: KernelFeature, element: string): KernelNeed => ({
  feature,
  what: kernelFeatures[feature],
  element,
});

function interfaceNeeds(host: CompiledHost): KernelNeed[] {
  return host.interfaces.flatMap((item): KernelNeed[] => {
    const element = `interface:${host.name}/${item.name}`;
    const needs: KernelNeed[] = [];
    if ('type' in item && isFeature(item.type) && item.type !== 'bridge' && item.type !== 'veth') {
      needs.push(need(item.type, element));
    }
    if (item.vlans?.length || ('vlanFiltering' in item && item.vlanFiltering)) {
      needs.push(need('vlanFiltering', element));
    }
    return needs;
  });
}

function networkNeeds(host: CompiledHost): KernelNeed[] {
  return host.networks.flatMap((network) =>
    pluginsOf(parseJson(network.text)).flatMap((plugin): KernelNeed[] => {
      const element = `network:${host.name}/${network.name}`;
      const type = plugin.get('type');
      if (type === 'bridge') {
        const tagged = plugin.has('vlan') || plugin.has('vlanTrunk');
        return tagged ? [need('vlanFiltering', element)] : [];
      }
      if (type === 'bandwidth') return [need('ifb', element)];
      return typeof type === 'string' && isFeature(type) ? [need(type, element)] : [];
    }),
  );
}

const isFeature = (word: string): word is KernelFeature => Object.hasOwn(kernelFeatures, word);

function pluginsOf(config: Json): Map<string, Json>[] {
  if (!isJsonObject(config)) return [];
  const plugins = config.get('plugins');
  return (Array.isArray(plugins) ? plugins : [config]).filter(isJsonObject);
}
