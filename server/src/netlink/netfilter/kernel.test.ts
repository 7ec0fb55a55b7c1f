import { beforeAll, expect, test } from 'vitest';
import { runInKernel } from '../kernelChild.ts';
import { cases } from './kernelCases.ts';

let results: Record<string, string | null> = {};

beforeAll(async () => {
  results = await runInKernel(new URL('./kernelCases.ts', import.meta.url));
}, 60_000);

test.each(Object.keys(cases))('%s', (name) => {
  expect(results).toHaveProperty([name]);
  expect(results[name]).toBeNull();
});
