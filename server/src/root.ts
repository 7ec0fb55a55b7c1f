import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A path of the installation, such as `web/dist`. Found from this module upwards, because it may run
 * from its source or as a part of a bundle.
 */
export function installed(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'server', 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('cnilab must run from within its own folder');
    folder = dirname(folder);
  }
  return join(folder, path);
}
