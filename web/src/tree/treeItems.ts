import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { Lab, LabHost, LabPod } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import { chainText, hostNetworks } from '../store/networks.ts';
import { standingOf, type Standing } from '../store/stateWords.ts';

/** One line of the object tree. */
export interface TreeEntry {
  id: string;
  label: string;
  /** A few words beside the label. */
  detail: string;
  kind: 'segment' | 'host' | 'interface' | 'network' | 'pod' | 'attachment' | 'listen' | 'link';
  standing: Standing;
  /** Why it failed. */
  error: string | undefined;
  children: TreeEntry[];
}

/** The lab as a tree: what the document has, then what only the kernel has. */
export function treeItems(lab: Lab | undefined, live: Snapshot | undefined): TreeEntry[] {
  const plugins = pluginsThatMade(live);
  const entry = (
    id: string,
    kind: TreeEntry['kind'],
    label: string,
    detail: string,
    children: TreeEntry[] = [],
  ): TreeEntry => ({
    id,
    kind,
    label,
    detail,
    children,
    standing: standingOf(live, id),
    error: live?.elements[id]?.error,
  });

  const podEntry = (host: LabHost, pod: LabPod): TreeEntry => {
    const id = `${host.name}/${pod.name}`;
    const attachments = pod.attachments ?? [];
    const names = attachmentInterfaces(attachments);
    return entry(`pod:${id}`, 'pod', pod.name, addressesText(live, id), [
      ...attachments.map(({ network }, i) =>
        entry(`attachment:${id}/${names[i]}`, 'attachment', names[i] ?? '', `to ${network}`),
      ),
      ...(pod.listen ?? []).map(({ protocol, port }, i) =>
        entry(`listen:${id}/${i}`, 'listen', `${protocol} ${port}`, 'server'),
      ),
      ...kernelEntries(live, id, new Set(names), plugins),
    ]);
  };

  const hostEntry = (host: LabHost): TreeEntry => {
    const interfaces = host.interfaces ?? [];
    const known = new Set(interfaces.map(({ name }) => name));
    return entry(`host:${host.name}`, 'host', host.name, '', [
      ...interfaces.map((item) =>
        entry(
          `interface:${host.name}/${item.name}`,
          'interface',
          item.name,
          [interfaceKind(item), ...(item.addresses ?? [])].join(' '),
        ),
      ),
      ...hostNetworks(host).map((network) =>
        entry(`network:${host.name}/${network.name}`, 'network', network.name, chainText(network)),
      ),
      ...(host.pods ?? []).map((pod) => podEntry(host, pod)),
      ...kernelEntries(live, host.name, known, plugins),
    ]);
  };

  return [
    ...(lab?.segments ?? []).map(({ name }) =>
      entry(`segment:${name}`, 'segment', name, 'segment'),
    ),
    ...(lab?.hosts ?? []).map(hostEntry),
  ];
}

/** `vlan 20`, `on lan`: what an interface of the design is. */
export function interfaceKind(item: NonNullable<LabHost['interfaces']>[number]): string {
  if ('segment' in item) return `on ${item.segment}`;
  if (!('type' in item)) return 'veth';
  return item.type === 'vlan' ? `vlan ${item.id}` : item.type;
}

/** Interfaces that no element of the design stands for. Every namespace has `lo`: not worth a line. */
function kernelEntries(
  live: Snapshot | undefined,
  namespace: string,
  known: ReadonlySet<string>,
  plugins: ReadonlyMap<string, string>,
): TreeEntry[] {
  const madeBy = (name: string) => {
    const plugin = plugins.get(`link:${namespace}/${name}`);
    return plugin === undefined ? ', not in the design' : `, made by ${plugin}`;
  };
  return (live?.namespaces[namespace]?.links ?? [])
    .filter(({ name, kind }) => !known.has(name) && kind !== 'loopback' && name !== 'lo')
    .map((link) => ({
      id: `link:${namespace}/${link.name}`,
      kind: 'link',
      label: link.name,
      detail: `${link.kind || 'physical'}${link.up ? '' : ' down'}${madeBy(link.name)}`,
      standing: 'kernel',
      error: undefined,
      children: [],
    }));
}

/** By `link:NAMESPACE/NAME`: the plugin in whose last step the interface appeared. */
function pluginsThatMade(live: Snapshot | undefined): Map<string, string> {
  const plugins = new Map<string, string>();
  for (const { steps } of live?.operations ?? []) {
    for (const { plugin, kernel } of steps) {
      for (const { event, namespace, name, shared } of kernel) {
        const link = `link:${namespace}/${name}`;
        // What several steps share says less than what one step alone made.
        if (event === 'link.new' && !(shared && plugins.has(link))) plugins.set(link, plugin);
      }
    }
  }
  return plugins;
}

function addressesText(live: Snapshot | undefined, namespace: string): string {
  const addresses = live?.namespaces[namespace]?.addresses ?? [];
  return addresses
    .filter(({ scope }) => scope === 'global')
    .map(({ address }) => address)
    .join(' ');
}

/** Ids of everything that has children. */
export const branchIds = (entries: readonly TreeEntry[]): string[] =>
  entries.flatMap(({ id, children }) => (children.length > 0 ? [id, ...branchIds(children)] : []));

export const countEntries = (entries: readonly TreeEntry[]): number =>
  entries.reduce((sum, { children }) => sum + 1 + countEntries(children), 0);
