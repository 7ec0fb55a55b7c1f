import { z } from 'zod';
import { editSchema } from './edits.ts';
import type { DocumentPath } from './path.ts';

/** What is wrong or worth knowing in a document, where it is, and what to do about it. */
export const diagnosticSchema = z.object({
  severity: z.enum(['error', 'warning', 'hint']),
  /** Stable name of the rule, such as `unknown-network`. */
  code: z.string(),
  /** One or two sentences: the element, the reason, the remedy. */
  message: z.string(),
  /** Keys and indexes from the top of the document. */
  path: z.array(z.union([z.string(), z.number()])),
  /** Line and column of the document's text, from 1. */
  line: z.number().int().optional(),
  column: z.number().int().optional(),
  /** The element concerned, as in `elementStateSchema`: `pod:node1/web`, … */
  element: z.string().optional(),
  /** The edit that mends it, where one does. */
  fix: z.object({ label: z.string(), edits: z.array(editSchema) }).optional(),
});
export type Diagnostic = z.infer<typeof diagnosticSchema>;

/** What a rule finds, before it has its place in the text. */
export interface Finding extends Omit<Diagnostic, 'path' | 'line' | 'column' | 'element'> {
  path: DocumentPath;
  element?: string | undefined;
  /** Point at the key at the end of `path`, not at its value. */
  atKey?: boolean;
}
