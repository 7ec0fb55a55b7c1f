import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Relative imports that stay inside; node, koffi and the addresses' arithmetic. */
const allowed = (folder: string, from: string): boolean =>
  /^(node:|koffi$|@cnilab\/shared\/cni\/ip$)/.test(from) ||
  (from.startsWith('.') && new URL(from, `file:///lib/${folder}/`).pathname.startsWith('/lib/'));

test('the library imports nothing of the lab', () => {
  const root = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  expect(files.length).toBeGreaterThan(40);
  const foreign = files
    // It builds the program that the tests run in a namespace.
    .filter((name) => name !== 'kernelChild.ts')
    .flatMap((name) => {
      const folder = name.split('/').slice(0, -1).join('/');
      const text = readFileSync(`${root}/${name}`, 'utf8');
      return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)]
        .map(([, from = '']) => from)
        .filter((from) => !allowed(folder, from))
        .map((from) => `${name}: ${from}`);
    });
  expect(foreign).toEqual([]);
});
