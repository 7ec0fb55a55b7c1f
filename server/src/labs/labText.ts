import { isJsonObject } from '@cnilab/shared/cni/json';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import { readText } from '@cnilab/shared/lab/document';
import { parseLab } from '@cnilab/shared/lab/parse';
import { labNameSchema } from '@cnilab/shared/lab/schema';
import { ProblemError } from './problem.ts';

/** The name that a lab's text gives itself, whatever else is wrong with the text. */
export function nameOf(text: string): string | undefined {
  const { root } = readText(text);
  const name = labNameSchema.safeParse(isJsonObject(root) ? root.get('name') : undefined);
  return name.success ? name.data : undefined;
}

/** What a list of labs says of a text. */
export interface LabSummary {
  description?: string;
  hosts: number;
  pods: number;
  /** How many errors keep it from being deployed. */
  errors: number;
}

export function summaryOf(text: string): LabSummary {
  const { lab, diagnostics } = parseLab(text);
  const hosts = lab?.hosts ?? [];
  return {
    ...(lab?.description === undefined ? {} : { description: lab.description }),
    hosts: hosts.length,
    pods: hosts.reduce((sum, host) => sum + (host.pods?.length ?? 0), 0),
    errors: diagnostics.filter(({ severity }) => severity === 'error').length,
  };
}

/** Throws the problem `invalid`, with all diagnostics, for a text with errors. */
export function compileText(text: string): CompiledLab {
  const { compiled, diagnostics } = parseLab(text);
  if (compiled !== undefined) return compiled;
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const where = first?.line === undefined ? '' : `Line ${first.line}: `;
  throw new ProblemError(
    'invalid',
    `The lab has errors, so nothing was deployed. ${where}${first?.message ?? ''}`.trim(),
    { diagnostics },
  );
}
