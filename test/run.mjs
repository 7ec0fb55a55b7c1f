#!/usr/bin/env node
// npm test: sets up, checks and builds everything, runs all tests, and ends with one line of counts.
// `npm test -- unit|conformance|integration|browser [vitest filter…]` runs just that part.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildChanged } from '../server/bin/build.mjs';
import { setUp } from '../server/bin/setup.mjs';
import { root, run, runMain, say, Stop } from '../server/bin/workspace.mjs';

const parts = ['unit', 'conformance', 'integration', 'browser'];
const lintArguments = ['-c', 'test/oxlint.json', '--type-aware', 'shared', 'server', 'web', 'test'];

/** Checks of the whole tree; each counts as one test. */
const checks = {
  typecheck: ['typescript/bin/tsc', '-b'],
  lint: ['oxlint/bin/oxlint', ...lintArguments],
  format: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
};

/** Counts of this run; failures are what to print about each. */
const totals = { tests: 0, passed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };

await runMain(async () => {
  const [part, ...filters] = process.argv.slice(2);
  if (part !== undefined && !parts.includes(part)) {
    throw new Stop(`There is no part «${part}». Parts: ${parts.join(', ')}.`);
  }
  await setUp({ test: true });
  if (part === undefined) await runChecks();
  const isBuilt = part === 'unit' || (await runBuild());
  const folder = mkdtempSync(join(tmpdir(), 'cnilab-test-'));
  try {
    for (const name of part === undefined ? parts : [part]) {
      // Without a build these would test yesterday's program.
      if (isBuilt || name === 'unit') await runTests(name, filters, join(folder, `${name}.json`));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report();
});

async function runChecks() {
  const runs = Object.values(checks).map(([tool, ...args]) => node(tool, args));
  const results = await Promise.all(runs);
  for (const [index, name] of Object.keys(checks).entries()) {
    const { code, output } = results[index];
    if (output.trim() !== '') say(`${name}:\n${output.trimEnd()}`);
    count(name, code === 0);
  }
}

async function runBuild() {
  try {
    await buildChanged(['server', 'web']);
    count('build', true);
    return true;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    count('build', false);
    return false;
  }
}

async function runTests(name, filters, file) {
  say(`\nRunning the ${name} tests`);
  const reporters = ['default', 'json', './test/conformance/support/coverage.ts'].flatMap(
    (reporter) => ['--reporter', reporter],
  );
  const options = ['--config', 'test/vitest.config.ts', '--project', name, '--passWithNoTests'];
  const { code } = await node(
    'vitest/vitest.mjs',
    ['run', ...options, ...reporters, `--outputFile.json=${file}`, ...filters],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const failuresBefore = totals.failures.length;
  for (const result of readResults(file)) addFile(name, result);
  if (code !== 0 && totals.failures.length === failuresBefore) {
    count(`${name}: vitest ended with exit code ${code}, see above`, false);
  }
}

/** No file when vitest itself broke; its exit code tells. */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return [];
    throw error;
  }
}

function addFile(part, { name, status, assertionResults }) {
  const file = relative(root, name);
  for (const test of assertionResults) {
    if (test.status === 'passed' || test.status === 'failed') {
      totals.tests += 1;
      count(`${part}: ${file} > ${test.fullName}`, test.status === 'passed');
    } else {
      totals.skipped += 1;
    }
  }
  // A file that cannot be loaded, or whose hook fails, has no failed test of its own.
  if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
    count(`${part}: ${file}`, false);
  }
}

function count(name, hasPassed) {
  if (hasPassed) totals.passed += 1;
  else totals.failures.push(name);
}

/** Everything on stdout, in one piece, so that the counts are the last line. */
function report() {
  if (totals.tests === 0) totals.failures.push('no test was run');
  const lines = totals.failures.map((name) => `FAILED ${name}`);
  if (totals.skipped > 0) lines.push(`${totals.skipped} skipped`);
  lines.push(`${totals.passed} passed, ${totals.failures.length} failed`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  if (totals.failures.length > 0) process.exitCode = 1;
}

function node(tool, args, options) {
  return run(process.execPath, [join(root, 'node_modules', tool), ...args], options);
}
