// Bundles the benchmarks (they are TypeScript and use the server's own modules) and runs those that
// are named, or all.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { buildChanged } from '../../server/bin/build.mjs';
import { setUp } from '../../server/bin/setup.mjs';
import { root } from '../../server/bin/workspace.mjs';

await setUp({ bench: true });
await buildChanged(['server', 'web']);
const external = [/^koffi$/, /^@lydell\//, /^express$/, /^socket\.io/, /^playwright-core$/];
for (const name of ['bench', 'sender', 'observerParts', 'namespaces']) {
  const bundle = await rolldown({
    cwd: root,
    input: join(root, `test/bench/${name}.ts`),
    platform: 'node',
    external,
  });
  // Beside the server's own bundles, where its files are found from.
  await bundle.write({
    file: join(root, `server/dist/${name}.js`),
    format: 'esm',
    codeSplitting: false,
  });
}
await import(pathToFileURL(join(root, 'server/dist/bench.js')).href);
