import type { Seen } from '@cnilab/shared/live/look';
import { ratesBetween, type LinkCounts } from '@cnilab/shared/live/rates';
import type { RouteSocket } from '../../netlink/route/socket.ts';
import { every } from './every.ts';

const readAgainMs = 1000;

/** Tells the counters and rates of a namespace's interfaces, once a second if one differs. */
export function watchRates(
  route: Pick<RouteSocket, 'linkStats'>,
  tell: (seen: Seen) => void,
): { close(): void } {
  let before: { links: LinkCounts[]; at: number } | undefined;
  let told = '';
  return every(readAgainMs, () => {
    const at = performance.now();
    const links = route.linkStats().map(countsOf);
    const seen = ratesBetween(before?.links, links, before ? (at - before.at) / 1000 : 0);
    before = { links, at };
    const text = JSON.stringify(seen);
    if (text === told) return;
    told = text;
    tell(seen);
  });
}

const countsOf = (link: LinkCounts): LinkCounts => {
  const { index, rxBytes, rxPackets, rxDropped, txBytes, txPackets, txDropped } = link;
  return { index, rxBytes, rxPackets, rxDropped, txBytes, txPackets, txDropped };
};
