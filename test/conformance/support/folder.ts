import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** An empty folder for each test of the file or of the `describe` that calls this. */
export function useFolder() {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'cni-conformance-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  return {
    /** The folder's path, or that of something in it. */
    at: (name = '') => join(path, name),
    /** Writes a file with the folders that it needs, and gives its path. */
    put(name: string, content: string | Uint8Array, mode = 0o644): string {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode });
      return file;
    },
    /** Puts many files: name → content. */
    putAll(files: Readonly<Record<string, string>>) {
      for (const [name, content] of Object.entries(files)) this.put(name, content);
    },
  };
}
export type Folder = ReturnType<typeof useFolder>;
