import type { CniErrorObject } from '@cnilab/shared/live/operation';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import type { Operate } from '../operate.ts';
import type { Space } from '../space.ts';
import type { Attempt } from './attempt.ts';

export interface OperationQuery {
  op: 'check' | 'status' | 'gc';
  pod?: string | undefined;
  network?: string | undefined;
}

/** How an operation ended; without an error it went well. */
export interface OperationSeen {
  error?: CniErrorObject | undefined;
  /** It took too long and was ended: it is neither known to go well nor known to fail. */
  timedOut?: boolean | undefined;
  /** What GC took away, as `CONTAINER_ID INTERFACE`. */
  removed?: string[];
}

/** Runs a CNI operation for a check, on the host that the check is made from. */
export type OperationRunner = (
  space: Space,
  query: OperationQuery,
  timeoutMs: number,
) => Promise<OperationSeen>;

/** The first failure counts, if the check is about several attachments. */
export function runOperationCheck(operate: Operate): OperationRunner {
  return async ({ host }, query, timeoutMs) => {
    const operations = await operate(requestOf(host, query), timeoutMs);
    const bad = operations.find((operation) => operation.error);
    const removed = operations.flatMap((operation) =>
      (operation.removed ?? []).map((item) => `${item.containerId} ${item.interface}`),
    );
    return {
      ...(bad?.error ? { error: bad.error, timedOut: bad.timedOut } : {}),
      ...(query.op === 'gc' ? { removed } : {}),
    };
  };
}

function requestOf(host: string, { op, pod, network }: OperationQuery): OperationRequest {
  const where = { host, ...(network === undefined ? {} : { network }) };
  if (op === 'check') return { op: 'CHECK', ...where, pod: pod ?? '' };
  return { op: op === 'gc' ? 'GC' : 'STATUS', ...where };
}

export type OperationExpectation = 'ok' | { code?: number | undefined; msg?: string | undefined };

/** Whether the operation ended as the check expects. */
export function judgeOperation(
  { op, pod, network }: OperationQuery,
  expected: OperationExpectation,
  { error, timedOut = false, removed }: OperationSeen,
): Attempt {
  const what = [op.toUpperCase(), network && `of network ${network}`, pod && `for pod ${pod}`]
    .filter(Boolean)
    .join(' ');
  return {
    ok:
      expected === 'ok' ? !error : error !== undefined && !timedOut && isExpected(expected, error),
    got: {
      ok: !error,
      ...(error ? { error: told(error) } : {}),
      ...(removed ? { removed } : {}),
    },
    message: `expected ${what} to ${describe(expected)}, but ${found(error, timedOut)}`,
  };
}

function found(error: CniErrorObject | undefined, timedOut: boolean): string {
  if (!error) return 'it went well';
  if (timedOut && error.details !== undefined) return error.details;
  // Code 0 stands for an error of the runtime, which has no codes.
  return `it failed${error.code === 0 ? '' : ` with code ${error.code}`}: ${error.msg}`;
}

const told = ({ code, msg, details, plugin }: CniErrorObject): Record<string, string | number> => ({
  code,
  msg,
  ...(details === undefined ? {} : { details }),
  ...(plugin === undefined ? {} : { plugin }),
});

const isExpected = (
  { code, msg }: Exclude<OperationExpectation, 'ok'>,
  error: CniErrorObject,
): boolean =>
  (code === undefined || code === error.code) && (msg === undefined || error.msg.includes(msg));

function describe(expected: OperationExpectation): string {
  if (expected === 'ok') return 'go well';
  const { code, msg } = expected;
  return [
    'fail',
    code === undefined ? '' : `with code ${code}`,
    msg === undefined ? '' : `with "${msg}"`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
