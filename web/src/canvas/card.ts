import type { Lab } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import { linkFacts, type LinkFact } from './facts.ts';
import { stateWords, type CanvasEdge, type CanvasNode, type Graph, type State } from './model.ts';
import { networkForms } from './networkForm.ts';

/** What a card about an element says. */
export interface Card {
  title: string;
  kind: string;
  state: State;
  stateText: string;
  reason: string | undefined;
  /** One per interface; an element without any has one with an empty heading. */
  sections: CardSection[];
}

export interface CardSection {
  heading: string;
  rows: [label: string, value: string][];
  /** Where traffic of this section can be read. */
  counters: { namespace: string; index: number } | undefined;
}

const atMost = 6;

/** The card of a drawn node or edge. */
export function cardOf(
  graph: Graph,
  lab: Lab | undefined,
  live: Snapshot | undefined,
  id: string,
): Card | undefined {
  const facts = linkFacts(lab, live);
  const node = graph.nodes.get(id);
  const edge = graph.edges.get(id);
  if (node) return nodeCard(node, graph, lab, facts);
  return edge && edgeCard(edge, facts);
}

const head = (of: CanvasNode | CanvasEdge) => ({
  state: of.state,
  stateText: stateWords[of.state],
  reason: of.reason,
});

function nodeCard(
  node: CanvasNode,
  graph: Graph,
  lab: Lab | undefined,
  facts: ReadonlyMap<string, LinkFact>,
): Card {
  const own = [...facts.values()].filter(({ namespace, ref }) => {
    if (node.kind === 'host') return `host:${namespace}` === node.id;
    if (node.kind === 'pod' || node.kind === 'foreign') return `pod:${namespace}` === node.id;
    return node.links.includes(ref);
  });
  const isOwner = node.kind === 'host' || node.kind === 'pod' || node.kind === 'foreign';
  // A host has many interfaces; those with an address are what it is asked about.
  const told = node.kind === 'host' ? own.filter(({ addresses }) => addresses.length > 0) : own;
  const sections = told
    .slice(0, atMost)
    .map((fact) => section(fact, facts, isOwner ? fact.name : ''));
  const rows = [...networkRows(node, lab), ...segmentRows(node, graph)];
  return {
    title: node.label.split('\n')[0] ?? node.label,
    kind: node.form,
    ...head(node),
    sections: [
      ...(rows.length > 0 ? [{ heading: '', rows, counters: undefined }] : []),
      ...sections,
    ],
  };
}

function edgeCard(edge: CanvasEdge, facts: ReadonlyMap<string, LinkFact>): Card {
  const byId = new Map([...facts.values()].map((fact) => [fact.id, fact]));
  const ends = edge.elements.flatMap((id) => byId.get(id) ?? facts.get(id) ?? []);
  return {
    title: edge.elements.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(' ↔ '),
    kind: edge.label === '' ? edgeWords[edge.kind] : `${edgeWords[edge.kind]}, ${edge.label}`,
    ...head(edge),
    sections: ends.map((fact) => section(fact, facts, `${fact.namespace} ${fact.name}`)),
  };
}

const edgeWords: Record<CanvasEdge['kind'], string> = {
  attachment: 'attachment',
  veth: 'veth pair',
  wire: 'cable to a segment',
  member: 'bridge port',
  parent: 'stands on',
  tunnel: 'tunnel',
  portmap: 'port map',
};

function section(
  fact: LinkFact,
  facts: ReadonlyMap<string, LinkFact>,
  heading: string,
): CardSection {
  const { live, addresses, master, peer } = fact;
  const rows: [string, string][] = [];
  const put = (label: string, value: string | undefined) => {
    if (value !== undefined && value !== '') rows.push([label, value]);
  };
  put('Address', addresses.filter((address) => !address.startsWith('fe80:')).join(', '));
  put('MAC', live?.mac);
  put('MTU', live && String(live.mtu));
  put('State', live && `${live.state}${live.up ? '' : ', set down'}`);
  put('Master', facts.get(master ?? '')?.name);
  const other = facts.get(peer ?? '');
  put('Peer', other && other.namespace !== '' ? `${other.namespace} ${other.name}` : undefined);
  put('Segment', fact.segment);
  put('VLAN', fact.vlan === undefined ? undefined : String(fact.vlan));
  put('Network', fact.attachment?.network);
  return {
    heading,
    rows,
    counters: live && { namespace: fact.namespace, index: live.index },
  };
}

function networkRows(node: CanvasNode, lab: Lab | undefined): [string, string][] {
  if (node.kind !== 'network') return [];
  const [host = '', name = ''] = node.id.slice('network:'.length).split('/');
  const owner = lab?.hosts?.find((item) => item.name === host);
  const form = owner && networkForms(owner).find((item) => item.name === name);
  if (!form) return [];
  return [
    ['Network', form.name],
    ...(form.subnets.length > 0 ? [['Subnet', form.subnets.join(', ')] as [string, string]] : []),
    ...(form.parent === undefined ? [] : [['On', form.parent] as [string, string]]),
  ];
}

function segmentRows(node: CanvasNode, graph: Graph): [string, string][] {
  if (node.kind !== 'segment') return [];
  const plugged = [...graph.edges.values()]
    .filter(({ kind, target }) => kind === 'wire' && target === node.id)
    .map(({ source }) => source.slice(source.indexOf(':') + 1).replace('/', ' '));
  return [['Plugged in', plugged.length > 0 ? plugged.join(', ') : 'nothing yet']];
}
