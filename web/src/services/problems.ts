import type { Problem } from '@cnilab/shared/protocol/api';

/** The server answered and said no. */
export class ServerProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'ServerProblem';
    this.problem = problem;
  }
}

/** Nobody answered. */
export class ServerUnreachable extends Error {
  constructor(cause?: unknown) {
    super('The server does not answer.', { cause });
    this.name = 'ServerUnreachable';
  }
}

/** Anything thrown, as one sentence for a person. */
export function problemText(thrown: unknown): string {
  if (thrown instanceof ServerProblem) {
    const first = thrown.problem.diagnostics?.find(({ severity }) => severity === 'error');
    return first && !thrown.message.includes(first.message)
      ? `${thrown.message} ${first.message}`
      : thrown.message;
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}
