import { z } from 'zod';

/**
 * Changes to a document's text that keep comments, order and everything they do not touch.
 * `path` counts keys and indexes from the top of the document; values are plain JSON.
 */
export const editSchema = z.discriminatedUnion('edit', [
  /** Sets a value; missing parents are made. */
  z.object({
    edit: z.literal('set'),
    path: z.array(z.union([z.string(), z.number()])),
    value: z.json(),
  }),
  /** Appends to an array; a missing array is made. */
  z.object({
    edit: z.literal('append'),
    path: z.array(z.union([z.string(), z.number()])),
    value: z.json(),
  }),
  z.object({ edit: z.literal('delete'), path: z.array(z.union([z.string(), z.number()])) }),
]);
export type Edit = z.infer<typeof editSchema>;
