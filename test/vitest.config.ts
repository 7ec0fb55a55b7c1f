import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

// Boxes and browsers are real and share this machine: one file at a time, and time to start.
const real = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['{shared,server,web}/src/**/*.test.{ts,tsx}'],
          // Ten times faster for hundreds of small files; these tests keep no state of their own.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        root,
        test: {
          name: 'integration',
          include: ['test/{conformance,integration,vm}/**/*.test.ts'],
          globalSetup: ['test/integration/support/freshBuild.mjs'],
          ...real,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...real,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
