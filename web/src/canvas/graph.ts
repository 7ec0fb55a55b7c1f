import type { Lab } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';
import { addEdges } from './graphEdges.ts';
import { addNodes } from './graphNodes.ts';
import { linkFacts, type LinkFact } from './facts.ts';
import { networkForms, type NetworkForm } from './networkForm.ts';
import type { Graph } from './model.ts';

/** What the builders of nodes and edges share. */
export interface GraphContext {
  lab: Lab | undefined;
  live: Snapshot | undefined;
  facts: Map<string, LinkFact>;
  /** Networks by host. */
  forms: Map<string, NetworkForm[]>;
  graph: Graph;
}

/**
 * The graph of a lab: what the document says and what the kernel says, merged by identity. Ids are
 * stable, so that two graphs of one lab can be compared. Pure, and linear in the size of the lab.
 */
export function buildGraph(lab: Lab | undefined, live: Snapshot | undefined): Graph {
  const running = live?.state === 'stopped' ? undefined : live;
  const graph: Graph = { nodes: new Map(), edges: new Map(), shownBy: new Map() };
  const context: GraphContext = {
    lab,
    live: running,
    facts: linkFacts(lab, running),
    forms: new Map((lab?.hosts ?? []).map((host) => [host.name, networkForms(host)])),
    graph,
  };
  const places = addNodes(context);
  addEdges(context, places);
  return graph;
}
