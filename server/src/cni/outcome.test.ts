import { describe, expect, it } from 'vitest';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { outcomeError } from './outcome.ts';
import type { ExecOutcome } from './types.ts';

const error = (outcome: Partial<ExecOutcome>) =>
  outcomeError({ stdout: '', stderr: '', exit: 1, ms: 1, ...outcome }, 'bridge');

describe('the outcome of a plugin', () => {
  it('X1: is the error object that it printed', () => {
    const found = error({ stdout: '{"code":11,"msg":"busy","details":"try again","x":1}' });
    expect(found?.toObject()).toEqual({
      code: 11,
      msg: 'busy',
      details: 'try again',
      plugin: 'bridge',
    });
    expect(found?.message).toBe('busy; try again');
    expect(error({ stdout: '{"MSG":"m","stderr":1}', stderr: 'dropped' })?.message).toBe('m');
  });

  it.each<[Partial<ExecOutcome>, string]>([
    [{ exit: 3 }, 'exit status 3'],
    [{ exit: null, signal: 'SIGKILL' }, 'signal: killed'],
    [{ exit: null, failure: 'fork/exec /x: permission denied' }, 'fork/exec /x: permission denied'],
  ])('X2: %j without a word says how it ended', (outcome, how) => {
    expect(error(outcome)?.message).toBe(`netplugin failed with no error message: ${how}`);
  });

  it('X3: is stderr, quoted, if stdout is empty', () => {
    expect(error({ stderr: 'panic: "x"\n\tat' })?.message).toBe(
      'netplugin failed: "panic: \\"x\\"\\n\\tat": exit status 1',
    );
  });

  it.each([
    ['oops', "invalid character 'o' looking for beginning of value"],
    ['log line\n{"msg":"x"}', "invalid character 'l' looking for beginning of value"],
    ['{"code":"7"}', 'json: cannot unmarshal string into Go struct field Error.code of type uint'],
    [
      '{"code":-1}',
      'json: cannot unmarshal number -1 into Go struct field Error.code of type uint',
    ],
    ['{"code":1.5}', 'json: cannot unmarshal number 1.5 into Go struct field Error.code of type'],
    ['{"msg":1}', 'json: cannot unmarshal number into Go struct field Error.msg of type string'],
    ['[]', 'json: cannot unmarshal array into Go value of type types.Error'],
    ['{}{}', "invalid character '{' after top-level value"],
  ])('X4: quotes the output %j that is no error object', (stdout, reason) => {
    expect(error({ stdout })?.message).toContain(
      `netplugin failed but error parsing its diagnostic message ${goQuote(stdout)}: ${reason}`,
    );
  });

  it('X6: has no message if a failing plugin printed a result', () => {
    for (const stdout of ['{}', '{"cniVersion":"1.0.0","ips":[]}', 'null']) {
      expect(error({ stdout })?.message).toBe('');
    }
  });

  it('X7: is success on exit 0, whatever was printed', () => {
    expect(error({ exit: 0, stdout: '{"code":7,"msg":"x"}' })).toBeUndefined();
  });

  it('names the stream that grew too large', () => {
    expect(
      error({ exit: null, signal: 'SIGKILL', overflow: 'stderr', stderr: 'xxx' })?.message,
    ).toBe(
      'netplugin failed: its stderr grew past the limit and it was killed; ' +
        'a plugin prints one JSON object',
    );
  });
});

it.each([
  ['a\x07\b\f\n\r\t\v\\"\x00\x7f', '"a\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\x00\\x7f"'],
  ["é€\u{1f600}'", '"é€\u{1f600}\'"'],
  ['\u00a0\u200b\u2028\ue000\u{e0001}', '"\\u00a0\\u200b\\u2028\\ue000\\U000e0001"'],
])('quotes %j as Go does', (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});
