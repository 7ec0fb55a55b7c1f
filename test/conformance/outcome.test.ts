import { describe, expect, it } from 'vitest';
import type { CallOptions } from '../../server/src/cni/types.ts';
import { type Answer, useBench } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// X1 to X7: what the end of a plugin means.

const bench = useBench();

/** ADD of a chain of the one plugin `a`. */
const add = (call: CallOptions = {}) =>
  bench.runtime().addNetworkList(bench.list(['a']), bench.rt({}), call);

/** The error of ADD without what a list puts in front of it. */
const addError = async (answer: Answer, type = 'a') => {
  bench.answer(type, 'ADD', answer);
  const error = await refusalOf(() => add());
  const prefix = `plugin type="${type}" failed (add): `;
  expect(error.message.startsWith(prefix)).toBe(true);
  const { code, msg, details } = error;
  return { text: error.message.slice(prefix.length), code, msg, details };
};

describe('X: a plugin that fails', () => {
  interface Told {
    answer: Answer;
    /** The error's whole text, then its parts as programs see them. */
    text: string;
    code: number;
    msg: string;
    details?: string;
  }
  const told: Told[] = [
    {
      answer: { stdout: '{"code":7,"msg":"no","details":"really"}', exit: 1 },
      ...{ text: 'no; really', code: 7, msg: 'no', details: 'really' },
    },
    {
      answer: { stdout: '{"code":11,"msg":"busy"}', exit: 1 },
      ...{ text: 'busy', code: 11, msg: 'busy' },
    },
    {
      answer: { stdout: '{"code":7,"msg":"no","details":""}', exit: 1 },
      ...{ text: 'no', code: 7, msg: 'no' },
    },
    {
      answer: { stdout: '{"details":"only"}', exit: 1 },
      ...{ text: '; only', code: 0, msg: '', details: 'only' },
    },
    {
      answer: { stdout: '{"cniVersion":"1.0.0","code":1,"msg":"m","more":[1]}', exit: 1 },
      ...{ text: 'm', code: 1, msg: 'm' },
    },
    {
      answer: { stdout: ' \n{\n    "Code": 2,\n    "MSG": "m"\n}\n', exit: 1 },
      ...{ text: 'm', code: 2, msg: 'm' },
    },
    {
      answer: { stdout: '{"code":null,"msg":null,"details":null}', exit: 1 },
      ...{ text: '', code: 0, msg: '' },
    },
    {
      answer: { stdout: '{"code":4294967296,"msg":"<\\u00e9>\\n"}', exit: 1 },
      ...{ text: '<é>\n', code: 4294967296, msg: '<é>\n' },
    },
    {
      answer: { stdout: '{"code":7,"msg":"no"}', exit: 255 },
      ...{ text: 'no', code: 7, msg: 'no' },
    },
    {
      answer: { stdout: '{"code":7,"msg":"no"}', signal: 'KILL' },
      ...{ text: 'no', code: 7, msg: 'no' },
    },
  ];
  it.each(told)('X1: $answer is «$text»', async ({ answer, ...error }) => {
    expect(await addError(answer)).toEqual({ details: undefined, ...error });
  });

  const silent: [answer: Answer, how: string][] = [
    [{ exit: 1 }, 'exit status 1'],
    [{ exit: 3 }, 'exit status 3'],
    [{ exit: 255 }, 'exit status 255'],
    [{ signal: 'KILL' }, 'signal: killed'],
    [{ signal: 'TERM' }, 'signal: terminated'],
    [{ signal: 'HUP' }, 'signal: hangup'],
    [{ signal: 'INT' }, 'signal: interrupt'],
    [{ signal: 'PIPE' }, 'signal: broken pipe'],
    [{ signal: 'USR1' }, 'signal: user defined signal 1'],
    [{ signal: 'ALRM' }, 'signal: alarm clock'],
  ];
  it.each(silent)('X2: %j without a word: %s', async (answer, how) => {
    const text = `netplugin failed with no error message: ${how}`;
    expect(await addError(answer)).toEqual({ text, code: 0, msg: text, details: undefined });
  });

  const unstartable: [what: string, text: string, mode: number, how: string][] = [
    ['may not be executed', '#!/bin/sh\n', 0o644, 'permission denied'],
    ['has no format', 'echo hello\n', 0o755, 'exec format error'],
    ['is empty', '', 0o755, 'exec format error'],
    ['has no interpreter', '#!/no/such/interpreter\n', 0o755, 'no such file or directory'],
  ];
  it.each(unstartable)('X2, F4: a file that %s does not start', async (_what, text, mode, how) => {
    const path = bench.script('x', text, mode);
    expect(
      await refusalText(() => bench.runtime().delNetworkList(bench.list(['x']), bench.rt({}))),
    ).toBe(
      `plugin type="x" failed (delete): netplugin failed with no error message: ` +
        `fork/exec ${path}: ${how}`,
    );
  });

  const words: [stderr: string, quoted: string, how: Answer, ending: string][] = [
    ['oops', '"oops"', { exit: 1 }, 'exit status 1'],
    ['oops\n', '"oops\\n"', { exit: 2 }, 'exit status 2'],
    [
      'panic: "x"\n\tat \\ \x1b[0m',
      '"panic: \\"x\\"\\n\\tat \\\\ \\x1b[0m"',
      { exit: 1 },
      'exit status 1',
    ],
    ['é 家 \u200b', '"é 家 \\u200b"', { exit: 1 }, 'exit status 1'],
    ['{"code":7,"msg":"no"}', '"{\\"code\\":7,\\"msg\\":\\"no\\"}"', { exit: 1 }, 'exit status 1'],
    ['late', '"late"', { signal: 'KILL' }, 'signal: killed'],
  ];
  it.each(words)('X3: the words %j are told as %s', async (stderr, quoted, how, ending) => {
    const text = `netplugin failed: ${quoted}: ${ending}`;
    expect((await addError({ stderr, ...how })).text).toBe(text);
  });

  const unreadable: [stdout: string, quoted: string, reason: string][] = [
    ['oops\n', '"oops\\n"', "invalid character 'o' looking for beginning of value"],
    [
      'log\n{"msg":"x"}',
      '"log\\n{\\"msg\\":\\"x\\"}"',
      "invalid character 'l' looking for beginning of value",
    ],
    ['{}{}', '"{}{}"', "invalid character '{' after top-level value"],
    [
      '{"msg":"x"} done',
      '"{\\"msg\\":\\"x\\"} done"',
      "invalid character 'd' after top-level value",
    ],
    ['{"msg":', '"{\\"msg\\":"', 'unexpected end of JSON input'],
    [' ', '" "', 'unexpected end of JSON input'],
    [
      '{"code":"7"}',
      '"{\\"code\\":\\"7\\"}"',
      'json: cannot unmarshal string into Go struct field Error.code of type uint',
    ],
    [
      '{"code":-1}',
      '"{\\"code\\":-1}"',
      'json: cannot unmarshal number -1 into Go struct field Error.code of type uint',
    ],
    [
      '{"code":1.5}',
      '"{\\"code\\":1.5}"',
      'json: cannot unmarshal number 1.5 into Go struct field Error.code of type uint',
    ],
    [
      '{"code":true}',
      '"{\\"code\\":true}"',
      'json: cannot unmarshal bool into Go struct field Error.code of type uint',
    ],
    [
      '{"msg":1}',
      '"{\\"msg\\":1}"',
      'json: cannot unmarshal number into Go struct field Error.msg of type string',
    ],
    [
      '{"details":{}}',
      '"{\\"details\\":{}}"',
      'json: cannot unmarshal object into Go struct field Error.details of type string',
    ],
    ['[]', '"[]"', 'json: cannot unmarshal array into Go value of type types.Error'],
    ['"x"', '"\\"x\\""', 'json: cannot unmarshal string into Go value of type types.Error'],
  ];
  it.each(unreadable)('X4: the output %j is no error object', async (stdout, quoted, reason) => {
    const { text, code } = await addError({ stdout, stderr: 'lost', exit: 1 });
    expect(text).toBe(
      `netplugin failed but error parsing its diagnostic message ${quoted}: ${reason}`,
    );
    expect(code).toBe(0);
  });

  it('X4: keeps what could be read of an error with wrong types', async () => {
    const stdout = '{"details":"d","msg":7,"code":11}';
    const msg =
      `netplugin failed but error parsing its diagnostic message ${JSON.stringify(stdout)}: ` +
      'json: cannot unmarshal number into Go struct field Error.msg of type string';
    expect(await addError({ stdout, exit: 1 })).toEqual({
      text: `${msg}; d`,
      code: 11,
      msg,
      details: 'd',
    });
  });

  it.each(['{}', 'null', '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8"}]}'])(
    'X6: with the output %s has an error without a message',
    async (stdout) => {
      expect(await addError({ stdout, stderr: 'lost', exit: 1 })).toEqual({
        text: '',
        code: 0,
        msg: '',
        details: undefined,
      });
    },
  );

  it('X11: code 11 is told as it is', async () => {
    const answer = { stdout: '{"code":11,"msg":"later"}', exit: 1 };
    expect(await addError(answer)).toMatchObject({ text: 'later', code: 11 });
    expect(bench.ran()).toEqual(['ADD a']);
  });
});

describe('X: a plugin that ends with 0', () => {
  it('X7: has succeeded, although what it prints on ADD is an error object', async () => {
    bench.answer('a', 'ADD', { stdout: '{"code":7,"msg":"no"}', stderr: 'failed!' });
    expect(await add()).toEqual({
      cniVersion: '1.0.0',
      interfaces: [],
      ips: [],
      routes: [],
      dns: {},
    });
  });

  it.each(['DEL', 'CHECK', 'GC', 'STATUS'] as const)(
    'X7, D9: has succeeded, whatever it prints on %s',
    async (command) => {
      bench.answer('a', command, { stdout: '{"code":7,"msg":"no"} garbage' });
      const list = bench.list(['a', 'b'], { cniVersion: '1.1.0' });
      await bench.run(command, list);
      expect(bench.ran().toSorted()).toEqual([`${command} a`, `${command} b`]);
    },
  );
});

describe('X: the standard error', () => {
  const heard: [answer: Answer, exit: number, stderr: string][] = [
    [{ stdout: '{}', stderr: 'note\n' }, 0, 'note\n'],
    [{ stdout: '{"msg":"no"}', stderr: 'lost\n', exit: 1 }, 1, 'lost\n'],
  ];
  it.each(heard)(
    'X5: of %j (exit %d) reaches the observer, once the plugin has ended',

    async (answer, exit, stderr) => {
      bench.answer('a', 'ADD', answer);
      const heardAt: string[] = [];
      await add({
        observer: (step) => {
          if (step.phase === 'end') heardAt.push(`exit ${step.exit}: ${step.stderr}`);
        },
      }).catch(() => undefined);
      expect(heardAt).toEqual([`exit ${exit}: ${stderr}`]);
    },
  );
});
