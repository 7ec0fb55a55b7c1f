import { formatCidr } from '@cnilab/shared/cni/ip';
import { toPlain } from '@cnilab/shared/cni/json';
import {
  bridgeOf,
  ipamSubnets,
  networksOf,
  textOf,
  type LabNetwork,
} from '@cnilab/shared/lab/networks';
import type { LabHost } from '@cnilab/shared/lab/schema';

/** What a CNI network will be on its host, as far as it can be drawn before it exists. */
export interface NetworkForm {
  name: string;
  /** First plugin's type: `bridge`, `ptp`, `macvlan`, …; empty when the list is empty. */
  type: string;
  /** The bridge that the plugin makes or uses. */
  bridge: string | undefined;
  /** The host interface that macvlan, ipvlan, vlan and host-device build on. */
  parent: string | undefined;
  vlan: number | undefined;
  subnets: string[];
}

/** The host's networks in the file's order. Networks in files of their own show their name only. */
export const networkForms = (host: LabHost): NetworkForm[] =>
  networksOf(host, new Map()).map(networkForm);

function networkForm({ name, plugins }: LabNetwork): NetworkForm {
  const [main] = plugins;
  if (!main) {
    return { name, type: '', bridge: undefined, parent: undefined, vlan: undefined, subnets: [] };
  }
  const type = textOf(main, 'type') ?? '';
  const vlan = toPlain(main.get(type === 'vlan' ? 'vlanId' : 'vlan') ?? null);
  return {
    name,
    type,
    bridge: bridgeOf(main),
    parent: type === 'host-device' ? textOf(main, 'device') : textOf(main, 'master'),
    vlan: typeof vlan === 'number' && vlan > 0 ? vlan : undefined,
    subnets: ipamSubnets(main).map(formatCidr),
  };
}
