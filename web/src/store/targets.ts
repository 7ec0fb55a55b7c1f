import { namespaceOf } from './elements.ts';
import type { LabStore } from './labStore.ts';

/** HOST or HOST/POD of the selected elements, each once. */
export function terminalTargets({
  selection,
  live,
}: Pick<LabStore, 'selection' | 'live'>): string[] {
  const targets = selection.flatMap((id) => namespaceOf(id) ?? []);
  return [...new Set(targets)].filter((target) => live?.namespaces[target]);
}

/** Every namespace that a terminal, a probe or a rule list can be of, hosts before their pods. */
export function namespaceIds({ live }: Pick<LabStore, 'live'>): string[] {
  return Object.values(live?.namespaces ?? {})
    .filter(({ kind }) => kind !== 'segments')
    .map(({ id }) => id)
    .toSorted();
}
