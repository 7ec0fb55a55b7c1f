import { statSync } from 'node:fs';
import { join } from 'node:path';
import { libraryError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';

/**
 * The path of a plugin's executable: the first directory that has a regular file of that name,
 * executable or not (F1–F6). Throws a CniError with libcni's text.
 */
export function findInPath(type: string, directories: readonly string[]): string {
  if (type === '') throw libraryError('no plugin name provided');
  if (type.includes('/')) throw libraryError(`invalid plugin name: ${type}`);
  if (directories.length === 0) throw libraryError('no paths provided');
  for (const directory of directories) {
    const path = join(directory, type);
    // A NUL in the name makes stat throw whatever its options say; no file has such a name.
    if (!path.includes('\0') && isRegularFile(path)) return path;
  }
  throw libraryError(`failed to find plugin ${goQuote(type)} in path [${directories.join(' ')}]`);
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A directory that cannot be searched, a loop of links: not found, as for libcni.
    return false;
  }
}
