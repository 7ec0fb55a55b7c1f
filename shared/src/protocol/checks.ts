import { z } from 'zod';

/** What a check (or a probe of the page) found. */
export const checkResultSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  ms: z.number(),
  attempts: z.number().int(),
  /** What the last attempt saw: `{outcome, ms}`, `{status, body}`, `{exit, stdout, stderr}`, … */
  got: z.record(z.string(), z.json()),
  /** One sentence when it does not hold: what was expected and what was seen. */
  message: z.string().optional(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;
