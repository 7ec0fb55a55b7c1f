import { z } from 'zod';

/** The CNI error object (SPEC 1.1, "Error"), with the plugin that raised it. */
export const cniErrorSchema = z.object({
  code: z.number().int(),
  msg: z.string(),
  details: z.string().optional(),
  plugin: z.string().optional(),
});
export type CniErrorObject = z.infer<typeof cniErrorSchema>;

/** One kernel object that changed while a step ran. */
export const kernelChangeSchema = z.object({
  event: z.string(),
  namespace: z.string(),
  /** Interface name, `address/prefix`, route, table: what a person would call the object. */
  name: z.string(),
  /** Other steps ran at the same time on that host, so the change may be theirs. */
  shared: z.boolean().optional(),
  /** The kernel did it by itself after the step had ended: a consequence of it. */
  late: z.boolean().optional(),
});
export type KernelChange = z.infer<typeof kernelChangeSchema>;

/** One execution of one plugin. Texts are what crossed the pipe, at most 1 MiB each. */
export const stepSchema = z.object({
  plugin: z.string(),
  /** The CNI_* variables that the plugin got. */
  env: z.record(z.string(), z.string()),
  stdin: z.string(),
  stdout: z.string(),
  stderr: z.string(),
  /** Exit code, or null when a signal or a failed start ended it (then see `error`). */
  exit: z.number().int().nullable(),
  signal: z.string().optional(),
  ms: z.number(),
  error: cniErrorSchema.optional(),
  kernel: z.array(kernelChangeSchema),
});
export type Step = z.infer<typeof stepSchema>;

export const operationSchema = z.object({
  id: z.number().int(),
  op: z.enum(['ADD', 'CHECK', 'DEL', 'GC', 'STATUS', 'VERSION']),
  host: z.string(),
  /** Empty for GC, STATUS and VERSION, which are about no attachment; `interface` as well. */
  pod: z.string(),
  network: z.string(),
  interface: z.string(),
  /** Milliseconds since 1970. */
  started: z.number(),
  /** True once it ended. */
  done: z.boolean(),
  ok: z.boolean(),
  ms: z.number(),
  /** True for the lab's own clean-up after a failed ADD. */
  cleanup: z.boolean().optional(),
  /** True if it took too long and was ended with all that it had started. */
  timedOut: z.boolean().optional(),
  steps: z.array(stepSchema),
  /** The result as the plugins gave it (JSON text), for ADD. */
  result: z.string().optional(),
  /** Why no plugin was asked, and the answer is ok all the same. */
  notAsked: z.string().optional(),
  /** What GC took away: attachments that were in the cache and are no attachment of the lab. */
  removed: z.array(z.object({ containerId: z.string(), interface: z.string() })).optional(),
  /** What the plugins say to VERSION: the versions that each one takes. */
  versions: z.array(z.object({ plugin: z.string(), versions: z.array(z.string()) })).optional(),
  /** The version that the network is in, which they should take. */
  wantedVersion: z.string().optional(),
  error: cniErrorSchema.nullable(),
});
export type Operation = z.infer<typeof operationSchema>;
