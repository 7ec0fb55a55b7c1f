import {
  Cable,
  Container,
  EthernetPort,
  GitCommitHorizontal,
  Network,
  Plug,
  Server,
  type LucideIcon,
} from 'lucide-react';

/** What drags from the palette carry: `application/x-cnilab-item` = the item's id. */
export const paletteDragType = 'application/x-cnilab-item';

export const paletteIds = [
  'host',
  'segment',
  'pod',
  'bridgeNetwork',
  'portMap',
  'vlan',
  'vethPair',
] as const;
export type PaletteId = (typeof paletteIds)[number];

export const isPaletteId = (text: string): text is PaletteId =>
  paletteIds.some((id) => id === text);

export interface PaletteItem {
  id: PaletteId;
  label: string;
  icon: LucideIcon;
  /** What it is and where it goes. */
  hint: string;
  /** What it must be put on; undefined = anywhere. */
  onto: 'host' | 'pod' | undefined;
}

export const paletteItems: readonly PaletteItem[] = [
  {
    id: 'host',
    label: 'Host',
    icon: Server,
    hint: 'A machine with its own network namespace',
    onto: undefined,
  },
  {
    id: 'segment',
    label: 'Segment',
    icon: Cable,
    hint: 'A layer-2 LAN that hosts are plugged into',
    onto: undefined,
  },
  {
    id: 'pod',
    label: 'Pod',
    icon: Container,
    hint: 'A network namespace on a host, attached to its first network',
    onto: 'host',
  },
  {
    id: 'bridgeNetwork',
    label: 'Bridge network',
    icon: Network,
    hint: 'A CNI network of a host: a bridge with a gateway, and addresses from host-local',
    onto: 'host',
  },
  {
    id: 'portMap',
    label: 'Port map',
    icon: Plug,
    hint: 'A port of the host that leads to a pod',
    onto: 'pod',
  },
  {
    id: 'vlan',
    label: 'VLAN interface',
    icon: EthernetPort,
    hint: 'A VLAN on top of an interface of a host',
    onto: 'host',
  },
  {
    id: 'vethPair',
    label: 'veth pair',
    icon: GitCommitHorizontal,
    hint: 'Two interfaces joined by a wire, on one host',
    onto: 'host',
  },
];
