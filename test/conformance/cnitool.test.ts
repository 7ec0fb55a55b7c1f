import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { type Answer, cniVariablesOf, variable } from './support/bench.ts';
import { cli, succeeded, useCnitool, verbs } from './support/cnitool.ts';
import { isAlive } from './support/processes.ts';

// T: the command line that stands in for cnitool: its arguments, what it prints, its cache.

const bench = useCnitool();
const { configure, refused, results, run, start } = bench;

describe('T: the arguments', () => {
  it.each(['', 'help', '-h', '--help', 'help add', 'add -h', 'add net /n --help'])(
    'T1: «%s» prints help',
    async (args) => {
      const { exit, stdout, stderr } = await run(args);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      for (const verb of verbs) expect(stdout).toMatch(new RegExp(`\\b${verb}\\b`));
      expect(stdout).toContain('--ifname');
    },
  );

  it.each(['help completion', 'completion', 'completion -h'])(
    'T1: «%s» tells how a shell completes',
    async (args) => {
      const { exit, stdout, stderr } = await run(args);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(stdout).toContain('cnilab cnitool completion');
    },
  );

  it('T1: completion bash prints a script that completes the verbs and the networks', async () => {
    configure(['a']);
    const { exit, stdout, stderr } = await run('completion bash');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const completed = (words: string, at: number) => {
      const call = `COMP_WORDS=(${words}); COMP_CWORD=${at}; _cnilab_cnitool; echo "\${COMPREPLY[@]}"`;
      const cnilab = `cnilab() { '${process.execPath}' '${cli}' "$@"; }`;
      const env = { PATH: process.env['PATH'], NETCONFPATH: bench.at('net.d') };
      return execFileSync('bash', ['-c', `${stdout}\n${cnilab}\n${call}`], {
        env,
        encoding: 'utf8',
      });
    };
    expect(completed('cnilab cnitool s', 2)).toBe('status\n');
    expect(completed('cnilab cnitool add ""', 3)).toBe('net\n');
  });

  it.each(verbs)('T2: %s needs two operands', async (verb) => {
    configure(['a']);
    expect(await refused(verb)).toBe('requires at least 2 arg(s), only received 0');
    expect(await refused(`${verb} net`)).toBe('requires at least 2 arg(s), only received 1');
    expect(bench.ran()).toEqual([]);
  });

  it('T2: more operands are ignored', async () => {
    configure(['a']);
    expect(await run('status net /n and more')).toEqual(succeeded);
    expect(bench.ran()).toEqual(['STATUS a']);
  });

  it.each(['version', 'ADD', 'toString', 'delete'])('T3: %s is no verb', async (verb) => {
    configure(['a']);
    const message = `unknown command "${verb}" for "cnitool"`;
    expect(await run(`${verb} net /n`)).toEqual({
      exit: 1,
      stdout: '',
      stderr: `Error: ${message}\nRun 'cnilab cnitool --help' for usage.\n\n${message}\n`,
    });
    expect(bench.ran()).toEqual([]);
  });

  const flags: [args: string, message: string][] = [
    ['add net /n --foo', 'unknown flag: --foo'],
    ['add net /n --foo=1', 'unknown flag: --foo'],
    ['add net /n -x', "unknown shorthand flag: 'x' in -x"],
    ['add net /n --ifname', 'flag needs an argument: --ifname'],
    ['add net /n -i', "flag needs an argument: 'i' in -i"],
  ];
  it.each(flags)('T7: «%s» is refused: %s', async (args, message) => {
    configure(['a']);
    expect(await refused(args)).toBe(message);
  });
});

describe('T: what it prints', () => {
  it('T12, P1: the result of add, without a newline', async () => {
    configure(['a']);
    expect(await run('add net /n')).toEqual({
      exit: 0,
      stdout:
        '{\n    "cniVersion": "1.1.0",\n    "interfaces": [\n        {\n' +
        '            "name": "a"\n        }\n    ]\n}',
      stderr: '',
    });
  });

  it('T12, P3: an old result in its own order', async () => {
    configure(['a'], { cniVersion: '0.2.0' });
    bench.answer('a', 'ADD', { stdout: '{"ip4":{"ip":"10.0.0.2/8"}}' });
    expect((await run('add net /n')).stdout).toBe(
      '{\n    "cniVersion": "0.2.0",\n    "ip4": {\n        "ip": "10.0.0.2/8"\n    },\n    "dns": {}\n}',
    );
  });

  it.each(['check', 'del', 'gc', 'status'])('T12: nothing for %s', async (verb) => {
    configure(['a']);
    bench.answer('a', verb.toUpperCase(), { stdout: '{"cniVersion":"1.1.0"}' });
    expect(await run(`${verb} net /n`)).toEqual(succeeded);
    expect(bench.ran()).toEqual([`${verb.toUpperCase()} a`]);
  });

  const failing: Answer = {
    stdout: '{"code":7,"msg":"no","details":"really"}',
    stderr: 'lost',
    exit: 1,
  };
  const failures: [verb: string, message: string][] = [
    ['add', 'plugin type="a" failed (add): no; really'],
    ['check', 'no; really'],
    ['del', 'plugin type="a" failed (delete): no; really'],
    ['gc', 'failed to GC plugin a: no; really'],
    ['status', 'no; really'],
  ];
  it.each(failures)(
    'T12, A4: a failed %s as «%s», twice around the usage',
    async (verb, message) => {
      configure(['a']);
      bench.answer('a', verb.toUpperCase(), failing);
      const { exit, stdout, stderr } = await run(`${verb} net /n`);
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
      const lines = stderr.split('\n');
      expect(lines.slice(0, 2)).toEqual([`Error: ${message}`, 'Usage:']);
      expect(lines.slice(-3)).toEqual(['', message, '']);
      expect(lines.filter((line) => line.includes('lost'))).toEqual([]);
    },
  );

  it('T12: several failures of gc, a line each', async () => {
    configure(['a', 'b']);
    for (const type of ['a', 'b']) bench.answer(type, 'GC', failing);
    expect(await refused('gc net /n')).toBe(
      'failed to GC plugin a: no; really\nfailed to GC plugin b: no; really',
    );
  });

  it('X5: what plugins that succeed write to stderr', async () => {
    configure(['a', 'b']);
    for (const type of ['a', 'b']) bench.answer(type, 'STATUS', { stderr: `${type} notes\n` });
    expect(await run('status net /n')).toEqual({ ...succeeded, stderr: 'a notes\nb notes\n' });
  });
});

describe('T: its runs', () => {
  it('T13, G2, S10: gc takes everything of the network down, and calls nothing valid', async () => {
    configure(['a']);
    for (const netns of ['/run/netns/one', '/run/netns/two']) await run(`add net ${netns}`);
    await run('add net /run/netns/one -i eth1');
    expect(results()).toHaveLength(3);
    expect(await run('gc net x')).toEqual(succeeded);
    expect(bench.ran().slice(3)).toEqual(['DEL a', 'DEL a', 'DEL a', 'GC a']);
    expect(bench.calls().at(-1)?.stdin).toBe('{"cniVersion":"1.1.0","name":"net","type":"a"}');
    expect(results()).toEqual([]);
  });

  it('K1, K2: its cache is /var/lib/cni, where the reference finds it', async () => {
    const id = 'cnitool-df26705e2e4ffd095eb1';
    const file = configure(['a']);
    expect(file).toBe(bench.at('net.d/net.conflist'));
    await run('add net /run/netns/blue', { CNI_ARGS: 'K=v', CAP_ARGS: '{"mac":"aa"}' });
    expect(results()).toEqual([`net-${id}-eth0`]);
    await run('check net /run/netns/blue');
    await run('del net /run/netns/blue');
    expect(bench.calls().map(({ stdin }) => stdin.includes('"prevResult":{"cniVersion"'))).toEqual([
      false,
      true,
      true,
    ]);
    expect(results()).toEqual([]);
  });

  it('O1, K1: several at once lose no entry', async () => {
    configure(['a']);
    const names = Array.from({ length: 8 }, (_, index) => `pod${index}`);
    const ended = await Promise.all(names.map((name) => run(`add net /run/netns/${name}`)));
    expect(ended.map(({ exit }) => exit)).toEqual(names.map(() => 0));
    expect(results()).toHaveLength(names.length);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'X10: %s ends its plugin, and what that started',
    async (signal) => {
      configure(['a', 'b']);
      const work = 'sleep 1000 & echo $! > "$notes/new"; mv "$notes/new" "$notes/pid"; wait';
      bench.answer('a', 'ADD', { run: work });
      const { child, ended } = start('add net /n');
      await vi.waitFor(() => expect(existsSync(bench.at('pid'))).toBe(true), { timeout: 10_000 });
      child.kill(signal);
      expect(await ended).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^Error: plugin type="a" failed \(add\): netplugin failed with no error message: signal: killed\n/,
        ),
      });
      expect(bench.ran()).toEqual(['ADD a']);
      const pid = readFileSync(bench.at('pid'), 'utf8').trim();
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
    },
  );

  it('E1, E2, E8: plugins get its environment and the six variables, but no trace of its own', async () => {
    configure(['a']);
    await run('del net /run/netns/blue', { TEST_KEPT: ' a=b', CNI_COMMAND: 'stale' });
    const [call = { environ: [] }] = bench.calls();
    expect(variable(call, 'TEST_KEPT')).toBe(' a=b');
    expect(variable(call, 'TRACEPARENT')).toBeUndefined();
    expect(cniVariablesOf(call)).toEqual({
      CNI_COMMAND: 'DEL',
      CNI_CONTAINERID: 'cnitool-df26705e2e4ffd095eb1',
      CNI_NETNS: '/run/netns/blue',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: '',
      CNI_PATH: bench.at('bin'),
    });
  });
});
