import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Folders of system tools that an ordinary user's PATH often lacks. */
const systemFolders = [
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
];

/** The path of an executable on this machine, or undefined. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), ...systemFolders];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
