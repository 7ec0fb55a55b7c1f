import { beforeAll, describe, expect, test } from 'vitest';
import { runInKernel } from '../kernelChild.ts';
import { cases as batchCases } from './batchCases.ts';
import { cases as compareCases } from './compareCases.ts';
import { cases as tcCases } from './compareTcCases.ts';
import { cases } from './kernelCases.ts';

describe.each([
  ['./kernelCases.ts', cases],
  ['./batchCases.ts', batchCases],
  ['./compareCases.ts', compareCases],
  ['./compareTcCases.ts', tcCases],
])('%s', (file, own) => {
  let results: Record<string, string | null> = {};

  beforeAll(async () => {
    results = await runInKernel(new URL(file, import.meta.url));
  }, 60_000);

  test.each(Object.keys(own))('%s', (name) => {
    expect(results).toHaveProperty([name]);
    expect(results[name]).toBeNull();
  });
});
