import assert from 'node:assert/strict';
import type { Link } from './link.ts';
import type { RouteSocket } from './socket.ts';

/** What several cases with a kernel need. */

export function found(route: RouteSocket, name: string): Link {
  const link = route.linkByName(name);
  assert.ok(link, `there is no ${name}`);
  return link;
}

/** Makes a veth pair `a` and `b`, both up; the index of `a`. */
export function pair(route: RouteSocket): number {
  route.linkAdd({ kind: 'veth', name: 'a', up: true, peer: { name: 'b' } });
  route.linkSet(found(route, 'b').index, { up: true });
  return found(route, 'a').index;
}
