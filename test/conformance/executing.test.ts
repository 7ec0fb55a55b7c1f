import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { createExec } from '../../server/src/cni/execute.ts';
import { createRuntime } from '../../server/src/cni/runtime.ts';
import type { CallOptions, Command, TraceContext } from '../../server/src/cni/types.ts';
import { type Answer, cniVariablesOf, useBench, variable } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// E: what a plugin's process gets. X: what its end means.

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

describe('E: the environment', () => {
  const everything = {
    TEST_PLAIN: 'value',
    TEST_EMPTY: '',
    TEST_ODD: ' a=b;c "d"\n$e ',
    TEST_UTF8: 'häuser 家',
    'odd.name': '1',
    CNI_NETNS_OVERRIDE: '1',
  };

  it('E1: is that of the caller, unchanged, and the six variables', async () => {
    const environment = { PATH: '/usr/bin:/bin', ...everything };
    await bench.runtime({ environment }).addNetworkList(bench.list(['a']), bench.rt({}));
    expect(bench.calls()[0]?.environ.toSorted()).toEqual(
      [
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        'CNI_ARGS=',
        'CNI_COMMAND=ADD',
        'CNI_CONTAINERID=pod1',
        'CNI_IFNAME=eth0',
        'CNI_NETNS=/run/netns/pod1',
        `CNI_PATH=${bench.at('bin')}`,
      ].toSorted(),
    );
  });

  it('E1: is that of the process at the time of the call, if the caller names none', async () => {
    const [exec, path, cacheDir] = [createExec(), [bench.at('bin')], bench.at('cache')];
    const runtime = createRuntime({ exec, path, cacheDir });
    vi.stubEnv('TEST_LATE', 'set after the runtime was made');
    try {
      await runtime.addNetworkList(bench.list(['a']), bench.rt({}));
    } finally {
      vi.unstubAllEnvs();
    }
    const [call = { environ: [] }] = bench.calls();
    expect(variable(call, 'TEST_LATE')).toBe('set after the runtime was made');
    expect(variable(call, 'PATH')).toBe(process.env['PATH']);
  });

  const attachment = {
    CNI_CONTAINERID: 'pod1',
    CNI_NETNS: '/run/netns/pod1',
    CNI_IFNAME: 'eth0',
    CNI_ARGS: 'K=V',
  };
  const none = { CNI_CONTAINERID: '', CNI_NETNS: '', CNI_IFNAME: '', CNI_ARGS: '' };
  const dummies = { ...none, CNI_NETNS: 'dummy', CNI_IFNAME: 'dummy', CNI_PATH: 'dummy' };
  const commands: { command: Command; variables: Record<string, string> }[] = [
    { command: 'ADD', variables: attachment },
    { command: 'CHECK', variables: attachment },
    { command: 'DEL', variables: attachment },
    { command: 'GC', variables: none },
    { command: 'STATUS', variables: none },
    { command: 'VERSION', variables: dummies },
  ];
  it.each(commands)(
    'E1, E2, E3: of $command has all six, and none that was inherited',
    async ({ command, variables }) => {
      const stale = Object.fromEntries(
        ['COMMAND', ...Object.keys(attachment).map((name) => name.slice(4)), 'PATH'].map((name) => [
          `CNI_${name}`,
          'stale',
        ]),
      );
      bench.answer('a', 'VERSION', {
        stdout: '{"cniVersion":"1.1.0","supportedVersions":["1.1.0"]}',
      });
      const runtime = bench.runtime({ environment: { PATH: process.env['PATH'], ...stale } });
      const list = bench.list(['a'], { cniVersion: '1.1.0' });
      const rt = bench.rt({ args: [['K', 'V']] });
      await bench.run(command, list, rt, runtime);
      expect(bench.calls().map(cniVariablesOf)).toEqual([
        { CNI_COMMAND: command, CNI_PATH: bench.at('bin'), ...variables },
      ]);
    },
  );

  it('E3: a value that the caller does not have is an empty one', async () => {
    await bench.runtime().delNetworkList(bench.list(['a']), bench.rt({ netns: '', ifName: '' }));
    expect(bench.calls().map(cniVariablesOf)).toMatchObject([{ CNI_NETNS: '', CNI_IFNAME: '' }]);
  });

  it('E4: has each variable once; what is not set is not there', async () => {
    const environment = {
      PATH: process.env['PATH'],
      CNI_COMMAND: 'DEL',
      TRACEPARENT: 'old',
      TEST_UNSET: undefined,
    };
    const trace = { traceparent: 'new' };
    const runtime = bench.runtime({ environment });
    await runtime.addNetworkList(bench.list(['a']), bench.rt({}), { trace });
    const [call = { environ: [] }] = bench.calls();
    const names = call.environ.map((entry) => entry.replace(/=.*/s, ''));
    expect(names.toSorted()).toEqual([
      ...['CNI_ARGS', 'CNI_COMMAND', 'CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_NETNS', 'CNI_PATH'],
      ...['PATH', 'TRACEPARENT'],
    ]);
    expect(variable(call, 'CNI_COMMAND')).toBe('ADD');
    expect(variable(call, 'TRACEPARENT')).toBe('new');
  });

  const argTexts: [args: [string, string][], text: string][] = [
    [[], ''],
    [[['IgnoreUnknown', '1']], 'IgnoreUnknown=1'],
    [
      [
        ['B', '1'],
        ['A', '2'],
      ],
      'B=1;A=2',
    ],
    [
      [
        ['A', '1'],
        ['A', '2'],
      ],
      'A=1;A=2',
    ],
    [[['A', 'x=y;z "q"']], 'A=x=y;z "q"'],
    [[['A', '']], 'A='],
  ];
  it.each(argTexts)('E5: the arguments %j are CNI_ARGS=%s', async (args, text) => {
    await bench.runtime().addNetworkList(bench.list(['a']), bench.rt({ args }));
    expect(bench.calls().map((call) => variable(call, 'CNI_ARGS'))).toEqual([text]);
  });

  const paths: [what: string, path: (bin: string) => string[], text: (bin: string) => string][] = [
    ['one folder', (bin) => [bin], (bin) => bin],
    ['several', (bin) => ['/nowhere', bin, '/opt'], (bin) => `/nowhere:${bin}:/opt`],
    ['relative ones', (bin) => [bin, 'rel', './x'], (bin) => `${bin}:rel:./x`],
    ['an empty one', (bin) => [bin, ''], (bin) => `${bin}:`],
    ['one with a slash at its end', (bin) => [`${bin}/`], (bin) => `${bin}/`],
    ['one that goes up', (bin) => [`${bin}/../bin`], (bin) => `${bin}/../bin`],
  ];
  it.each(paths)('E6: CNI_PATH has %s exactly as given', async (_what, path, text) => {
    const bin = bench.at('bin');
    const runtime = bench.runtime({ path: path(bin) });
    await runtime.addNetworkList(bench.list(['a']), bench.rt({}));
    expect(bench.calls().map((call) => variable(call, 'CNI_PATH'))).toEqual([text(bin)]);
  });

  it('E7: the only argument is the program, the folder is that of the caller', async () => {
    await add();
    expect(bench.calls()).toMatchObject([
      // A script: its interpreter is put in front of it by the kernel.
      { argv: ['/bin/sh', bench.at('bin', 'a')], cwd: process.cwd() },
    ]);
  });

  const traces: [trace: TraceContext | undefined, variables: Record<string, string>][] = [
    [undefined, {}],
    [{ traceparent: '' }, {}],
    [{ traceparent: '', tracestate: 'a=1', baggage: 'b=2' }, {}],
    [{ traceparent: '00-ab-cd-01' }, { TRACEPARENT: '00-ab-cd-01' }],
    [
      { traceparent: '00-ab-cd-01', tracestate: 'a=1', baggage: '' },
      { TRACEPARENT: '00-ab-cd-01', TRACESTATE: 'a=1' },
    ],
    [
      { traceparent: '00-ab-cd-01', tracestate: 'a=1', baggage: 'b=2' },
      { TRACEPARENT: '00-ab-cd-01', TRACESTATE: 'a=1', BAGGAGE: 'b=2' },
    ],
  ];
  it.each(traces)('E8: a call with the trace %j gives plugins %j', async (trace, variables) => {
    await add(trace ? { trace } : {});
    const [call = { environ: [] }] = bench.calls();
    for (const name of ['TRACEPARENT', 'TRACESTATE', 'BAGGAGE']) {
      expect(variable(call, name)).toBe(variables[name]);
    }
  });
});

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

describe('X: an executable that someone is writing', () => {
  /** One that stays busy for so many attempts. */
  const busyFor = (attempts: number) => {
    const path = bench.script('x', '#!/bin/sh\necho run >> "$0.runs"\ncat > "$0.stdin"\necho {}\n');
    const writer = openSync(path, 'r+');
    let pauses = 0;
    const exec = createExec({
      pause: async () => {
        if (++pauses === attempts) closeSync(writer);
      },
    });
    return { path, runtime: bench.runtime({ exec }), writer, pauses: () => pauses };
  };

  it.each([1, 2, 5])('X8: is tried again %d times, with its input', async (attempts) => {
    const { path, runtime, pauses } = busyFor(attempts);
    await runtime.addNetworkList(bench.list(['x']), bench.rt({}));
    expect(pauses()).toBe(attempts);
    expect(readFileSync(`${path}.runs`, 'utf8')).toBe('run\n');
    expect(readFileSync(`${path}.stdin`, 'utf8')).toBe(
      '{"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
  });

  it.each([
    ['ADD', 'add'],
    ['DEL', 'delete'],
  ] as const)('X8: fails %s after the sixth attempt', async (command, verb) => {
    const { path, runtime, writer, pauses } = busyFor(100);
    const text = await refusalText(() =>
      bench.run(command, bench.list(['x']), bench.rt({}), runtime),
    );
    closeSync(writer);
    expect(text).toBe(
      `plugin type="x" failed (${verb}): netplugin failed with no error message: ` +
        `fork/exec ${path}: text file busy`,
    );
    expect(pauses()).toBe(5);
    expect(existsSync(`${path}.runs`)).toBe(false);
  });

  it('X8: is tried again after a second', async () => {
    const { path, writer } = busyFor(100);
    const started = performance.now();
    let attempts = 0;
    const exec = createExec({
      spawn(program, options) {
        try {
          return spawn(program, [], options);
        } finally {
          if (++attempts === 1) closeSync(writer);
        }
      },
    });
    expect(await exec.execute({ path, stdin: '', env: { PATH: '/bin' } })).toMatchObject({
      exit: 0,
    });
    expect(attempts).toBe(2);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  const noRetry: [what: string, text: string, mode: number][] = [
    ['is not executable', '#!/bin/sh\n', 0o644],
    ['has no format', 'x', 0o755],
    ['asks to be called later', '#!/bin/sh\necho \'{"code":11,"msg":"later"}\'; exit 1\n', 0o755],
  ];
  it.each(noRetry)('X11: one that %s is not tried again', async (_what, text, mode) => {
    bench.script('x', text, mode);
    let pauses = 0;
    const exec = createExec({ pause: async () => void pauses++ });
    const runtime = bench.runtime({ exec });
    await refusalOf(() => runtime.addNetworkList(bench.list(['x']), bench.rt({})));
    expect(pauses).toBe(0);
  });

  it('X11: code 11 is told as it is', async () => {
    const answer = { stdout: '{"code":11,"msg":"later"}', exit: 1 };
    expect(await addError(answer)).toMatchObject({ text: 'later', code: 11 });
    expect(bench.ran()).toEqual(['ADD a']);
  });
});

describe('X: the end of a call', () => {
  it('X9: a result of a megabyte arrives whole, with as much on stderr', async () => {
    const name = 'x'.repeat(1_000_000);
    bench.answer('a', 'ADD', {
      stdout: `{"interfaces":[{"name":"${name}"}]}`,
      stderr: 'e'.repeat(1_000_000),
    });
    let heard = 0;
    const result = await add({
      observer: (step) => {
        if (step.phase === 'end') heard = step.stderr.length;
      },
    });
    expect(result).toMatchObject({ interfaces: [{ name }] });
    expect(heard).toBe(1_000_000);
  });

  it('X9: input of a megabyte arrives whole, and need not be read', async () => {
    const large = { type: 'a', text: 'x'.repeat(1_000_000) };
    const stdin = `{"cniVersion":"1.0.0","name":"net","text":"${large.text}","type":"a"}`;
    await bench.runtime().addNetworkList(bench.list([large]), bench.rt({}));
    expect(bench.calls()[0]?.stdin === stdin).toBe(true);
    bench.script('deaf', '#!/bin/sh\necho {}\n');
    await bench.runtime().addNetworkList(bench.list([{ ...large, type: 'deaf' }]), bench.rt({}));
  });

  it.each(['stdout', 'stderr'])('X9: a plugin that floods %s is ended', async (stream) => {
    bench.answer('a', 'ADD', { run: `yes ${stream === 'stderr' ? '>&2' : ''}` });
    const runtime = bench.runtime({ exec: createExec({ outputLimit: 1000 }) });
    const text = await refusalText(() => runtime.addNetworkList(bench.list(['a']), bench.rt({})));
    expect(text).toBe(
      `plugin type="a" failed (add): netplugin failed: its ${stream} grew past the limit and ` +
        'it was killed; a plugin prints one JSON object',
    );
  });

  it('X9: waits for a child of the plugin that holds its output', async () => {
    execFileSync('mkfifo', [bench.at('fifo')]);
    bench.answer('a', 'ADD', { run: '(read line < "$notes/fifo"; printf "{}") &' });
    const events: string[] = [];
    const adding = add().then(() => events.push('end'));
    // Opening for writing waits for the reader, which is that child.
    await new Promise((resolve) => setImmediate(resolve));
    events.push('told to go on');
    writeFileSync(bench.at('fifo'), 'go\n');
    await adding;
    expect(events).toEqual(['told to go on', 'end']);
  });

  it('X10: an abort kills the plugin, and all that it started; nothing else runs', async () => {
    bench.answer('a', 'ADD', {
      run: 'sleep 1000 & echo $! > "$notes/pid.new"; mv "$notes/pid.new" "$notes/pid"; wait',
    });
    const abort = new AbortController();
    const adding = refusalText(() =>
      bench.runtime().addNetworkList(bench.list(['a', 'b']), bench.rt({}), {
        signal: abort.signal,
      }),
    );
    await vi.waitFor(() => expect(existsSync(bench.at('pid'))).toBe(true), { timeout: 10_000 });
    abort.abort();
    expect(await adding).toBe(
      'plugin type="a" failed (add): netplugin failed with no error message: signal: killed',
    );
    expect(bench.ran()).toEqual(['ADD a']);
    const pid = readFileSync(bench.at('pid'), 'utf8').trim();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  const over: [what: string, signal: () => AbortSignal, reason: string][] = [
    ['aborted', () => AbortSignal.abort(), 'context canceled'],
    [
      'timed out',
      () => AbortSignal.abort(new DOMException('late', 'TimeoutError')),
      'context deadline exceeded',
    ],
  ];
  it.each(over)('X10: a call that is %s already starts nothing', async (_what, signal, reason) => {
    expect(await refusalText(() => add({ signal: signal() }))).toBe(
      `plugin type="a" failed (add): netplugin failed with no error message: ${reason}`,
    );
    expect(bench.ran()).toEqual([]);
  });
});

/** Not so for a process that only waits for its parent to notice. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
