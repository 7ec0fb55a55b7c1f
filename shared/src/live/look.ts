import { z } from 'zod';
import { flowsSeenSchema, foldFlows } from './flows.ts';
import { ratesSeenSchema } from './rates.ts';

/**
 * What is read only while somebody looks at it: connections, counters of interfaces, and those of
 * firewall rules, which are then told as events (`firewall.count`).
 */
export const lookAtSchema = z.enum(['flows', 'rates', 'rules']);
export type LookAt = z.infer<typeof lookAtSchema>;

export const lookSchema = z.object({
  /** HOST or HOST/POD; it need not be there yet. */
  namespace: z.string().max(200),
  at: lookAtSchema,
});
export type Look = z.infer<typeof lookSchema>;

export const seenSchema = z.discriminatedUnion('at', [
  flowsSeenSchema,
  ratesSeenSchema,
  /** Why nothing can be seen, in a sentence. */
  z.object({ at: z.literal('nothing'), problem: z.string().max(2000) }),
]);
export type Seen = z.infer<typeof seenSchema>;

/** Folds an update into what is known, which then tells everything that its receiver needs. */
export const foldSeen = (before: Seen | undefined, update: Seen): Seen =>
  update.at === 'flows' ? foldFlows(before?.at === 'flows' ? before : undefined, update) : update;

export const lookKey = ({ namespace, at }: Look): string => `${at} ${namespace}`;
