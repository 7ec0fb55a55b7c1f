import { CniError, toCniError } from '@cnilab/shared/cni/errors';
import { goDecodePartly, goString, goStruct, goUint } from '@cnilab/shared/cni/goDecode';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { parseTyped } from '@cnilab/shared/cni/typed';
import { goSignal } from './goText.ts';
import type { ExecOutcome } from './types.ts';

/** The error that a plugin's run means, or undefined if it succeeded (X1–X7). */
export function outcomeError(outcome: ExecOutcome, plugin: string): CniError | undefined {
  const { stdout, stderr, overflow } = outcome;
  if (overflow !== undefined) {
    return failed(
      plugin,
      `netplugin failed: its ${overflow} grew past the limit and it was killed; ` +
        'a plugin prints one JSON object',
    );
  }
  if (outcome.exit === 0 && outcome.failure === undefined) return undefined;
  const how = ending(outcome);
  if (stdout === '') {
    return stderr === ''
      ? failed(plugin, `netplugin failed with no error message: ${how}`)
      : failed(plugin, `netplugin failed: ${goQuote(stderr)}: ${how}`);
  }
  return printedError(stdout, plugin);
}

function ending({ failure, signal, exit }: ExecOutcome): string {
  if (failure !== undefined) return failure;
  return signal === undefined ? `exit status ${exit}` : `signal: ${goSignal(signal)}`;
}

const failed = (plugin: string, msg: string): CniError => new CniError({ code: 0, msg, plugin });

const errorType = goStruct('types.Error', { code: goUint, msg: goString, details: goString });

/**
 * The CNI error object that a failing plugin prints. If it is none, the text says so; of one with
 * wrong types the reference keeps what it could read besides (X4).
 */
function printedError(stdout: string, plugin: string): CniError {
  const unreadable = (error: unknown) =>
    `netplugin failed but error parsing its diagnostic message ${goQuote(stdout)}: ` +
    toCniError(error).message;
  let printed: ReturnType<typeof goDecodePartly<typeof errorType.zero>>;
  try {
    printed = goDecodePartly(errorType, parseTyped(stdout));
  } catch (error) {
    return failed(plugin, unreadable(error));
  }
  const { code, msg, details } = printed.value;
  return new CniError({
    code,
    msg: printed.error ? unreadable(printed.error) : msg,
    plugin,
    ...(details === '' ? {} : { details }),
  });
}
