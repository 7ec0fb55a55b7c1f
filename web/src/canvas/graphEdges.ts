import { linkStanding, type Standing } from './elementState.ts';
import { splitRef, type LinkFact } from './facts.ts';
import type { GraphContext } from './graph.ts';
import type { Places } from './graphNodes.ts';
import { linkId, worse, type CanvasEdge } from './model.ts';

/** Adds every edge whose two ends are drawn. */
export function addEdges(context: GraphContext, places: Places): void {
  const reached = new Set<string>();
  for (const fact of context.facts.values()) {
    if (fact.namespace === '') continue;
    const peer = fact.peer === undefined ? undefined : context.facts.get(fact.peer);
    if (peer && peer.namespace !== '' && inOrder(fact, peer)) {
      addPair(context, places, fact, peer, reached);
    }
    addWire(context, places, fact);
    if (fact.master !== undefined && !places.folded.has(fact.ref)) {
      addMember(context, places, fact, fact.master);
    }
    if (fact.parent !== undefined && !fact.attachment) {
      addParent(context, places, fact, fact.parent);
    }
    addTunnel(context, places, fact);
  }
  for (const fact of context.facts.values()) {
    if (fact.attachment && !reached.has(fact.ref)) addPlannedAttachment(context, places, fact);
    if (fact.attachment) addPortMapEdges(context, fact);
  }
  addNetworkEdges(context, places);
  widenBars(context);
}

const podPitch = 108;
const widestBar = 16;
const widestSegment = 4;

/** A bar is as wide as its cables need to come straight down, up to a limit. */
function widenBars({ graph }: GraphContext): void {
  const cables = new Map<string, number>();
  for (const { kind, source, target } of graph.edges.values()) {
    if (kind !== 'attachment' && kind !== 'wire') continue;
    for (const id of [source, target]) cables.set(id, (cables.get(id) ?? 0) + 1);
  }
  for (const node of graph.nodes.values()) {
    const count = Math.min(
      node.kind === 'segment' ? widestSegment : widestBar,
      cables.get(node.id) ?? 0,
    );
    if (node.kind === 'network' || node.kind === 'bridge') {
      node.width = Math.max(node.width, count * podPitch - 8);
    } else if (node.kind === 'segment') node.width = Math.max(node.width, count * 210);
  }
}

/** Each pair is drawn once, from the pod's side, so that its ids do not depend on who came first. */
function inOrder(a: LinkFact, b: LinkFact): boolean {
  const depth = (fact: LinkFact) => (fact.namespace.includes('/') ? 0 : 1);
  return depth(a) === depth(b) ? a.ref < b.ref : depth(a) < depth(b);
}

interface End {
  node: string;
  /** The interface's name where its node does not show it. */
  label: string;
  /** Links from the far side to the node: the interface, and the bridge that it is a port of. */
  links: string[];
}

function endOf(places: Places, fact: LinkFact): End | undefined {
  const into = places.folded.get(fact.ref);
  if (into === undefined) {
    const node = places.nodes.get(fact.ref);
    return node === undefined ? undefined : { node, label: '', links: [fact.ref] };
  }
  const node = places.nodes.get(into) ?? into;
  const links = into.startsWith('link:') ? [fact.ref, into] : [fact.ref];
  return { node, label: fact.name, links };
}

function addPair(
  context: GraphContext,
  places: Places,
  near: LinkFact,
  far: LinkFact,
  reached: Set<string>,
): void {
  const [from, to] = [endOf(places, near), endOf(places, far)];
  if (!from || !to) return;
  const target = networkTarget(context, places, near);
  const isAttachment = near.attachment !== undefined && target === to.node;
  if (isAttachment) reached.add(near.ref);
  const own = linkStanding(context.live, near);
  const other = linkStanding(context.live, far);
  const tags = [...new Set([...near.portVlans, ...far.portVlans])];
  const vlan = isAttachment ? networkForm(context, near)?.vlan : undefined;
  addEdge(context, {
    id: isAttachment ? `edge:${near.id}` : `edge:${near.id}~${far.id}`,
    kind: isAttachment ? 'attachment' : 'veth',
    source: from.node,
    target: to.node,
    sourceLabel: from.label,
    targetLabel: to.label,
    ...vlanLabel(vlan === undefined ? tags : [vlan]),
    ...pairStanding(own, other, isAttachment),
    elements: [near.id, far.id],
    hops: chain([...from.links.toReversed(), ...to.links]),
  });
}

/** A plugin makes the host's end of an attachment: that it is in no document is as it should be. */
function pairStanding(own: Standing, other: Standing, isAttachment: boolean): Standing {
  const far: Standing =
    isAttachment && other.state === 'extra' ? { state: 'up', reason: undefined } : other;
  return worse(own.state, far.state) === own.state ? own : far;
}

function addWire(context: GraphContext, places: Places, fact: LinkFact): void {
  const node = places.nodes.get(fact.ref);
  const peer = fact.peer?.startsWith('link:/') ? fact.peer : undefined;
  const port = peer === undefined ? undefined : context.facts.get(peer);
  const segment = fact.segment ?? segmentOf(context, port?.master);
  if (node === undefined || segment === undefined) return;
  addEdge(context, {
    id: `edge:wire:${fact.id}`,
    kind: 'wire',
    source: node,
    target: `segment:${segment}`,
    ...linkStanding(context.live, fact),
    elements: [fact.id, `segment:${segment}`],
    hops: chain([fact.ref, ...(port ? [port.ref] : []), ...(port?.master ? [port.master] : [])]),
  });
}

/** A segment is a bridge of the segments' namespace that carries its name, or has it as alias. */
function segmentOf({ lab, facts }: GraphContext, bridge: string | undefined): string | undefined {
  if (bridge === undefined) return undefined;
  const alias = facts.get(bridge)?.live?.alias;
  const [, name] = splitRef(bridge);
  return lab?.segments?.find((segment) => segment.name === alias || segment.name === name)?.name;
}

function addMember(context: GraphContext, places: Places, fact: LinkFact, master: string): void {
  const node = places.nodes.get(fact.ref);
  const bar = places.nodes.get(master);
  if (node === undefined || bar === undefined) return;
  addEdge(context, {
    id: `edge:member:${fact.id}`,
    kind: 'member',
    source: node,
    target: bar,
    ...vlanLabel(fact.portVlans),
    ...linkStanding(context.live, fact),
    elements: [fact.id, bar],
    hops: chain([fact.ref, master]),
  });
}

function addParent(context: GraphContext, places: Places, fact: LinkFact, parent: string): void {
  const node = places.nodes.get(fact.ref);
  const below = places.nodes.get(parent);
  if (node === undefined || below === undefined) return;
  addEdge(context, {
    id: `edge:parent:${fact.id}`,
    kind: 'parent',
    source: node,
    target: below,
    ...vlanLabel(fact.vlan === undefined ? [] : [fact.vlan]),
    ...linkStanding(context.live, fact),
    elements: [fact.id, below],
    hops: chain([fact.ref, parent]),
  });
}

function addTunnel(context: GraphContext, places: Places, fact: LinkFact): void {
  const { vxlan } = fact;
  if (vxlan?.remote === undefined) return;
  const owner = [...context.facts.values()].find(({ addresses }) =>
    addresses.some((address) => address.split('/')[0] === vxlan.remote),
  );
  const far = [...context.facts.values()].find(
    (other) => other.namespace === owner?.namespace && other.vxlan?.id === vxlan.id,
  );
  const [source, target] = [places.nodes.get(fact.ref), places.nodes.get(far?.ref ?? '')];
  if (!far || source === undefined || target === undefined || source === target) return;
  const [a, b] = [fact.id, far.id].toSorted();
  const id = `edge:tunnel:${a}~${b}`;
  if (context.graph.edges.has(id)) return;
  addEdge(context, {
    id,
    kind: 'tunnel',
    source,
    target,
    label: `VXLAN ${vxlan.id}`,
    ...linkStanding(context.live, fact),
    elements: [fact.id, far.id],
    hops: chain([fact.ref, far.ref]),
  });
}

const hostOf = ({ namespace }: LinkFact): string => namespace.split('/')[0] ?? '';

const networkForm = ({ forms }: GraphContext, fact: LinkFact) =>
  forms.get(hostOf(fact))?.find(({ name }) => name === fact.attachment?.network);

/** The node that an attachment leads to: its network's bar or marker. */
function networkTarget(context: GraphContext, places: Places, fact: LinkFact): string | undefined {
  const form = networkForm(context, fact);
  if (!form) return undefined;
  const host = hostOf(fact);
  const bar = form.bridge === undefined ? undefined : places.nodes.get(linkId(host, form.bridge));
  return bar ?? `network:${host}/${form.name}`;
}

/** The attachment as designed: not deployed yet, made without a veth pair, or cut off. */
function addPlannedAttachment(context: GraphContext, places: Places, fact: LinkFact): void {
  const node = places.nodes.get(fact.ref);
  const target = networkTarget(context, places, fact);
  const form = networkForm(context, fact);
  if (node === undefined || target === undefined || !form) return;
  const own = linkStanding(context.live, fact);
  const isCut = fact.live !== undefined && form.bridge !== undefined && own.state !== 'failed';
  const cut: Standing = {
    state: 'missing',
    reason: `${fact.name} is not connected to ${form.bridge} in the kernel.`,
  };
  addEdge(context, {
    id: `edge:${fact.id}`,
    kind: 'attachment',
    source: node,
    target,
    ...vlanLabel(form.vlan === undefined ? [] : [form.vlan]),
    ...(isCut ? cut : own),
    elements: [fact.id, target],
    hops: fact.parent === undefined || isCut ? [] : chain([fact.ref, fact.parent]),
  });
}

function addPortMapEdges({ graph, live }: GraphContext, fact: LinkFact): void {
  const prefix = `portmap:${fact.namespace}/${fact.name}/`;
  for (let index = 0; graph.nodes.has(`${prefix}${index}`); index++) {
    const id = `${prefix}${index}`;
    addEdge(
      { graph },
      {
        id: `edge:${id}`,
        kind: 'portmap',
        source: id,
        target: `pod:${fact.namespace}`,
        ...linkStanding(live, fact),
        elements: [id, fact.id],
        hops: [],
      },
    );
  }
}

/** What a network builds on: the host interface of macvlan and its kin, the bridge of another. */
function addNetworkEdges(context: GraphContext, places: Places): void {
  for (const [host, forms] of context.forms) {
    for (const form of forms) {
      const id = `network:${host}/${form.name}`;
      const on = form.bridge ?? form.parent;
      const below = on === undefined ? undefined : places.nodes.get(linkId(host, on));
      const network = context.graph.nodes.get(id);
      if (below === undefined || below === id || !network) continue;
      addEdge(context, {
        id: `edge:on:${id}`,
        kind: form.bridge === undefined ? 'parent' : 'member',
        source: id,
        target: below,
        ...vlanLabel(form.vlan === undefined ? [] : [form.vlan]),
        state: network.state,
        reason: network.reason,
        elements: [id, below],
        hops: [],
      });
    }
  }
}

function vlanLabel(tags: number[]): Pick<CanvasEdge, 'label' | 'vlan'> {
  const label = tags.length === 0 ? '' : `VLAN ${tags.join(', ')}`;
  return { label, vlan: tags.length === 1 ? tags[0] : undefined };
}

const chain = (links: string[]): [string, string][] =>
  links.slice(1).map((link, at) => [links[at] ?? '', link]);

function addEdge(
  { graph }: Pick<GraphContext, 'graph'>,
  edge: Omit<CanvasEdge, 'sourceLabel' | 'targetLabel' | 'label' | 'vlan'> & Partial<CanvasEdge>,
): void {
  if (!graph.nodes.has(edge.source) || !graph.nodes.has(edge.target)) return;
  const full = { sourceLabel: '', targetLabel: '', label: '', vlan: undefined, ...edge };
  graph.edges.set(edge.id, full);
  graph.shownBy.set(edge.id, edge.id);
  for (const id of [...edge.elements, ...edge.hops.flat()]) {
    if (!graph.shownBy.has(id)) graph.shownBy.set(id, edge.id);
  }
}
