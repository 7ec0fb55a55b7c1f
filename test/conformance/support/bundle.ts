import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll } from 'vitest';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** An executable file made of a program of this folder, which imports the library's sources. */
export function useProgram(source: string): { readonly path: string } {
  let folder = '';
  const program = { path: '' };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cni-program-'));
    program.path = join(folder, 'program.cjs');
    // For koffi, which is no JavaScript.
    symlinkSync(packages, join(folder, 'node_modules'));
    const input = fileURLToPath(new URL(source, import.meta.url));
    const bundle = await rolldown({ input, platform: 'node', external: ['koffi'] });
    await bundle.write({ file: program.path, format: 'cjs', codeSplitting: false });
    await bundle.close();
    chmodSync(program.path, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return program;
}
