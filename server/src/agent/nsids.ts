import { isErrno } from '../netlink/errno.ts';
import type { RouteSocket } from '../netlink/route/socket.ts';
import type { Space } from './space.ts';

/** A namespace that knows others by numbers (nsid). */
export interface Knowing {
  space: Space;
  route: RouteSocket;
  /** The lab's namespaces by the numbers that they have in this one. */
  names: Map<number, string>;
}

/** Gives the namespaces that can share a veth pair numbers for each other. */
export function introduce(entry: Knowing, all: readonly Knowing[]): void {
  const { space } = entry;
  const neighbours = all.filter(
    ({ space: other }) =>
      other !== space &&
      (space.kind === 'host' || space.kind === 'segments'
        ? other.kind === 'host' || other.kind === 'segments' || other.host === space.id
        : other.id === space.host),
  );
  for (const other of neighbours) {
    name(entry, other.space);
    name(other, space);
  }
}

/** Numbers `space` in the namespace of `entry`; a number that the kernel gave before stays. */
function name(entry: Knowing, space: Space): void {
  try {
    entry.route.nsidSet(space.net, space.nsid);
    entry.names.set(space.nsid, space.id);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    const nsid = entry.route.nsidGet(space.net);
    if (nsid !== undefined) entry.names.set(nsid, space.id);
  }
}
