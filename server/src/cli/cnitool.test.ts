import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNetwork } from '@cnilab/shared/cni/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench } from '../cni/testBench.ts';
import { cnitool } from './cnitool.ts';
import { cnitoolContainerId, parseCapArgs, parseCniArgs } from './cnitoolArgs.ts';

let bench: Bench;
let configuration: string;
beforeEach(() => {
  bench = createBench();
  configuration = join(bench.folder, 'net.d');
  mkdirSync(configuration);
});
afterEach(() => bench.remove());

/** Puts a network named `net` of these plugins into the configuration folder. */
const configure = (...[plugins, keys]: Parameters<Bench['list']>) =>
  writeFileSync(join(configuration, 'net.conflist'), bench.list(plugins, keys).bytes);

async function run(args: string, env: Record<string, string | undefined> = {}) {
  const written = { stdout: '', stderr: '' };
  const exit = await cnitool(args.split(' ').filter(Boolean), {
    env: { PATH: process.env['PATH'], NETCONFPATH: configuration, CNI_PATH: bench.bin, ...env },
    cwd: '/work dir',
    cacheDir: bench.cacheDir,
    out: (text) => (written.stdout += text),
    err: (text) => (written.stderr += text),
  });
  return { exit, ...written };
}
const failing = { exit: 1, stdout: '{"code":7,"msg":"no","details":"really"}' };
const envOf = (index = 0) => bench.calls()[index]?.env ?? {};
/** The shape of a failure: the message, the usage, the message again (T12). */
const failure = (message: string, verb: string) => ({
  exit: 1,
  stdout: '',
  stderr: `Error: ${message}
Usage:
  cnilab cnitool ${verb} NETWORK NETNS [flags]

Flags:
  -h, --help   help for ${verb}

Global Flags:
  -i, --ifname IFNAME   name of the interface in the namespace (default CNI_IFNAME, or eth0)
  -v, --verbose         tell on standard error what each plugin got and gave

${message}
`,
});

describe('cnitool', () => {
  it('P1, T12: add prints the result without a newline, the other verbs print nothing', async () => {
    configure([{ type: 'a' }], { cniVersion: '1.1.0' });
    expect(await run('add net /run/netns/pod1')).toEqual({
      exit: 0,
      stdout:
        '{\n    "cniVersion": "1.1.0",\n    "interfaces": [\n        {\n' +
        '            "name": "eth0"\n        }\n    ]\n}',
      stderr: '',
    });
    for (const verb of ['check', 'status', 'del', 'gc']) {
      expect(await run(`${verb} net /run/netns/pod1`)).toEqual({ exit: 0, stdout: '', stderr: '' });
    }
    expect(bench.ran()).toEqual(['ADD a', 'CHECK a', 'STATUS a', 'DEL a', 'GC a']);
  });

  it('T13, G2: gc takes down everything of the network', async () => {
    configure([{ type: 'a' }]);
    await run('add net /run/netns/one');
    await run('add net /run/netns/two -i eth1');
    await run('gc net x');
    expect(bench.ran()).toEqual(['ADD a', 'ADD a', 'DEL a', 'DEL a']);
  });

  it.each(['', 'help', '-h', 'add --help'])('T1: "%s" prints help', async (args) => {
    const { exit, stdout, stderr } = await run(args);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain(args === 'add --help' ? 'add NETWORK NETNS' : 'Available Commands:');
  });

  it.each([
    ['help add', 'Add the network interface', 'cnitool add NETWORK NETNS [flags]'],
    ['gc -h', 'Remove all attachments', 'cnitool gc NETWORK NETNS [flags]'],
    ['help completion', 'source <(', 'cnitool completion (bash|zsh|fish)'],
    ['completion', 'source <(', 'cnitool completion (bash|zsh|fish)'],
    [
      'help nothing',
      'Available Commands:',
      'cnitool (add|check|del|gc|status) NETWORK NETNS [flags]',
    ],
  ])('T1: "%s" prints help about it', async (args, summary, usage) => {
    const { exit, stdout, stderr } = await run(args);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain(summary);
    expect(stdout).toContain(`Usage:\n  cnilab ${usage}\n`);
  });

  it.each(['add', 'check', 'del', 'gc', 'status'])(
    'T2: %s needs a network and a namespace, and ignores more',
    async (verb) => {
      const message = (count: number) => `requires at least 2 arg(s), only received ${count}`;
      expect(await run(verb)).toEqual(failure(message(0), verb));
      expect(await run(`${verb} net`)).toEqual(failure(message(1), verb));
      configure([{ type: 'a' }], { cniVersion: '1.1.0' });
      expect((await run(`${verb} net /n more words`)).exit).toBe(0);
    },
  );

  it('T3: tells that it does not know a verb', async () => {
    expect(await run('version net /n')).toEqual({
      exit: 1,
      stdout: '',
      stderr:
        'Error: unknown command "version" for "cnitool"\n' +
        "Run 'cnilab cnitool --help' for usage.\n\n" +
        'unknown command "version" for "cnitool"\n',
    });
    expect((await run('toString net /n')).exit).toBe(1);
  });

  it.each([
    ['--foo', 'unknown flag: --foo'],
    ['--foo=1', 'unknown flag: --foo'],
    ['-x', "unknown shorthand flag: 'x' in -x"],
    ['--ifname', 'flag needs an argument: --ifname'],
    ['-i', "flag needs an argument: 'i' in -i"],
  ])('T7: refuses %s', async (flag, message) => {
    expect(await run(`add net /n ${flag}`)).toEqual(failure(message, 'add'));
  });

  it('T4: looks for networks in NETCONFPATH', async () => {
    const message = `no net configurations found in ${configuration}/none`;
    expect(await run('add net /n', { NETCONFPATH: `${configuration}/none` })).toEqual(
      failure(message, 'add'),
    );
  });

  it('T4: looks in /etc/cni/net.d if that is empty', async () => {
    const { stderr } = await run('add there-is-no-such-network /n', { NETCONFPATH: '' });
    expect(stderr).toContain('in /etc/cni/net.d\n');
  });

  it('T5, F2, E6: takes plugins from CNI_PATH, which must name some folder', async () => {
    configure([{ type: 'a' }]);
    for (const CNI_PATH of [undefined, '']) {
      expect(await run('add net /n', { CNI_PATH })).toEqual(
        failure('plugin type="a" failed (add): no paths provided', 'add'),
      );
    }
    await run('add net /n', { CNI_PATH: `/nowhere:${bench.bin}` });
    expect(envOf()).toMatchObject({ CNI_PATH: `/nowhere:${bench.bin}` });
  });

  it('T6: hands CNI_ARGS on', async () => {
    configure([{ type: 'a' }]);
    await run('add net /n', { CNI_ARGS: 'B=1;A=2' });
    await run('del net /n', { CNI_ARGS: '' });
    expect(envOf(0)).toMatchObject({ CNI_ARGS: 'B=1;A=2' });
    expect(envOf(1)).toMatchObject({ CNI_ARGS: '' });
    for (const [text, pair] of [
      ['A=1;', ''],
      ['A', 'A'],
      ['=1', '=1'],
      ['A=', 'A='],
      ['A=1=2', 'A=1=2'],
    ] as const) {
      expect(() => parseCniArgs(text)).toThrow(`invalid CNI_ARGS pair "${pair}"`);
    }
  });

  it('T7: the interface is that of the flag, of CNI_IFNAME, or eth0', async () => {
    configure([{ type: 'a' }]);
    const names = [
      ['add net /n', '', 'eth0'],
      ['add net /n', 'env0', 'env0'],
      ['-i f1 add net /n', 'env0', 'f1'],
      ['add net /n --ifname f2', 'env0', 'f2'],
      ['add --ifname=f3 net /n', '', 'f3'],
      ['add net -if4 /n', '', 'f4'],
      ['add net -i=f5 /n', '', 'f5'],
    ] as const;
    for (const [args, CNI_IFNAME] of names) await run(args, { CNI_IFNAME });
    expect(bench.calls().map(({ env }) => env['CNI_IFNAME'])).toEqual(names.map(([, , n]) => n));
  });

  it('T8, T9: the namespace is an absolute path, and the container id stands for it', async () => {
    configure([{ type: 'a' }]);
    await run('add net ./a/../pod1/');
    expect(envOf()).toMatchObject({
      CNI_NETNS: '/work dir/pod1',
      CNI_CONTAINERID: cnitoolContainerId('/work dir/pod1'),
    });
    expect(cnitoolContainerId('/run/netns/blue')).toBe('cnitool-df26705e2e4ffd095eb1');
  });

  it('T10: CAP_ARGS are capability arguments', async () => {
    configure([{ type: 'a', capabilities: { mac: true } }]);
    await run('add net /n', { CAP_ARGS: '{"mac":"aa"}' });
    expect(bench.calls()[0]?.stdin).toContain('"runtimeConfig":{"mac":"aa"}');
    expect(parseCapArgs('null')).toEqual(new Map());
    expect(() => parseCapArgs('[]')).toThrow('json: cannot unmarshal array into Go value of type');
    expect(() => parseCapArgs('{')).toThrow('unexpected end of JSON input');
  });

  it('T11: looks at operands, configuration, CAP_ARGS and CNI_ARGS in this order, for gc too', async () => {
    const bad = { CAP_ARGS: '{', CNI_ARGS: 'A' };
    const told = async (env: Record<string, string>, args = 'gc net /n') =>
      (await run(args, env)).stderr.split('\n')[0];
    expect(await told(bad, 'gc net')).toContain('requires at least 2');
    expect(await told(bad)).toContain('no net configurations found');
    configure([{ type: 'a' }]);
    expect(await told(bad)).toContain('unexpected end of JSON input');
    expect(await told({ CNI_ARGS: 'A' })).toContain('invalid CNI_ARGS pair "A"');
    expect(bench.ran()).toEqual([]);
  });

  it('T12, A4: tells a failure twice around the usage, and prints no result', async () => {
    configure([{ type: 'a', script: { ADD: failing } }]);
    expect(await run('add net /n')).toEqual(
      failure('plugin type="a" failed (add): no; really', 'add'),
    );
    expect(existsSync(bench.cacheDir)).toBe(false);
  });

  it('X5: hands on what a plugin that succeeds writes to stderr', async () => {
    configure([{ type: 'a', script: { ADD: { stderr: 'note\n' } } }]);
    expect((await run('add net /n')).stderr).toBe('note\n');
    configure([{ type: 'a', script: { ADD: { ...failing, stderr: 'lost' } } }]);
    expect((await run('add net /n')).stderr).not.toContain('lost');
  });

  it('tells with --verbose what each plugin got and gave', async () => {
    configure([{ type: 'a' }, { type: 'b', script: { ADD: { ...failing, stderr: 'x\u001b' } } }]);
    const { stderr } = await run('add net /n --verbose');
    const lines = stderr.split('\n').slice(0, 11);
    expect(lines.map((line) => line.slice(0, 9).trimEnd())).toEqual(
      [
        'ADD a',
        '  env    ',
        '  stdin  ',
        '  stdout ',
        '  ended  ',
        'ADD b',
        '  env    ',
        '  stdin  ',
        '  stdout ',
        '  stderr ',
        '  error  ',
      ].map((line) => line.trimEnd()),
    );
    expect(lines[9]).toBe('  stderr x\\x1b');
  });

  it('K1, K2, C16: keeps its cache as the reference does', async () => {
    configure([{ type: 'a' }]);
    await run('add net /run/netns/blue');
    const id = 'cnitool-df26705e2e4ffd095eb1';
    const text = readFileSync(join(bench.cacheDir, 'results', `net-${id}-eth0`), 'utf8');
    const record = JSON.parse(text) as { containerId: string; config: string };
    expect(record.containerId).toBe(id);
    expect(parseNetwork(Buffer.from(record.config, 'base64').toString()).name).toBe('net');
  });
});
