import { z } from 'zod';
import { compiledLabSchema } from '../lab/compiled.ts';
import { checkSchema } from '../lab/schema.ts';
import { causeSchema, changeSchema } from '../live/events.ts';
import { lookSchema, seenSchema } from '../live/look.ts';
import { operationSchema } from '../live/operation.ts';
import { checkResultSchema } from './checks.ts';
import { operationRequestSchema } from './operations.ts';

/**
 * Server ↔ agent: one JSON object per line over one duplex stream. The server sends requests
 * `{id, method, params}`; the agent answers `{id, result}` or `{id, error}` and sends notices.
 * Whoever is root in a box can write to this stream, so the server checks every line.
 */

export const processOptionsSchema = z.object({
  /** Chosen by the server, unique per box. */
  process: z.string(),
  /** HOST or HOST/POD. */
  target: z.string(),
  argv: z.array(z.string()).min(1),
  /** Present = on a terminal of this size. */
  terminal: z.object({ columns: z.number().int(), rows: z.number().int() }).optional(),
});

export const applyResultSchema = z.object({
  /** True when every element came up. */
  ok: z.boolean(),
  ms: z.number(),
  /** The operations that this apply made, in the order of their start. */
  operations: z.array(operationSchema),
  /** Failed elements that are no operation's: interfaces, routes, listeners. */
  failures: z.array(z.object({ element: z.string(), error: z.string() })),
});
export type ApplyResult = z.infer<typeof applyResultSchema>;

const none = z.object({});

/** Every request: what goes in, what comes out. */
export const agentMethods = {
  apply: { params: z.object({ lab: compiledLabSchema }), result: applyResultSchema },
  check: { params: z.object({ check: checkSchema }), result: checkResultSchema },
  operate: {
    params: operationRequestSchema,
    result: z.object({ operations: z.array(operationSchema) }),
  },
  /** Starts to tell what somebody looks at (notices `seen`, the whole first), or ends it. */
  look: { params: z.object({ look: lookSchema, isOn: z.boolean() }), result: none },
  /** Starts a process; its output and end come as notices. */
  spawn: { params: processOptionsSchema, result: none },
  input: { params: z.object({ process: z.string(), data: z.string() }), result: none },
  closeInput: { params: z.object({ process: z.string() }), result: none },
  resize: {
    params: z.object({ process: z.string(), columns: z.number().int(), rows: z.number().int() }),
    result: none,
  },
  kill: { params: z.object({ process: z.string(), signal: z.string() }), result: none },
  /** Stops or goes on reading a process's output, so that a slow reader slows the process down. */
  pause: { params: z.object({ process: z.string(), paused: z.boolean() }), result: none },
} as const;

export type AgentMethods = {
  [M in keyof typeof agentMethods]: {
    params: z.infer<(typeof agentMethods)[M]['params']>;
    result: z.infer<(typeof agentMethods)[M]['result']>;
  };
};
export type AgentMethod = keyof AgentMethods;

export const timedChangeSchema = z.object({
  time: z.number(),
  change: changeSchema,
  cause: causeSchema.optional(),
});
export type TimedChange = z.infer<typeof timedChangeSchema>;

/** Notices of the agent. `data` is base64, so that any byte passes. */
export const noticeSchema = z.discriminatedUnion('notice', [
  z.object({
    notice: z.literal('ready'),
    pid: z.number().int(),
    /** Kernel features that were tried: link kinds, `vlanFiltering`, … true = works. */
    features: z.record(z.string(), z.boolean()),
  }),
  /** What the kernel and the agent did, in order; at most one notice a frame (16 ms). */
  z.object({ notice: z.literal('changes'), changes: z.array(timedChangeSchema) }),
  /** What is looked at: at most one notice a frame for each. No part of the run's history. */
  z.object({ notice: z.literal('seen'), look: lookSchema, seen: seenSchema }),
  z.object({
    notice: z.literal('output'),
    process: z.string(),
    stream: z.enum(['stdout', 'stderr']),
    data: z.string(),
  }),
  z.object({
    notice: z.literal('exit'),
    process: z.string(),
    code: z.number().int().nullable(),
    signal: z.string().optional(),
  }),
]);
export type AgentNotice = z.infer<typeof noticeSchema>;

export const requestSchema = z.object({
  id: z.number().int(),
  method: z.string(),
  params: z.unknown(),
});
export const answerSchema = z.object({
  id: z.number().int(),
  result: z.unknown().optional(),
  error: z.string().optional(),
});
