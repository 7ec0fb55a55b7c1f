import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Who a box is outside. Root inside must never be uid 0 outside, so when this process is root the
 * box becomes `nobody`; otherwise it stays who we are.
 */
export interface Identity {
  uid?: number;
  gid?: number;
}

const nobody = 65534;

export function boxIdentity(): Identity {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** Whether the box's user can read a file (or enter a directory) at this path. */
export function canRead(path: string, identity: Identity): boolean {
  if (identity.uid === undefined) {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  }
  try {
    const own = statSync(path);
    if (!(own.mode & 0o004) || (own.isDirectory() && !(own.mode & 0o001))) return false;
    for (let parent = dirname(path); ; parent = dirname(parent)) {
      if (!(statSync(parent).mode & 0o001)) return false;
      if (parent === dirname(parent)) return true;
    }
  } catch {
    return false;
  }
}
