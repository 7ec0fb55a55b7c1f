import { isErrno } from '../../netlink/errno.ts';
import { openRoute } from '../../netlink/route/socket.ts';
import { insideNet, type Space } from '../space.ts';
import type { Attempt } from './attempt.ts';
import { reasonOf } from './connect.ts';
import { sameAddress } from './http.ts';

export type RouteSeen =
  { type: string; via?: string; dev?: string; source?: string } | { error: string };

/** The kernel's own choice for packets to an address. */
export function probeRoute(space: Space, destination: string): RouteSeen {
  const route = insideNet(space, openRoute);
  try {
    const { dev, ...chosen } = route.routeGet(destination);
    const name = dev === undefined ? undefined : route.linkGet(dev)?.name;
    return { ...chosen, ...(name === undefined ? {} : { dev: name }) };
  } catch (error) {
    if (!isErrno(error, ...noRoute)) throw error;
    return { error: reasonOf(error) };
  } finally {
    route.close();
  }
}

/** No entry, an `unreachable` one, a `prohibit` one, a `blackhole` one. */
const noRoute = ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL'];

export interface RouteExpectation {
  via?: string | undefined;
  dev?: string | undefined;
  source?: string | undefined;
}

/** Whether the kernel chose as the check expects; any way will do when nothing is given. */
export function judgeRoute(to: string, expected: RouteExpectation, seen: RouteSeen): Attempt {
  const { via, dev, source } = expected;
  const ok =
    !('error' in seen) &&
    (via === undefined || (seen.via !== undefined && sameAddress(seen.via, via))) &&
    (dev === undefined || seen.dev === dev) &&
    (source === undefined || (seen.source !== undefined && sameAddress(seen.source, source)));
  const found = 'error' in seen ? `there is none: ${seen.error}` : `it goes ${words(seen)}`;
  const wanted = words(expected) || 'any way';
  return {
    ok,
    got: { ...seen },
    message: `expected the route to ${to} to go ${wanted}, but ${found}`,
  };
}

function words({ via, dev, source }: RouteExpectation): string {
  return [
    via === undefined ? '' : `via ${via}`,
    dev === undefined ? '' : `dev ${dev}`,
    source === undefined ? '' : `with source ${source}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
