import { z } from 'zod';
import {
  addressSchema,
  fdbEntrySchema,
  linkSchema,
  namespaceInfoSchema,
  namespaceSchema,
  neighbourSchema,
  policySchema,
  qdiscSchema,
  routeSchema,
} from './namespace.ts';
import { counterSchema, firewallChangeSchema } from './firewall.ts';
import { operationSchema } from './operation.ts';

/**
 * State of one element of the design. Ids: `segment:lan`, `host:node1`, `interface:node1/eth0`,
 * `network:node1/mynet`, `pod:node1/web`, `attachment:node1/web/eth0`, `route:node1/2` (index in
 * the file), `listen:node1/web/0`.
 */
export const elementStateSchema = z.object({
  state: z.enum(['pending', 'working', 'up', 'failed']),
  /** One sentence that names the reason and, where there is one, the remedy. */
  error: z.string().optional(),
});
export type ElementState = z.infer<typeof elementStateSchema>;

/** `running` also when some elements failed: those carry their own state. */
export const runStateSchema = z.enum(['starting', 'deploying', 'running', 'stopped', 'failed']);

const inNamespace = { namespace: z.string() };

/** One change, as it happened. */
export const changeSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('namespace.new'), info: namespaceInfoSchema }),
  z.object({ event: z.literal('namespace.del'), ...inNamespace }),
  /** The whole namespace again, after the kernel dropped messages (ENOBUFS). */
  z.object({ event: z.literal('namespace.sync'), state: namespaceSchema }),
  z.object({ event: z.literal('link.new'), ...inNamespace, link: linkSchema }),
  z.object({ event: z.literal('link.change'), ...inNamespace, link: linkSchema }),
  z.object({ event: z.literal('link.del'), ...inNamespace, index: z.number(), name: z.string() }),
  /** It is in another namespace now, where it comes as a `link.new` with its `origin`. */
  z.object({
    event: z.literal('link.move'),
    ...inNamespace,
    index: z.number().int(),
    name: z.string(),
    /** Absent when it left the lab's namespaces. */
    to: z.object({ namespace: z.string(), index: z.number().int() }).optional(),
  }),
  z.object({ event: z.literal('address.new'), ...inNamespace, address: addressSchema }),
  z.object({ event: z.literal('address.del'), ...inNamespace, address: addressSchema }),
  z.object({ event: z.literal('route.new'), ...inNamespace, route: routeSchema }),
  z.object({ event: z.literal('route.del'), ...inNamespace, route: routeSchema }),
  z.object({ event: z.literal('neighbour.new'), ...inNamespace, neighbour: neighbourSchema }),
  z.object({ event: z.literal('neighbour.del'), ...inNamespace, neighbour: neighbourSchema }),
  z.object({ event: z.literal('policy.new'), ...inNamespace, policy: policySchema }),
  z.object({ event: z.literal('policy.del'), ...inNamespace, policy: policySchema }),
  z.object({ event: z.literal('fdb.new'), ...inNamespace, entry: fdbEntrySchema }),
  z.object({ event: z.literal('fdb.del'), ...inNamespace, entry: fdbEntrySchema }),
  z.object({ event: z.literal('qdisc.new'), ...inNamespace, qdisc: qdiscSchema }),
  z.object({ event: z.literal('qdisc.del'), ...inNamespace, qdisc: qdiscSchema }),
  z.object({
    event: z.literal('firewall.change'),
    ...inNamespace,
    changes: z.array(firewallChangeSchema),
  }),
  z.object({
    event: z.literal('firewall.count'),
    ...inNamespace,
    counters: z.array(counterSchema),
  }),
  /** Somebody set how the kernel treats IP; what stands is not part of the snapshot. */
  z.object({
    event: z.literal('sysctl.change'),
    ...inNamespace,
    name: z.string(),
    value: z.string(),
  }),
  /** A file of a host in /var/lib/cni: leases, cached results. Not part of the snapshot either. */
  z.object({
    event: z.literal('file.change'),
    ...inNamespace,
    path: z.string(),
    change: z.enum(['new', 'written', 'gone']),
  }),
  z.object({ event: z.literal('element.state'), element: z.string(), state: elementStateSchema }),
  z.object({ event: z.literal('element.del'), element: z.string() }),
  /** An operation started, made a step, or ended: always the whole operation. */
  z.object({ event: z.literal('operation'), operation: operationSchema }),
  z.object({ event: z.literal('lab.state'), state: runStateSchema, error: z.string().optional() }),
]);
export type Change = z.infer<typeof changeSchema>;

const doubts = {
  /** Others ran there at the same time, so it may be the doing of one of those. */
  shared: z.boolean().optional(),
  /** The kernel did it by itself a little later, because of what was done before. */
  late: z.boolean().optional(),
};

/** Whose doing a change was. Where there is none: the kernel's own, or that of traffic. */
export const causeSchema = z.discriminatedUnion('by', [
  /** One execution of one plugin. */
  z.object({
    by: z.literal('step'),
    /** The id of its operation, and its place among the operation's steps, from 0. */
    operation: z.number().int(),
    step: z.number().int(),
    plugin: z.string(),
    /** CNI_COMMAND: ADD, DEL, … */
    command: z.string(),
    /** Name of the pod; empty when the operation is about none. */
    pod: z.string(),
    ...doubts,
  }),
  /** A command that somebody typed in a terminal, or had executed. */
  z.object({
    by: z.literal('command'),
    /** The process of ours that it ran in: the terminal's, or its own. */
    process: z.string(),
    /** As it was typed; empty when the shell did not say (`HISTCONTROL=ignorespace`, say). */
    line: z.string(),
    ...doubts,
  }),
  /** The agent itself: what a deploy does besides running plugins. */
  z.object({ by: z.literal('agent'), late: doubts.late }),
]);
export type Cause = z.infer<typeof causeSchema>;

/** A change with its number (consecutive per run, from 1), its time (ms since 1970), its cause. */
export const liveEventSchema = z.intersection(
  changeSchema,
  z.object({ seq: z.number().int(), time: z.number(), cause: causeSchema.optional() }),
);
export type LiveEvent = z.infer<typeof liveEventSchema>;

/** Everything that is known about a run at `seq`. */
export const snapshotSchema = z.object({
  seq: z.number().int(),
  /** Names one run of the lab; another value means that sequence numbers started again. */
  run: z.string(),
  state: runStateSchema,
  error: z.string().optional(),
  elements: z.record(z.string(), elementStateSchema),
  namespaces: z.record(z.string(), namespaceSchema),
  /** The last operations, oldest first. */
  operations: z.array(operationSchema),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
