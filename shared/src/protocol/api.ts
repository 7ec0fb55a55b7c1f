import { z } from 'zod';
import { diagnosticSchema } from '../lab/diagnostics.ts';
import { checkSchema, labNameSchema } from '../lab/schema.ts';
import { runStateSchema, snapshotSchema } from '../live/events.ts';
import { operationSchema } from '../live/operation.ts';
import { applyResultSchema } from './agent.ts';
import { checkResultSchema } from './checks.ts';
import { operationRequestSchema } from './operations.ts';

/**
 * The REST interface: one table that routes requests in the server, types the clients (page and
 * command line) and describes the API. Bodies and answers are JSON. `:lab` in a path is the lab's
 * name. Every error answers with `problemSchema` and a 4xx or 5xx status.
 */

export const labEntrySchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  /** Hash of the document's text; names the version that an edit starts from. */
  revision: z.string(),
  /** Milliseconds since 1970. */
  modified: z.number(),
  hosts: z.number().int(),
  pods: z.number().int(),
  errors: z.number().int(),
  /** `stopped` when no box runs. */
  state: runStateSchema,
});
export type LabEntry = z.infer<typeof labEntrySchema>;

export const documentSchema = z.object({
  name: z.string(),
  text: z.string(),
  revision: z.string(),
});
export type LabDocument = z.infer<typeof documentSchema>;

export const exampleSchema = z.object({
  /** File name without `.lab.yaml`. */
  id: z.string(),
  name: z.string(),
  description: z.string(),
  text: z.string(),
});

export const boxKindSchema = z.object({
  kind: z.enum(['sandbox', 'vm']),
  works: z.boolean(),
  /** Why it does not work, and the command or setting that helps. */
  reason: z.string().optional(),
  remedy: z.string().optional(),
});
export const doctorSchema = z.object({
  boxes: z.array(boxKindSchema),
  plugins: z.array(z.object({ type: z.string(), path: z.string(), versions: z.array(z.string()) })),
  pluginPath: z.array(z.string()),
  features: z.record(z.string(), z.boolean()),
  tools: z.array(
    z.object({ name: z.string(), path: z.string().optional(), version: z.string().optional() }),
  ),
  /** What is missing, with the command that installs it. */
  missing: z.array(z.object({ what: z.string(), remedy: z.string() })),
});
export type Doctor = z.infer<typeof doctorSchema>;

export const problemSchema = z.object({
  /** Stable word: `not-found`, `conflict`, `invalid`, `not-running`, `no-box`, `internal`, … */
  code: z.string(),
  message: z.string(),
  diagnostics: z.array(diagnosticSchema).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

const lab = z.object({ lab: labNameSchema });
const none = z.object({});

export const api = {
  listLabs: { method: 'GET', path: '/api/labs', input: none, output: z.array(labEntrySchema) },
  /** A new document. Its name is the document's own; a name that is taken is a `conflict`. */
  createLab: {
    method: 'POST',
    path: '/api/labs',
    input: z.object({ text: z.string() }),
    output: documentSchema,
  },
  getLab: { method: 'GET', path: '/api/labs/:lab', input: lab, output: documentSchema },
  /** Saves over revision `base`; another revision on disk is a `conflict`. Renames when the text's name changed. */
  saveLab: {
    method: 'PUT',
    path: '/api/labs/:lab',
    input: lab.extend({ text: z.string(), base: z.string() }),
    output: documentSchema,
  },
  /** Deletes the document and ends its box. */
  deleteLab: { method: 'DELETE', path: '/api/labs/:lab', input: lab, output: none },
  /** Starts a box if none runs and makes it what the saved document says. Answers when that is done. */
  deployLab: {
    method: 'POST',
    path: '/api/labs/:lab/deploy',
    input: lab,
    output: applyResultSchema,
  },
  /** Ends the box. */
  stopLab: { method: 'POST', path: '/api/labs/:lab/stop', input: lab, output: none },
  /** Ends the box and deploys in a new one. */
  resetLab: { method: 'POST', path: '/api/labs/:lab/reset', input: lab, output: applyResultSchema },
  getState: { method: 'GET', path: '/api/labs/:lab/state', input: lab, output: snapshotSchema },
  /** Runs one check in the running lab, whether or not the document has it. */
  runCheck: {
    method: 'POST',
    path: '/api/labs/:lab/check',
    input: lab.extend({ check: checkSchema }),
    output: checkResultSchema,
  },
  /** Runs the document's checks in order. */
  runChecks: {
    method: 'POST',
    path: '/api/labs/:lab/checks',
    input: lab,
    output: z.array(checkResultSchema),
  },
  /** Runs a CNI operation, for one attachment or network or for all: one operation for each. */
  runOperation: {
    method: 'POST',
    path: '/api/labs/:lab/operation',
    input: lab.extend({ request: operationRequestSchema }),
    output: z.array(operationSchema),
  },
  listExamples: {
    method: 'GET',
    path: '/api/examples',
    input: none,
    output: z.array(exampleSchema),
  },
  doctor: { method: 'GET', path: '/api/doctor', input: none, output: doctorSchema },
} as const;

export type Api = {
  [Name in keyof typeof api]: {
    input: z.infer<(typeof api)[Name]['input']>;
    output: z.infer<(typeof api)[Name]['output']>;
  };
};
export type ApiName = keyof Api;
