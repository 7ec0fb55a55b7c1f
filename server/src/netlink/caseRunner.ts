import assert from 'node:assert/strict';
import { CLONE_NEWNET } from './constants.ts';
import { unshare } from './libc.ts';
import { openRoute, type RouteSocket } from './route/socket.ts';

/** Test support: tests by their names, each of which needs a network namespace for itself. */
export type Cases = Record<string, (route: RouteSocket) => void | Promise<void>>;

/** Runs all of them, each in a namespace with nothing but `lo`: why one failed, or null. */
export async function runCases(cases: Cases): Promise<Record<string, string | null>> {
  const results: Record<string, string | null> = {};
  for (const [name, run] of Object.entries(cases)) {
    unshare(CLONE_NEWNET);
    const route = openRoute();
    // Never work on the links of the machine.
    assert.deepEqual(
      route.linkList().map((link) => link.name),
      ['lo'],
    );
    try {
      await run(route);
      results[name] = null;
    } catch (error) {
      results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    route.close();
  }
  return results;
}
