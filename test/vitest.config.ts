import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Counts the items that the conformance suite proves; silent when it did not run. */
const conformanceReporter = './test/conformance/support/coverage.ts';

// Boxes and browsers are real and share this machine: one file at a time, and time to start.
const real = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  root,
  test: {
    reporters: ['default', conformanceReporter],
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
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          globalSetup: ['test/integration/support/freshBuild.mjs'],
          isolate: false,
          testTimeout: 20_000,
          // Half of the time these wait for processes of theirs; on two cores vitest would take one.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: 'integration',
          include: ['test/{integration,vm}/**/*.test.ts'],
          globalSetup: ['test/integration/support/freshBuild.mjs'],
          ...real,
          sequence: { groupOrder: 2 },
        },
      },
      {
        root,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...real,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
