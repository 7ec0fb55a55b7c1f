#!/usr/bin/env node
// npm start: set up, build what changed, serve. The server runs in this process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildChanged } from './build.mjs';
import { setUp } from './setup.mjs';
import { root, runMain } from './workspace.mjs';

await runMain(async () => {
  await setUp({ design: true });
  await buildChanged(['server', 'web']);
  process.argv.splice(2, 0, 'serve');
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(join(root, 'server/dist/cli.js')).href);
});
