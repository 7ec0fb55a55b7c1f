import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, if they are not there. Not mkdir's own recursion: Node 20 never
 * returns from it below /proc and the like. Throws the file system's error.
 *
 * @param mode of the folders that are made, before the umask
 */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(directory, { mode });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(directory)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT') || directory === dirname(directory)) throw error;
    await makeDirectory(dirname(directory), mode);
    await mkdir(directory, { mode });
  }
}

/** Whether it is an error of the system with one of these codes. */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code);
