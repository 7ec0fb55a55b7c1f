#!/usr/bin/env node
// The `cnilab` command: builds what changed, then is the command itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildChanged } from './build.mjs';
import { root, runMain, Stop } from './workspace.mjs';

await runMain(async () => {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) {
    throw new Stop('The npm packages are not installed yet. Run:\n  npm run setup');
  }
  await buildChanged(process.argv[2] === 'serve' ? ['server', 'web'] : ['server']);
  // Not for cnitool, which turns every error into its message: reading the maps takes as long as
  // what it does.
  process.setSourceMapsEnabled(process.argv[2] !== 'cnitool');
  await import(pathToFileURL(join(root, 'server/dist/cli.js')).href);
});
