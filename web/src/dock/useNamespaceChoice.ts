import { useState } from 'react';
import { namespaceOf } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { namespaceIds } from '../store/targets.ts';

/** Which host or pod a panel is about. */
export interface NamespaceChoice {
  /** Undefined when none runs. */
  namespace: string | undefined;
  options: string[];
  choose: (id: string) => void;
}

/**
 * What is selected on the canvas is what one wants to see: a choice holds until that changes. Most
 * pods have no rules: then those of their host are what decides about their packets.
 */
export function useNamespaceChoice(): NamespaceChoice {
  const live = useLab((s) => s.live);
  const selected = useLab((s) => s.selection.map(namespaceOf).find((id) => id !== undefined));
  const [choice, setChoice] = useState<{ beside: string | undefined; id: string }>();
  const chosen = choice?.beside === selected ? choice?.id : undefined;
  const options = namespaceIds({ live });
  const tables = live?.namespaces[selected ?? '']?.tables;
  const hasRules = tables?.some(({ chains }) => chains.some(({ rules }) => rules.length > 0));
  const besides = hasRules ? selected : selected?.split('/')[0];
  return {
    namespace: [chosen, besides, options[0]].find((id) => id && live?.namespaces[id]),
    options,
    choose: (id) => setChoice({ beside: selected, id }),
  };
}
