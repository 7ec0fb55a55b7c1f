import { fstatSync, readdirSync, statSync } from 'node:fs';
import type { Space } from './space.ts';

/** Ends every process whose network namespace is this space's. */
export function killProcessesIn(space: Space): void {
  const { ino } = fstatSync(space.net);
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (statSync(`/proc/${pid}/ns/net`).ino === ino) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended while we looked.
    }
  }
}
