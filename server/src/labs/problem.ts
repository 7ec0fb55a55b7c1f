import { inspect } from 'node:util';
import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import type { Problem } from '@cnilab/shared/protocol/api';

/** What can go wrong with a request, and the HTTP status that says so. */
export const problemStatus = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'not-running': 409,
  'too-large': 413,
  'wrong-type': 415,
  'wrong-host': 421,
  invalid: 422,
  internal: 500,
  'no-box': 503,
  storage: 507,
} as const;
export type ProblemCode = keyof typeof problemStatus;

/** An error that a person can act on: it crosses the wire as it is. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly diagnostics: Diagnostic[] | undefined;
  constructor(
    code: ProblemCode,
    message: string,
    options: { diagnostics?: Diagnostic[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.diagnostics = options.diagnostics;
  }
}

/**
 * Anything thrown, as a client may see it. What nobody foresaw is reported on stderr with its
 * stack and reaches the client without details.
 */
export function toProblem(thrown: unknown): { status: number; problem: Problem } {
  if (thrown instanceof ProblemError) {
    const { code, message, diagnostics } = thrown;
    return {
      status: problemStatus[code],
      problem: { code, message, ...(diagnostics === undefined ? {} : { diagnostics }) },
    };
  }
  process.stderr.write(`${inspect(thrown)}\n`);
  return {
    status: problemStatus.internal,
    problem: {
      code: 'internal',
      message: 'cnilab met an error that it did not expect; its terminal shows the details.',
    },
  };
}
