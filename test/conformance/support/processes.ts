import { readFileSync } from 'node:fs';

/** Whether a process runs. Not so for a process that only waits for its parent to notice. */
export function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
