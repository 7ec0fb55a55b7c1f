import { beforeAll, describe, expect, test } from 'vitest';
import { runInKernel } from '../kernelChild.ts';
import { cases } from './compareCases.ts';
import { cases as tcCases } from './compareTcCases.ts';

describe.each([
  ['./compareCases.ts', cases],
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
