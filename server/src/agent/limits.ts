import { writeFileSync } from 'node:fs';
import { isErrno } from '../netlink/errno.ts';
import { limitProcesses } from '../netlink/libc.ts';

/** More than a lab of hundreds of pods needs, and few enough that a runaway one ends by itself. */
const maxProcesses = 4096;
const maxNetworkNamespaces = 2000;

/**
 * Limits what everything in the box can take together. A person who is root in the box can raise
 * the number of namespaces again, but not the number of processes: lowering that is for good.
 */
export function setLimits(): void {
  try {
    limitProcesses(maxProcesses);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error; // the limit is lower already
  }
  try {
    writeFileSync('/proc/sys/user/max_net_namespaces', String(maxNetworkNamespaces));
  } catch {
    // A container may keep /proc/sys from being written: then its own limit holds.
  }
}
