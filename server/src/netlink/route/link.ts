import type { Bridge } from './kinds/bridge.ts';
import type { BridgePort } from './kinds/bridgePort.ts';
import type { Ipvlan } from './kinds/ipvlan.ts';
import type { Macvlan } from './kinds/macvlan.ts';
import type { Tun, Vrf } from './kinds/small.ts';
import type { Vlan } from './kinds/vlan.ts';
import type { Vxlan } from './kinds/vxlan.ts';

/** A link as the kernel tells it. Words are those of iproute2. What the kernel leaves out is absent. */
export interface Link {
  index: number;
  name: string;
  /** Kernel kind: `bridge`, `veth`, `vlan`, …; `loopback`; empty for a physical interface. */
  kind: string;
  mac?: string;
  mtu: number;
  /** IFF_UP: somebody set it up. */
  up: boolean;
  /** IFLA_OPERSTATE in capitals: UP, DOWN, LOWERLAYERDOWN, UNKNOWN, … */
  state: string;
  promiscuous?: boolean;
  /** Index of the bridge (or other master) that this link is a port of. */
  master?: number;
  /** Index of the parent (vlan, macvlan, vxlan) or of the peer (veth). */
  link?: number;
  /** Set when `link` lives in another namespace; negative when that one has no id here. */
  linkNsid?: number;
  alias?: string;

  /** `BROADCAST`, `UP`, `LOWER_UP`, `NO-CARRIER`, … */
  flags: string[];
  /** `ether`, `loopback`, `none`, … */
  linkType: string;
  broadcast?: string;
  /** The address that the hardware was made with. */
  permanentMac?: string;
  qdisc?: string;
  /** `DEFAULT` or `DORMANT`. */
  linkMode?: string;
  /** 0 is `default`. */
  group?: number;
  txQueueLength?: number;
  /** How many times it was made promiscuous, or to take all multicast. */
  promiscuity?: number;
  allMulticast?: number;
  minMtu?: number;
  /** 0: no limit. */
  maxMtu?: number;
  txQueues?: number;
  rxQueues?: number;
  carrier?: boolean;
  carrierChanges?: number;
  alternativeNames?: string[];
  /** How it forms IPv6 addresses: `eui64`, `none`, `stable_secret`, `random`. */
  addressGeneration?: string;
  /** RTM_DELLINK of a link that has moved: where it is now, and its index there. */
  newNsid?: number;
  newIndex?: number;

  /** Of these, the one of its kind. */
  bridge?: Bridge;
  vlan?: Vlan;
  macvlan?: Macvlan;
  ipvlan?: Ipvlan;
  vxlan?: Vxlan;
  vrf?: Vrf;
  tun?: Tun;

  /** The kind of its master, as that tells it: `bridge`, `vrf`, `bond`, … */
  slaveKind?: string;
  /** What its bridge knows of it. */
  port?: BridgePort;
}

export interface LinkStats {
  index: number;
  name: string;
  rxPackets: number;
  txPackets: number;
  rxBytes: number;
  txBytes: number;
  rxErrors: number;
  txErrors: number;
  rxDropped: number;
  txDropped: number;
  multicast: number;
  collisions: number;
}

/** One VLAN of a bridge port, or a range of them. */
export interface PortVlan {
  vid: number;
  /** The last one of a range. */
  vidEnd?: number;
  /** Frames without a tag belong to it. */
  pvid?: boolean;
  /** Its frames leave without a tag. */
  untagged?: boolean;
  /** Of its spanning tree, where told: `forwarding`, … */
  state?: string;
}

/** What a bridge says about one of its ports, or about itself as one. */
export interface PortMessage {
  index: number;
  name?: string;
  master?: number;
  port?: BridgePort;
  /** Told only when asked for, and when they change. */
  vlans?: PortVlan[];
}
