import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folders = [
  ['./', /^(\.\/|node:|@cnilab\/shared\/cni\/|koffi$)/],
  ['../../../shared/src/cni/', /^\.\//],
] as const;

it.each(folders)('the library imports nothing of the lab: %s', (folder, allowed) => {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  const files = readdirSync(path).filter((name) => /(?<!\.test)\.ts$/.test(name));
  expect(files.length).toBeGreaterThan(10);
  const imports = files.flatMap((name) => {
    const text = readFileSync(`${path}/${name}`, 'utf8');
    return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
      ([, from]) => `${name}: ${from}`,
    );
  });
  expect(imports.filter((line) => !allowed.test(line.split(': ')[1] ?? ''))).toEqual([]);
});
