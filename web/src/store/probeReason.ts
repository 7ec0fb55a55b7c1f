import type { Snapshot } from '@cnilab/shared/live/events';
import { namespaceAddress, targetAddress, targetPort, type ProbeDraft } from './probeCheck.ts';
import { packetPath } from './probePath.ts';

/**
 * Where the routes and layer-2 neighbours of the live state end the way there or back, in one
 * sentence; undefined when both ways are open as far as these tell.
 */
export function whyProbeFails(live: Snapshot, draft: ProbeDraft): string | undefined {
  const address = targetAddress(draft, live);
  if (!address) return undefined;
  const there = packetPath(live, draft.from, address, targetPort(draft));
  if (there.stops) return `On the way there: ${there.stops.reason}`;
  const source = namespaceAddress(live, draft.from);
  if (!there.arrives || there.arrives === draft.from || !source) return undefined;
  const back = packetPath(live, there.arrives, source, undefined);
  if (back.stops) return `The answer cannot come back: ${back.stops.reason}`;
  return (
    `Routes lead there (${there.arrives}) and back, so look at what listens there, ` +
    'and at the firewall rules on the way.'
  );
}
