import { openRoute } from '../../netlink/route/socket.ts';
import { insideNet, type Space } from '../space.ts';

/**
 * Why packets to `address` get no answer, when it is that the next machine on the way does not
 * answer for its address. The kernel itself says so only after three seconds.
 */
export function silentNeighbour(space: Space, address: string): string | undefined {
  const route = insideNet(space, openRoute);
  try {
    const { via, dev } = route.routeGet(address);
    const next = via ?? address;
    const neighbour = route.neighbourList(dev).find((entry) => entry.address === next);
    if (neighbour?.state !== 'INCOMPLETE' && neighbour?.state !== 'FAILED') return undefined;
    const device = route.linkGet(neighbour.index)?.name ?? `interface ${neighbour.index}`;
    const question = neighbour.family === 4 ? 'ARP' : 'neighbour discovery';
    return `nobody on ${device} answers ${question} for ${next}`;
  } catch {
    return undefined; // No route: what was tried has said so itself.
  } finally {
    route.close();
  }
}
