import { CniError } from '@cnilab/shared/cni/errors';

/** The CniError that an action throws, now or later. Anything else that is thrown is a failure. */
export async function refusalOf(action: () => unknown): Promise<CniError> {
  let outcome: unknown;
  try {
    outcome = await action();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error(`nothing was refused, but this came out: ${String(outcome)}`);
}

/** Its whole text. */
export const refusalText = async (action: () => unknown): Promise<string> =>
  (await refusalOf(action)).message;
