import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench } from '../cni/testBench.ts';
import { cnitool } from './cnitool.ts';

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

async function run(args: string) {
  const written = { stdout: '', stderr: '' };
  const exit = await cnitool(args.split(' ').filter(Boolean), {
    env: { PATH: process.env['PATH'], NETCONFPATH: configuration, CNI_PATH: bench.bin },
    cwd: '/work dir',
    cacheDir: bench.cacheDir,
    out: (text) => (written.stdout += text),
    err: (text) => (written.stderr += text),
  });
  return { exit, ...written };
}
const failing = { exit: 1, stdout: '{"code":7,"msg":"no","details":"really"}' };
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

// What it does with arguments and variables is in the conformance suite, section T.
describe('cnitool', () => {
  it.each([
    ['-vi f1', 'f1'],
    ['-vif2', 'f2'],
    ['-vi=f3', 'f3'],
    ['-i=', '='],
  ])('takes short flags together: %s', async (flags, ifName) => {
    configure([{ type: 'a' }]);
    expect(await run(`add net /n ${flags}`)).toMatchObject({ exit: 0 });
    expect(bench.calls()).toMatchObject([{ env: { CNI_IFNAME: ifName } }]);
  });

  it.each([
    ['-vx', "unknown shorthand flag: 'x' in -x"],
    ['-vi', "flag needs an argument: 'i' in -i"],
  ])('refuses what is wrong among short flags: %s', async (flags, message) => {
    expect(await run(`add net /n ${flags}`)).toEqual(failure(message, 'add'));
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

  it('T12, A4: tells a failure twice around the usage, and prints no result', async () => {
    configure([{ type: 'a', script: { ADD: failing } }]);
    expect(await run('add net /n')).toEqual(
      failure('plugin type="a" failed (add): no; really', 'add'),
    );
    expect(existsSync(bench.cacheDir)).toBe(false);
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
});
