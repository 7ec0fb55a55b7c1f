import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
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

/** Without IPv6 nothing is sent unasked: no counter moves, and no bridge learns. */
export const beQuiet = (): void =>
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');

/** No link-local addresses, which come after a while and bring routes along. */
export const noLinkLocal = (): void =>
  writeFileSync('/proc/sys/net/ipv6/conf/default/addr_gen_mode', '1');
