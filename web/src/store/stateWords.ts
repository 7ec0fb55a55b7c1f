import type { ElementState, Snapshot } from '@cnilab/shared/live/events';

/** How an element stands, as marks and words show it. */
export type Standing = ElementState['state'] | 'design' | 'kernel';

/** The word of each state; colour and mark repeat it. */
export const standingWords: Record<Standing, string> = {
  pending: 'pending',
  working: 'working',
  up: 'up',
  failed: 'failed',
  design: 'not deployed',
  kernel: 'in the kernel only',
};

/** The state of an element of the document in the running lab. */
export const standingOf = (live: Snapshot | undefined, id: string): Standing =>
  live?.elements[id]?.state ?? 'design';

/** How many elements are in which state. */
export function countStates(live: Snapshot): Record<ElementState['state'], number> {
  const counts = { pending: 0, working: 0, up: 0, failed: 0 };
  for (const { state } of Object.values(live.elements)) counts[state]++;
  return counts;
}
