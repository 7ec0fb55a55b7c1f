import { z } from 'zod';

/**
 * The connections that the kernel tracks in one namespace (conntrack), for as long as somebody
 * looks. They are no part of a run's events or snapshot.
 */

// Whoever is root in a box can say anything: what is kept of it is bounded.
const addressSchema = z.string().max(50);
const wordSchema = z.string().max(30);
const idSchema = z.string().max(200);

const countSchema = z.object({ packets: z.number(), bytes: z.number() });

/** One direction of a connection: who sends to whom. */
export const flowTupleSchema = z.object({
  source: addressSchema,
  destination: addressSchema,
  sourcePort: z.number().int().optional(),
  destinationPort: z.number().int().optional(),
});
export type FlowTuple = z.infer<typeof flowTupleSchema>;

const endpointSchema = z.object({ address: addressSchema, port: z.number().int().optional() });
/** An address and, where the protocol has them, a port. */
export type Endpoint = z.infer<typeof endpointSchema>;

const rewriteSchema = z.object({ from: endpointSchema, to: endpointSchema });

export const flowSchema = z.object({
  /** Names the connection for as long as it lives. */
  id: idSchema,
  family: z.union([z.literal(4), z.literal(6)]),
  /** `tcp`, `udp`, `icmp`, … or the number. */
  protocol: wordSchema,
  original: flowTupleSchema,
  /** What answers look like before their addresses are translated back. */
  reply: flowTupleSchema,
  /** How the addresses of the original direction are changed; absent where they are not. */
  translation: z
    .object({
      /** What the sender looks like behind this namespace. */
      source: rewriteSchema.optional(),
      /** Who is meant by the address that the sender uses. */
      destination: rewriteSchema.optional(),
    })
    .optional(),
  /** The kernel's words: `SEEN_REPLY`, `ASSURED`, `SNAT`, `DNAT`, … */
  status: z.array(wordSchema).max(32),
  /** `SYN_SENT`, `ESTABLISHED`, `TIME_WAIT`, … */
  tcpState: wordSchema.optional(),
  /** When it is forgotten unless a packet comes: ms since 1970, to about a second. */
  expires: z.number().optional(),
  mark: z.number().optional(),
  zone: z.number().optional(),
  /** Where the kernel counts (net.netfilter.nf_conntrack_acct). */
  counters: z.object({ original: countSchema, reply: countSchema }).optional(),
});
export type Flow = z.infer<typeof flowSchema>;

/** All connections of a namespace, or what became of them since the last time. */
export const flowsSeenSchema = z.object({
  at: z.literal('flows'),
  /** True: what was told before no longer counts. */
  whole: z.boolean(),
  /** The teller's clock, ms since 1970. */
  time: z.number(),
  /** New or changed. */
  flows: z.array(flowSchema),
  /** Ids of those that ended. */
  gone: z.array(idSchema),
  /** How many there are besides, which are not told: see `maxFlows`. */
  more: z.number().int(),
});
export type FlowsSeen = z.infer<typeof flowsSeenSchema>;

/** Connections of one namespace that are told at most. */
export const maxFlows = 1000;

/** What is known after an update, as one that tells everything. */
export function foldFlows(before: FlowsSeen | undefined, update: FlowsSeen): FlowsSeen {
  const known = new Map<string, Flow>();
  if (!update.whole) for (const flow of before?.flows ?? []) known.set(flow.id, flow);
  for (const id of update.gone) known.delete(id);
  for (const flow of update.flows) known.set(flow.id, flow);
  return { ...update, whole: true, gone: [], flows: [...known.values()].slice(0, maxFlows) };
}
