import { toPlain } from '@cnilab/shared/cni/json';
import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { Lab, LabAttachment, LabHost, LabInterface } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';
import { linkId } from './model.ts';

/** One interface as design and kernel describe it together. Where both speak, the kernel is right. */
export interface LinkFact {
  /** `link:NAMESPACE/NAME` */
  ref: string;
  /** Element id if it is designed, else `ref`. */
  id: string;
  namespace: string;
  name: string;
  /** Kernel kind: `veth`, `bridge`, `vlan`, …; empty for what is not known yet. */
  kind: string;
  designed: boolean;
  live: Link | undefined;
  /** The bridge, in the same namespace. */
  master: string | undefined;
  /** The other end of a veth pair. */
  peer: string | undefined;
  /** The interface below (vlan, macvlan, ipvlan, vxlan); may be in another namespace. */
  parent: string | undefined;
  segment: string | undefined;
  /** Tag of a VLAN interface. */
  vlan: number | undefined;
  /** VLANs of a bridge port in the design. */
  portVlans: number[];
  vxlan: { id: number; remote: string | undefined } | undefined;
  /** The design's attachment behind a pod's interface. */
  attachment: LabAttachment | undefined;
  addresses: string[];
}

/** Every interface of the lab by its ref; `lo` and the kernel's fallback devices left out. */
export function linkFacts(lab: Lab | undefined, live: Snapshot | undefined): Map<string, LinkFact> {
  const facts = new Map<string, LinkFact>();
  for (const host of lab?.hosts ?? []) addDesign(facts, host);
  for (const fact of facts.values()) if (fact.peer) addImpliedPeer(facts, fact);
  if (live) {
    const refs = new Map(Object.values(live.namespaces).map((ns) => [ns.id, refsByIndex(ns)]));
    for (const namespace of Object.values(live.namespaces)) addLive(facts, namespace, live, refs);
  }
  return facts;
}

function addDesign(facts: Map<string, LinkFact>, host: LabHost): void {
  for (const item of host.interfaces ?? []) {
    const fact = designFact(host.name, item);
    facts.set(fact.ref, fact);
  }
  for (const pod of host.pods ?? []) {
    const attachments = pod.attachments ?? [];
    const names = attachmentInterfaces(attachments);
    const namespace = `${host.name}/${pod.name}`;
    attachments.forEach((attachment, index) => {
      const name = names[index] ?? '';
      const fact = emptyFact(namespace, name);
      facts.set(fact.ref, {
        ...fact,
        id: `attachment:${namespace}/${name}`,
        designed: true,
        attachment,
      });
    });
  }
}

function designFact(host: string, item: LabInterface): LinkFact {
  const here = (name: string) => linkId(host, name);
  const fact: LinkFact = {
    ...emptyFact(host, item.name),
    id: `interface:${host}/${item.name}`,
    designed: true,
    kind: 'type' in item ? item.type : 'veth',
    master: item.master === undefined ? undefined : here(item.master),
    portVlans: (item.vlans ?? []).map(({ id }) => id),
    addresses: item.addresses ?? [],
  };
  if ('segment' in item) return { ...fact, segment: item.segment };
  if (!('type' in item)) return fact;
  if (item.type === 'veth') {
    const { peer } = item;
    return {
      ...fact,
      peer: typeof peer === 'string' ? here(peer) : linkId(peer.host, peer.name),
    };
  }
  if (item.type === 'vlan') return { ...fact, parent: here(item.parent), vlan: item.id };
  if (item.type === 'macvlan') return { ...fact, parent: here(item.parent) };
  if (item.type === 'vxlan') {
    return {
      ...fact,
      parent: item.parent === undefined ? undefined : here(item.parent),
      vxlan: { id: item.id, remote: item.remote },
    };
  }
  return fact;
}

/** A veth's other end points back, whether the file lists it or not. */
function addImpliedPeer(facts: Map<string, LinkFact>, fact: LinkFact): void {
  const [namespace, name] = splitRef(fact.peer ?? '');
  const known = facts.get(linkId(namespace, name));
  if (known) {
    known.peer ??= fact.ref;
    return;
  }
  const peer = emptyFact(namespace, name);
  const id = `interface:${namespace}/${name}`;
  facts.set(peer.ref, { ...peer, id, designed: true, kind: 'veth', peer: fact.ref });
}

function addLive(
  facts: Map<string, LinkFact>,
  namespace: Namespace,
  live: Snapshot,
  refs: ReadonlyMap<string, ReadonlyMap<number, string>>,
): void {
  const own = refs.get(namespace.id);
  for (const link of namespace.links) {
    if (isHidden(link)) continue;
    const base = facts.get(linkId(namespace.id, link.name)) ?? emptyFact(namespace.id, link.name);
    const below =
      link.link === undefined
        ? undefined
        : refs.get(link.linkNamespace ?? namespace.id)?.get(link.link);
    const isPair = link.kind === 'veth';
    facts.set(base.ref, {
      ...base,
      kind: link.kind,
      live: link,
      master: link.master === undefined ? undefined : own?.get(link.master),
      peer: isPair && below && pointsBack(live, below, namespace, link) ? below : undefined,
      parent: isPair ? undefined : below,
      vlan: link.vlan,
      vxlan: link.vxlan && { id: link.vxlan.id, remote: link.vxlan.remote },
      addresses: namespace.addresses
        .filter(({ index }) => index === link.index)
        .map(({ address, prefix }) => `${address}/${prefix}`),
    });
  }
}

/** A veth whose peer left the lab keeps an index that may be another link's. */
function pointsBack(live: Snapshot, ref: string, namespace: Namespace, link: Link): boolean {
  const [there, name] = splitRef(ref);
  const peer = live.namespaces[there]?.links.find((other) => other.name === name);
  return (
    peer?.kind === 'veth' &&
    peer.link === link.index &&
    (peer.linkNamespace ?? there) === namespace.id
  );
}

const refsByIndex = ({ id, links }: Namespace): Map<number, string> =>
  new Map(links.map(({ index, name }) => [index, linkId(id, name)]));

/** Devices that a kernel puts into each namespace by itself when a tunnel module is loaded. */
const fallbackDevices = new Set(
  'tunl0 sit0 ip6tnl0 gre0 gretap0 erspan0 ip_vti0 ip6_vti0 ip6gre0'.split(' '),
);
const isHidden = ({ kind, name, up }: Link): boolean =>
  kind === 'loopback' || name === 'lo' || (!up && fallbackDevices.has(name));

export function splitRef(ref: string): [namespace: string, name: string] {
  const slash = ref.lastIndexOf('/');
  return [ref.slice('link:'.length, slash), ref.slice(slash + 1)];
}

function emptyFact(namespace: string, name: string): LinkFact {
  const ref = linkId(namespace, name);
  return {
    ref,
    id: ref,
    namespace,
    name,
    kind: '',
    designed: false,
    live: undefined,
    master: undefined,
    peer: undefined,
    parent: undefined,
    segment: undefined,
    vlan: undefined,
    portVlans: [],
    vxlan: undefined,
    attachment: undefined,
    addresses: [],
  };
}

export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol: string;
  hostIP: string | undefined;
}

/** The port maps that an attachment asks for; what cannot be read as one is left out. */
export function portMappings(attachment: LabAttachment): (PortMapping & { index: number })[] {
  const listed = toPlain(attachment.capabilities?.['portMappings'] ?? []);
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((entry, index) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [];
    const { hostPort, containerPort, protocol, hostIP } = entry;
    if (typeof hostPort !== 'number' || typeof containerPort !== 'number') return [];
    return [
      {
        index,
        hostPort,
        containerPort,
        protocol: typeof protocol === 'string' ? protocol : 'tcp',
        hostIP: typeof hostIP === 'string' && hostIP !== '' ? hostIP : undefined,
      },
    ];
  });
}
