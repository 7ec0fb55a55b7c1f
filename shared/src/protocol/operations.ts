import { z } from 'zod';

const onHost = { host: z.string() };
const onNetworks = {
  ...onHost,
  /** Absent = every network of the host, in the order of the file. */
  network: z.string().optional(),
};

/** The CNI operations that a person asks a running lab for; ADD and DEL come from the document. */
export const operationRequestSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('CHECK'),
    ...onHost,
    pod: z.string(),
    /** Absent = every attachment of the pod, in the order of the file. */
    interface: z.string().optional(),
    network: z.string().optional(),
  }),
  z.object({ op: z.literal('STATUS'), ...onNetworks }),
  z.object({ op: z.literal('VERSION'), ...onNetworks }),
  /** Takes away what the host's cache has and the lab has not. */
  z.object({ op: z.literal('GC'), ...onNetworks }),
]);
export type OperationRequest = z.infer<typeof operationRequestSchema>;
