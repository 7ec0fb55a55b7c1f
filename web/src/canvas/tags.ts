import { linkFacts } from './facts.ts';
import type { Graph } from './model.ts';
import type { Tag } from './overlay.ts';
import type { LabStore } from '../store/labStore.ts';

/** Addresses of what is selected: shown on demand and not always. */
export function addressTags(graph: Graph, { lab, live, selection }: LabStore): Tag[] {
  if (selection.length === 0 || selection.length > 12) return [];
  const facts = [...linkFacts(lab, live).values()];
  return selection.flatMap((id): Tag[] => {
    const shown = graph.shownBy.get(id);
    const node = graph.nodes.get(shown ?? '');
    if (!node) return [];
    const own = facts.filter(({ ref, namespace }) =>
      node.kind === 'pod' || node.kind === 'foreign'
        ? node.id === `pod:${namespace}`
        : node.links.includes(ref),
    );
    const several = own.length > 1;
    const lines = own.flatMap(({ name, addresses }) =>
      addresses
        .filter((address) => !address.startsWith('fe80:'))
        .map((address) => (several ? `${name} ${address}` : address)),
    );
    return lines.length > 0 ? [{ node: node.id, lines: lines.slice(0, 6) }] : [];
  });
}
