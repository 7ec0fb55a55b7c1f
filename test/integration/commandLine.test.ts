import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../server/bin/cnilab.mjs', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnilab command line '));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Runs the command; a reader of its output leaves after the first part, as `head -1` does. */
async function runWithImpatientReader(args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  return code;
}

test('output that nobody reads any more does not make a success of a failed lab', async () => {
  // The first line is written when the box is ready, the others after its reader has left.
  const lab = file(
    'failing.lab.yaml',
    `cnilab: 1
name: failing
hosts: [{name: node1}]
checks:
  - {name: one, from: node1, exec: [sleep, '0.3']}
  - {name: two, from: node1, exec: ['false'], within: 100ms}
`,
  );
  expect(await runWithImpatientReader(['test', lab])).toBe(141);
});

test('output that cannot be kept ends the command with a reason and code 1', async () => {
  const lab = file('a.lab.yaml', 'cnilab: 1\nname: a\n');
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [program, 'validate', lab], {
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cnilab: the output cannot be written: ENOSPC[^\n]*\n$/);
});
