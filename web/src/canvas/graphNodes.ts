import type { LabHost } from '@cnilab/shared/lab/schema';
import { linkStanding, standing, type Standing } from './elementState.ts';
import { portMappings, type LinkFact, type PortMapping } from './facts.ts';
import type { GraphContext } from './graph.ts';
import type { NetworkForm } from './networkForm.ts';
import { linkId, textWidth, type CanvasNode, type NodeKind } from './model.ts';

/** Where each interface is drawn: at a node, or as an end of an edge that reaches a node. */
export interface Places {
  /** Link ref → the node that stands for it. */
  nodes: Map<string, string>;
  /** Ref of a veth end without a node of its own → the node its edge ends at. */
  folded: Map<string, string>;
}

const size = {
  host: { width: 170, height: 120 },
  pod: { width: 92, height: 74 },
  segmentHeight: 34,
  barHeight: 40,
  portHeight: 26,
  portMapHeight: 24,
} as const;

/** Adds every node; returns where interfaces are, for the edges. */
export function addNodes(context: GraphContext): Places {
  const places: Places = { nodes: new Map(), folded: new Map() };
  for (const { name } of context.lab?.segments ?? []) addSegment(context, name);
  const hosts = new Map((context.lab?.hosts ?? []).map((host) => [host.name, host]));
  for (const name of hostNames(context)) addHost(context, places, name, hosts.get(name));
  for (const fact of context.facts.values()) addInterface(context, places, fact);
  for (const fact of context.facts.values()) if (fact.attachment) addPortMaps(context, fact);
  return places;
}

function hostNames({ lab, live }: GraphContext): Set<string> {
  const running = Object.values(live?.namespaces ?? {}).filter(({ kind }) => kind === 'host');
  return new Set([...(lab?.hosts ?? []).map(({ name }) => name), ...running.map(({ id }) => id)]);
}

function addSegment(context: GraphContext, name: string): void {
  const id = `segment:${name}`;
  const exists = context.live?.namespaces[''] !== undefined;
  addNode(context, id, 'segment', {
    label: name,
    form: 'segment',
    ...standing(context.live, id, { designed: true, exists, up: true }),
    width: Math.max(180, textWidth(name, 14) + 60),
    height: size.segmentHeight,
  });
}

function addHost(
  context: GraphContext,
  places: Places,
  name: string,
  host: LabHost | undefined,
): void {
  const { live } = context;
  const id = `host:${name}`;
  const exists = live?.namespaces[name] !== undefined;
  addNode(context, id, 'host', {
    label: name,
    form: 'host',
    ...standing(live, id, { designed: host !== undefined, exists, up: true }),
    ...size.host,
  });
  for (const form of context.forms.get(name) ?? []) addNetwork(context, places, name, form);
  for (const pod of podsOf(context, name, host)) addPod(context, name, pod);
}

function addNetwork(context: GraphContext, places: Places, host: string, form: NetworkForm): void {
  const { live, facts } = context;
  const id = `network:${host}/${form.name}`;
  const bridge = form.bridge === undefined ? undefined : linkId(host, form.bridge);
  const fact = bridge === undefined ? undefined : facts.get(bridge);
  // A declared bridge, or another network's, keeps its own bar; this network is then a tag on it.
  const isBar = bridge !== undefined && !fact?.designed && !places.nodes.has(bridge);
  const own = standing(live, id, { designed: true, exists: true, up: true });
  const result = isBar && own.state === 'up' ? bridgeStanding(context, host, form, fact) : own;
  const label = networkLabel(form, isBar);
  addNode(context, id, 'network', {
    parent: `host:${host}`,
    label,
    form: form.type || 'network',
    ...result,
    links: isBar && bridge !== undefined ? [bridge] : [],
    width: barWidth(label, isBar),
    height: size.barHeight,
  });
  if (isBar && bridge !== undefined) {
    places.nodes.set(bridge, id);
    context.graph.shownBy.set(bridge, id);
  }
}

/** What it makes above, what it is below. */
function networkLabel({ name, type, bridge }: NetworkForm, isBar: boolean): string {
  if (isBar) return `${bridge ?? name}\n${bridge === name ? 'network' : `network ${name}`}`;
  return bridge === undefined ? `${name}\n${type || 'empty'} network` : `${name}\nnetwork`;
}

/** A plugin makes its bridge with the first pod: before that its absence is as it should be. */
function bridgeStanding(
  { live, lab }: GraphContext,
  host: string,
  form: NetworkForm,
  fact: LinkFact | undefined,
): Standing {
  if (fact?.live) {
    return fact.live.up
      ? { state: 'up', reason: undefined }
      : { state: 'down', reason: `The bridge is set down: ip link set ${fact.name} up.` };
  }
  const pods = lab?.hosts?.find(({ name }) => name === host)?.pods ?? [];
  const used = pods.some((pod) =>
    (pod.attachments ?? []).some(
      (attachment) =>
        attachment.network === form.name &&
        live?.elements[`pod:${host}/${pod.name}`]?.state === 'up',
    ),
  );
  return used
    ? { state: 'missing', reason: `The kernel has no bridge ${form.bridge}.` }
    : { state: 'planned', reason: 'The plugin makes the bridge with the first pod.' };
}

interface PodEntry {
  name: string;
  designed: boolean;
  kind: 'pod' | 'foreign';
}

function podsOf({ live }: GraphContext, name: string, host: LabHost | undefined): PodEntry[] {
  const designed = (host?.pods ?? []).map((pod): PodEntry => ({
    name: pod.name,
    designed: true,
    kind: 'pod',
  }));
  const known = new Set(designed.map((pod) => pod.name));
  const others = Object.values(live?.namespaces ?? {}).flatMap((namespace): PodEntry[] => {
    if (namespace.kind !== 'pod' && namespace.kind !== 'foreign') return [];
    if (!namespace.id.startsWith(`${name}/`)) return [];
    const pod = namespace.id.slice(name.length + 1);
    return known.has(pod) ? [] : [{ name: pod, designed: false, kind: namespace.kind }];
  });
  return [...designed, ...others];
}

function addPod(context: GraphContext, host: string, { name, designed, kind }: PodEntry): void {
  const id = `pod:${host}/${name}`;
  const exists = context.live?.namespaces[`${host}/${name}`] !== undefined;
  addNode(context, id, kind, {
    parent: `host:${host}`,
    label: name,
    form: kind === 'foreign' ? 'namespace' : 'pod',
    ...standing(context.live, id, { designed, exists, up: true }),
    width: Math.max(size.pod.width, textWidth(name, 14) + 44),
    height: size.pod.height,
  });
}

function addInterface(context: GraphContext, places: Places, fact: LinkFact): void {
  if (fact.namespace === '' || places.nodes.has(fact.ref)) return;
  const isBridge = fact.kind === 'bridge';
  const inPod = fact.namespace.includes('/');
  const fold = inPod || isBridge ? undefined : foldedInto(context, places, fact);
  if (fold !== undefined) {
    places.folded.set(fact.ref, fold);
    return;
  }
  const label = fact.name;
  addNode(context, fact.id, isBridge ? 'bridge' : 'port', {
    parent: inPod ? `pod:${fact.namespace}` : `host:${fact.namespace}`,
    label,
    form: formOf(fact),
    ...linkStanding(context.live, fact),
    links: [fact.ref],
    width: isBridge ? barWidth(label, true) : Math.max(48, textWidth(label, 13) + 20),
    height: isBridge ? size.barHeight : size.portHeight,
  });
  places.nodes.set(fact.ref, fact.id);
  context.graph.shownBy.set(fact.ref, fact.id);
}

/**
 * A host's veth end that is a bridge's port, or that a pod's network without a bridge made, is
 * drawn as the end of its edge: a node of its own would only repeat the cable.
 */
function foldedInto(
  { facts, forms }: GraphContext,
  places: Places,
  fact: LinkFact,
): string | undefined {
  const peer = fact.peer === undefined ? undefined : facts.get(fact.peer);
  if (fact.kind !== 'veth' || !peer || peer.namespace === '') return undefined;
  if (fact.master !== undefined && (facts.has(fact.master) || places.nodes.has(fact.master))) {
    return fact.master;
  }
  const { attachment } = peer;
  if (!attachment || !peer.namespace.startsWith(`${fact.namespace}/`)) return undefined;
  const form = forms.get(fact.namespace)?.find(({ name }) => name === attachment.network);
  return form && form.bridge === undefined ? `network:${fact.namespace}/${form.name}` : undefined;
}

function formOf(fact: LinkFact): string {
  if (fact.vlan !== undefined) return `vlan ${fact.vlan}`;
  if (fact.vxlan) return `vxlan ${fact.vxlan.id}`;
  if (fact.segment !== undefined) return 'uplink';
  return fact.kind || 'interface';
}

function addPortMaps(context: GraphContext, fact: LinkFact): void {
  const [host = '', pod = ''] = fact.namespace.split('/');
  const mappings = fact.attachment ? portMappings(fact.attachment) : [];
  for (const mapping of mappings) {
    const label = portMapLabel(pod, mapping);
    const width = textWidth(label, 13) + 38;
    // The frame is wide enough for its title and a port map beside it.
    const frame = context.graph.nodes.get(`host:${host}`);
    if (frame) frame.width = Math.max(frame.width, textWidth(host, 16) + width + 72);
    addNode(context, `portmap:${fact.namespace}/${fact.name}/${mapping.index}`, 'portmap', {
      label,
      form: 'port map',
      ...linkStanding(context.live, fact),
      width,
      height: size.portMapHeight,
      frame: `host:${host}`,
    });
  }
}

export const portMapLabel = (
  pod: string,
  { hostIP, hostPort, containerPort, protocol }: PortMapping,
): string => {
  const from = hostIP === undefined ? '' : hostIP.includes(':') ? `[${hostIP}]:` : `${hostIP}:`;
  return `${from}${hostPort} → ${pod}:${containerPort}/${protocol}`;
};

function addNode(
  { graph }: GraphContext,
  id: string,
  kind: NodeKind,
  rest: Pick<CanvasNode, 'label' | 'form' | 'state' | 'reason' | 'width' | 'height'> &
    Partial<CanvasNode>,
): void {
  const node: CanvasNode = { id, kind, parent: undefined, links: [], frame: undefined, ...rest };
  graph.nodes.set(id, node);
  graph.shownBy.set(id, id);
}

const barWidth = (label: string, isBar: boolean): number => {
  const text = Math.max(...label.split('\n').map((line) => textWidth(line, 14)));
  return Math.max(isBar ? 150 : 96, text + 56);
};
