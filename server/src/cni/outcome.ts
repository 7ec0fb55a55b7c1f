import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { JsonNumber, isJsonObject } from '@cnilab/shared/cni/json';
import { field, jsonKind, parseTyped, stringField } from '@cnilab/shared/cni/typed';
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
  try {
    return decodeError(stdout, plugin);
  } catch (error) {
    return failed(
      plugin,
      `netplugin failed but error parsing its diagnostic message ${goQuote(stdout)}: ` +
        toCniError(error).message,
    );
  }
}

function ending({ failure, signal, exit }: ExecOutcome): string {
  if (failure !== undefined) return failure;
  return signal === undefined ? `exit status ${exit}` : `signal: ${goSignal(signal)}`;
}

const failed = (plugin: string, msg: string): CniError => new CniError({ code: 0, msg, plugin });

/** The CNI error object that a failing plugin prints. */
function decodeError(stdout: string, plugin: string): CniError {
  const json = parseTyped(stdout);
  if (json !== null && !isJsonObject(json)) {
    throw libraryError(
      `json: cannot unmarshal ${jsonKind(json)} into Go value of type types.Error`,
    );
  }
  const object = json ?? new Map<string, never>();
  const code = field(object, 'code');
  const kind = code instanceof JsonNumber ? `number ${code.text}` : jsonKind(code ?? null);
  const known = code instanceof JsonNumber && /^[0-9]+$/.test(code.text) ? Number(code.text) : 0;
  if (code !== undefined && (kind !== `number ${known}` || !Number.isSafeInteger(known))) {
    throw libraryError(
      `json: cannot unmarshal ${kind} into Go struct field Error.code of type uint`,
    );
  }
  const msg = stringField(object, 'msg', 'Error.msg');
  const details = stringField(object, 'details', 'Error.details');
  return new CniError({ code: known, msg, plugin, ...(details === '' ? {} : { details }) });
}
