import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, cniVariablesOf, useBench, variable } from './support/bench.ts';

// T: the command line that stands in for cnitool, as it was built and as a process. A mount
// namespace gives each run its own /var/lib, so that nothing is written on this machine.

const bench = useBench();
const cli = fileURLToPath(new URL('../../server/dist/cli.js', import.meta.url));
const verbs = ['add', 'check', 'del', 'gc', 'status'] as const;
/** Binds pairs of folders on each other, up to `--`, and goes on with the rest. */
const bindAndRun =
  'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"';

beforeEach(() => {
  mkdirSync(bench.at('var'));
  mkdirSync(bench.at('etc'));
});

interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
}
/** Runs cnitool; the variables are all that it has, those that are undefined are not set. */
function run(args: string | readonly string[], env: Record<string, string | undefined> = {}) {
  const words = typeof args === 'string' ? args.split(' ').filter(Boolean) : args;
  const binds = [bench.at('var'), '/var/lib', bench.at('etc'), '/etc'];
  const command = ['-rm', 'sh', '-c', bindAndRun, 'sh', ...binds, '--'];
  const options = {
    cwd: bench.at(),
    env: {
      PATH: process.env['PATH'],
      NETCONFPATH: bench.at('net.d'),
      CNI_PATH: bench.at('bin'),
      ...env,
    },
  };
  return new Promise<Ended>((resolve, reject) => {
    const argv = [...command, process.execPath, cli, 'cnitool', ...words];
    execFile('unshare', argv, options, (error, stdout, stderr) => {
      const exit = error === null ? 0 : error.code;
      if (typeof exit === 'number') resolve({ exit, stdout, stderr });
      else reject(error);
    });
  });
}

/** Puts a network named `net` of version 1.1.0 there. */
const configure = (...[plugins, keys]: Parameters<typeof bench.list>) =>
  bench.put('net.d/net.conflist', bench.list(plugins, { cniVersion: '1.1.0', ...keys }).bytes);
const succeeded = { exit: 0, stdout: '', stderr: '' };
const results = () => readdirSync(bench.at('var', 'cni', 'results')).toSorted();

/** The message of a failure, which must have the shape of T12. */
async function refused(...args: Parameters<typeof run>): Promise<string> {
  const { exit, stdout, stderr } = await run(...args);
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  const { message = '' } =
    /^Error: (?<message>.*)\n(?:.+\n)+\n\k<message>\n$/s.exec(stderr)?.groups ?? {};
  expect(stderr).toContain(`Error: ${message}\n`);
  return message;
}

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

describe('T: the variables', () => {
  it('T4: NETCONFPATH is the folder of configurations', async () => {
    bench.put('other/x.conflist', bench.list(['b'], { cniVersion: '1.1.0' }).bytes);
    configure(['a']);
    expect(await run('status net /n', { NETCONFPATH: bench.at('other') })).toEqual(succeeded);
    expect(await run('status net /n', { NETCONFPATH: 'other' })).toEqual(succeeded);
    expect(bench.ran()).toEqual(['STATUS b', 'STATUS b']);
    expect(await refused('status net /n', { NETCONFPATH: '/nowhere' })).toBe(
      'no net configurations found in /nowhere',
    );
  });

  it.each([undefined, ''])('T4: it is /etc/cni/net.d if NETCONFPATH is %j', async (NETCONFPATH) => {
    expect(await refused('status net /n', { NETCONFPATH })).toBe(
      'no net configurations found in /etc/cni/net.d',
    );
    bench.put('etc/cni/net.d/x.conflist', bench.list(['b'], { cniVersion: '1.1.0' }).bytes);
    expect(await run('status net /n', { NETCONFPATH })).toEqual(succeeded);
    expect(bench.ran()).toEqual(['STATUS b']);
  });

  it.each([undefined, ''])(
    'T5, F2: without folders in CNI_PATH, %j, no plugin runs',
    async (CNI_PATH) => {
      configure(['a']);
      expect(await refused('add net /n', { CNI_PATH })).toBe(
        'plugin type="a" failed (add): no paths provided',
      );
    },
  );

  it('T5, E6: CNI_PATH is split at colons, and reaches plugins as it is', async () => {
    configure(['a']);
    const CNI_PATH = `/nowhere::./rel:${bench.at('bin')}/`;
    expect(await run('status net /n', { CNI_PATH })).toEqual(succeeded);
    expect(bench.calls().map((call) => variable(call, 'CNI_PATH'))).toEqual([CNI_PATH]);
    expect(await refused('status net /n', { CNI_PATH: '/nowhere:/opt' })).toBe(
      'failed to find plugin "a" in path [/nowhere /opt]',
    );
  });

  it.each(['B=1;A=2', 'K=v w', 'A=1;A=1', ''])(
    'T6: CNI_ARGS «%s» are handed on',
    async (CNI_ARGS) => {
      configure(['a']);
      expect(await run('del net /n', { CNI_ARGS })).toEqual(succeeded);
      expect(bench.calls().map((call) => variable(call, 'CNI_ARGS'))).toEqual([CNI_ARGS]);
    },
  );

  const pairs: [text: string, pair: string][] = [
    ['A=1;', ''],
    [';A=1', ''],
    ['A', 'A'],
    ['=1', '=1'],
    ['A=', 'A='],
    ['A=1=2', 'A=1=2'],
    ['B=2;A', 'A'],
  ];
  it.each(pairs)('T6: CNI_ARGS «%s» has the bad pair «%s»', async (CNI_ARGS, pair) => {
    configure(['a']);
    expect(await refused('del net /n', { CNI_ARGS })).toBe(`invalid CNI_ARGS pair "${pair}"`);
  });

  const interfaces: [args: string, CNI_IFNAME: string | undefined, ifName: string][] = [
    ['del net /n', undefined, 'eth0'],
    ['del net /n', '', 'eth0'],
    ['del net /n', 'env0', 'env0'],
    ['-i f1 del net /n', 'env0', 'f1'],
    ['--ifname f2 del net /n', undefined, 'f2'],
    ['del net /n --ifname f3', 'env0', 'f3'],
    ['del --ifname=f4 net /n', 'env0', 'f4'],
    ['del net -if5 /n', undefined, 'f5'],
    ['del net -i=f6 /n', undefined, 'f6'],
  ];
  it.each(interfaces)(
    'T7: «%s» with CNI_IFNAME %j is about %s',
    async (args, CNI_IFNAME, ifName) => {
      configure(['a']);
      expect(await run(args, { CNI_IFNAME })).toEqual(succeeded);
      expect(bench.calls().map((call) => variable(call, 'CNI_IFNAME'))).toEqual([ifName]);
    },
  );

  const capabilities: [CAP_ARGS: string | undefined, runtimeConfig: string | undefined][] = [
    ['{"mac":"aa","ips":[1.0]}', '{"ips":[1],"mac":"aa"}'],
    [' {"mac":null} ', '{"mac":null}'],
    ['{"other":1}', undefined],
    ['{}', undefined],
    ['null', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  it.each(capabilities)(
    'T10: CAP_ARGS %s are the runtimeConfig %s',
    async (CAP_ARGS, runtimeConfig) => {
      configure([{ type: 'a', capabilities: { mac: true, ips: true } }]);
      expect(await run('del net /n', { CAP_ARGS })).toEqual(succeeded);
      const given = runtimeConfig === undefined ? '' : `"runtimeConfig":${runtimeConfig},`;
      expect(bench.calls().map(({ stdin }) => stdin)).toEqual([
        `{"capabilities":{"ips":true,"mac":true},"cniVersion":"1.1.0","name":"net",${given}"type":"a"}`,
      ]);
    },
  );

  const noObjects: [CAP_ARGS: string, message: string][] = [
    ['{', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['"x"', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
  ];
  it.each(noObjects)('T10: CAP_ARGS %s are refused: %s', async (CAP_ARGS, message) => {
    configure(['a']);
    expect(await refused('del net /n', { CAP_ARGS })).toBe(message);
    expect(bench.ran()).toEqual([]);
  });
});

describe('T: the namespace', () => {
  const paths: [operand: string, netns: (folder: string) => string][] = [
    ['/run/netns/blue', () => '/run/netns/blue'],
    ['/run//netns/./x/../blue/', () => '/run/netns/blue'],
    ['/../run', () => '/run'],
    ['pod1', (folder) => `${folder}/pod1`],
    ['./a/../pod1/', (folder) => `${folder}/pod1`],
    ['link/x', (folder) => `${folder}/link/x`],
    ['', (folder) => folder],
  ];
  it.each(paths)('T8: «%s» is made absolute, and not looked at', async (operand, netns) => {
    symlinkSync('/proc', bench.at('link'));
    configure(['a']);
    expect(await run(['del', 'net', operand])).toEqual(succeeded);
    expect(bench.calls().map((call) => variable(call, 'CNI_NETNS'))).toEqual([netns(bench.at())]);
  });

  const ids: [netns: string, id: string][] = [
    ['/run/netns/blue', 'cnitool-df26705e2e4ffd095eb1'],
    ['/run/../run/netns//blue/', 'cnitool-df26705e2e4ffd095eb1'],
  ];
  it.each(ids)('T9: that of %s has the container id %s', async (netns, id) => {
    configure(['a']);
    await run(`del net ${netns}`);
    expect(bench.calls().map((call) => variable(call, 'CNI_CONTAINERID'))).toEqual([id]);
  });

  it('T9: another one has another id, and nothing else changes it', async () => {
    configure(['a']);
    const env = { CNI_CONTAINERID: 'mine', CNI_IFNAME: 'eth1' };
    await run('del net /run/netns/blue -i eth2', env);
    await run('del net /run/netns/red');
    const [blue, red] = bench.calls().map((call) => variable(call, 'CNI_CONTAINERID'));
    expect(blue).toBe('cnitool-df26705e2e4ffd095eb1');
    expect(red).toMatch(/^cnitool-[0-9a-f]{20}$/);
    expect(red).not.toBe(blue);
  });
});

describe('T: the order', () => {
  const bad = { CAP_ARGS: '{', CNI_ARGS: 'A', CNI_IFNAME: 'a/b', NETCONFPATH: '/nowhere' };
  it.each(verbs)('T11: %s looks at everything, one after the other', async (verb) => {
    configure(['a']);
    const { CAP_ARGS, CNI_ARGS, CNI_IFNAME } = bad;
    const steps: [args: string, env: Record<string, string>, message: string][] = [
      [verb, bad, 'requires at least 2 arg(s), only received 0'],
      [`${verb} net /n`, bad, 'no net configurations found in /nowhere'],
      [
        `${verb} no /n`,
        { CAP_ARGS },
        `no net configuration with name "no" in ${bench.at('net.d')}`,
      ],
      [`${verb} net /n`, { CAP_ARGS, CNI_ARGS, CNI_IFNAME }, 'unexpected end of JSON input'],
      [`${verb} net /n`, { CNI_ARGS, CNI_IFNAME }, 'invalid CNI_ARGS pair "A"'],
    ];
    for (const [args, env, message] of steps) expect(await refused(args, env)).toBe(message);
    expect(bench.ran()).toEqual([]);
  });

  it('T11, V3: the interface comes last', async () => {
    configure(['a']);
    expect(await refused('add net /n', { CNI_IFNAME: 'a/b' })).toBe(
      'plugin type="a" failed (add): interface name contains / or : or whitespace characters',
    );
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
