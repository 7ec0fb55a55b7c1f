import { describe, expect, it, vi } from 'vitest';
import { createExec } from '../../server/src/cni/execute.ts';
import { createRuntime } from '../../server/src/cni/runtime.ts';
import type { CallOptions, Command, TraceContext } from '../../server/src/cni/types.ts';
import { cniVariablesOf, useBench, variable } from './support/bench.ts';

// E: what a plugin's process gets.

const bench = useBench();

/** ADD of a chain of the one plugin `a`. */
const add = (call: CallOptions = {}) =>
  bench.runtime().addNetworkList(bench.list(['a']), bench.rt({}), call);

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
