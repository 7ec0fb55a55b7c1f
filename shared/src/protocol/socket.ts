import { z } from 'zod';
import type { LiveEvent, Snapshot } from '../live/events.ts';
import { lookSchema, type Look, type Seen } from '../live/look.ts';
import type { LabEntry, Problem } from './api.ts';
import { labNameSchema } from '../lab/schema.ts';

/** socket.io events between a browser (or the command line) and the server. */

export const watchSchema = z.object({
  lab: labNameSchema,
  /** What the client has already: it gets the events after `seq` if the run is the same. */
  since: z.object({ run: z.string(), seq: z.number().int() }).optional(),
});
export const lookInputSchema = z.object({ lab: labNameSchema, look: lookSchema });
export const openProcessSchema = z.object({
  lab: labNameSchema,
  /** HOST or HOST/POD. */
  target: z.string(),
  /** Absent = a login shell on a terminal. */
  argv: z.array(z.string()).min(1).optional(),
  terminal: z
    .object({ columns: z.number().int().min(1).max(1000), rows: z.number().int().min(1).max(1000) })
    .optional(),
});
export const processInputSchema = z.object({ process: z.string(), data: z.string() });
export const processResizeSchema = z.object({
  process: z.string(),
  columns: z.number().int().min(1).max(1000),
  rows: z.number().int().min(1).max(1000),
});
export const processRefSchema = z.object({ process: z.string() });

export type Reply<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** What a watcher gets first: everything, or just what it missed. Nothing when no box runs. */
export type Watched =
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'events'; run: string; events: LiveEvent[] }
  | { kind: 'stopped' };

export interface ClientToServer {
  watch: (input: z.infer<typeof watchSchema>, reply: (r: Reply<Watched>) => void) => void;
  unwatch: (input: { lab: string }) => void;
  /** From now on `seen` tells it, whenever the lab runs; once for each look and client. */
  look: (input: z.infer<typeof lookInputSchema>, reply: (r: Reply<object>) => void) => void;
  unlook: (input: z.infer<typeof lookInputSchema>) => void;
  /** Terminals and commands share one mechanism. A process ends with the connection it belongs to. */
  openProcess: (
    input: z.infer<typeof openProcessSchema>,
    reply: (r: Reply<{ process: string }>) => void,
  ) => void;
  /** `data` is base64. */
  processInput: (input: z.infer<typeof processInputSchema>) => void;
  processCloseInput: (input: z.infer<typeof processRefSchema>) => void;
  processResize: (input: z.infer<typeof processResizeSchema>) => void;
  /** Ends the process (SIGHUP for a terminal, SIGTERM otherwise). */
  processClose: (input: z.infer<typeof processRefSchema>) => void;
}

export interface ServerToClient {
  /** A box started, or this client was too slow for the events: everything begins again. */
  snapshot: (lab: string, snapshot: Snapshot) => void;
  /** Consecutive events of one run, oldest first. */
  events: (lab: string, run: string, events: LiveEvent[]) => void;
  /** The whole at first, and again for a client that was too slow; then what changed. */
  seen: (lab: string, look: Look, seen: Seen) => void;
  /** The box of a watched lab ended; with a reason when nobody asked for it. */
  stopped: (lab: string, reason?: string) => void;
  /** The list of labs or the state of one changed. */
  labs: (labs: LabEntry[]) => void;
  /** Somebody saved a document. */
  saved: (lab: string, revision: string) => void;
  /** `data` is base64. */
  processOutput: (process: string, stream: 'stdout' | 'stderr', data: string) => void;
  processExit: (process: string, code: number | null, signal?: string) => void;
}
