import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cnitool } from './cnitool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnitool-completion-'));
  mkdirSync(join(folder, 'net.d'));
  const put = (name: string, text: string) => writeFileSync(join(folder, 'net.d', name), text);
  put('1.conflist', '{"cniVersion":"1.0.0","name":"blue","plugins":[{"type":"a"}]}');
  put('2.conflist', '{"cniVersion":"1.0.0","name":"blue","plugins":[{"type":"b"}]}');
  put('3.conf', '{"cniVersion":"1.0.0","name":"green","type":"a"}');
  put('4.conflist', 'not JSON');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(args: string) {
  const written = { stdout: '', stderr: '' };
  const exit = await cnitool(args.split(' '), {
    env: { NETCONFPATH: join(folder, 'net.d') },
    cwd: folder,
    cacheDir: join(folder, 'cache'),
    out: (text) => (written.stdout += text),
    err: (text) => (written.stderr += text),
  });
  return { exit, ...written };
}

describe('T1: completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    const { exit, stdout, stderr } = await run(`completion ${shell}`);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const word of ['add', 'check', 'del', 'gc', 'status', 'completion', 'ifname']) {
      expect(stdout).toContain(word);
    }
  });

  it('knows no other shell, and no more words', async () => {
    for (const [args, message] of [
      ['completion tcsh', 'unknown command "tcsh" for "cnitool completion"'],
      ['completion bash x', 'unknown command "x" for "cnitool completion bash"'],
    ] as const) {
      const { exit, stdout, stderr } = await run(args);
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
      expect(stderr).toContain(`Error: ${message}\nUsage:\n  cnilab cnitool completion `);
      expect(stderr).toMatch(new RegExp(`\n\n${message}\n$`));
    }
  });

  it('has the names of all networks that can be read, each once', async () => {
    expect(await run('__networks')).toEqual({ exit: 0, stdout: 'blue\ngreen\n', stderr: '' });
    rmSync(join(folder, 'net.d'), { recursive: true });
    expect(await run('__networks')).toEqual({ exit: 0, stdout: '', stderr: '' });
  });
});

describe('the bash script', () => {
  /** What bash offers for the last word of a line, with a program that knows two networks. */
  async function complete(line: string): Promise<string[]> {
    const { stdout: script } = await run('completion bash');
    for (const [program, asked] of [
      ['cnilab', 'cnitool __networks'],
      ['cnitool', '__networks'],
    ] as const) {
      const path = join(folder, program);
      writeFileSync(path, `#!/bin/sh\n[ "$*" = "${asked}" ] && printf 'blue\nbrown\n'\n`);
      chmodSync(path, 0o755);
    }
    const words = line.split(' ').map((word, index) => (index === 0 ? join(folder, word) : word));
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cnilab_cnitool; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    return stdout.split('\n').filter((offer) => offer !== '');
  }

  it.each([
    ['cnilab cnitool a', ['add']],
    ['cnilab cnitool ', ['add', 'check', 'completion', 'del', 'gc', 'help', 'status']],
    ['cnitool st', ['status']],
    ['cnitool help ch', ['check']],
    ['cnitool completion z', ['zsh']],
    ['cnilab cnitool add --', ['--help', '--ifname', '--verbose']],
    ['cnilab cnitool add bl', ['blue']],
    ['cnilab cnitool -v -i eth1 check ', ['blue', 'brown']],
    ['cnitool --ifname = eth1 del br', ['brown']],
    ['cnilab cnitool add blue net', ['net.d']],
    ['cnilab cnitool add -i ', []],
    ['cnilab cnitool add blue /n ', []],
    ['cnilab validate ', []],
    ['cnilab ', []],
  ])('offers for "%s" %j', async (line, offers) => {
    expect(await complete(line)).toEqual(offers);
  });
});
