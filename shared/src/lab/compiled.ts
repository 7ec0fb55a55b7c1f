import { z } from 'zod';
import {
  checkSchema,
  conditionSchema,
  dhcpSchema,
  interfaceSchema,
  listenSchema,
  routeEntrySchema,
} from './schema.ts';

/** What the agent gets: a document with references resolved and CNI configuration as bytes. */

export const compiledNetworkSchema = z.object({
  name: z.string(),
  /** `NAME.conflist` for a list, `NAME.conf` for one plugin's configuration. */
  file: z.string(),
  /** The exact text that is written to /etc/cni/net.d. */
  text: z.string(),
});
export type CompiledNetwork = z.infer<typeof compiledNetworkSchema>;

export const compiledAttachmentSchema = z.object({
  network: z.string(),
  interface: z.string(),
  /** Capability arguments as JSON text of one object. */
  capabilities: z.string(),
  args: z.array(z.tuple([z.string(), z.string()])),
});
export type CompiledAttachment = z.infer<typeof compiledAttachmentSchema>;

export const compiledPodSchema = z.object({
  name: z.string(),
  attachments: z.array(compiledAttachmentSchema),
  listen: z.array(listenSchema),
});
export type CompiledPod = z.infer<typeof compiledPodSchema>;

export const compiledHostSchema = z.object({
  name: z.string(),
  interfaces: z.array(interfaceSchema),
  routes: z.array(routeEntrySchema),
  sysctls: z.record(z.string(), z.string()),
  dhcp: z.array(dhcpSchema).optional(),
  conditions: z.array(conditionSchema).optional(),
  networks: z.array(compiledNetworkSchema),
  pods: z.array(compiledPodSchema),
});
export type CompiledHost = z.infer<typeof compiledHostSchema>;

export const compiledLabSchema = z.object({
  name: z.string(),
  box: z.enum(['sandbox', 'vm']).optional(),
  segments: z.array(z.string()),
  hosts: z.array(compiledHostSchema),
  checks: z.array(checkSchema),
});
export type CompiledLab = z.infer<typeof compiledLabSchema>;
