import { fstatSync, readdirSync, statSync } from 'node:fs';
import type { Space } from './space.ts';

/**
 * Ends every process that lives in this space. One that has made itself another network namespace
 * (`unshare -n`) still shares the mounts or the name of the space, and would keep them alive.
 */
export function killProcessesIn(space: Space): void {
  // A namespace that somebody made by hand has the mounts and the name of its host.
  const kinds = space.kind === 'foreign' ? (['net'] as const) : (['net', 'mnt', 'uts'] as const);
  const own = kinds.map((kind) => [kind, fstatSync(space[kind]).ino] as const);
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const isIn = own.some(([kind, ino]) => statSync(`/proc/${pid}/ns/${kind}`).ino === ino);
      if (isIn) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended while we looked.
    }
  }
}
