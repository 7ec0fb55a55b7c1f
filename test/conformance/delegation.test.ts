import { type ExecOutcome } from '../../server/src/cni/types.ts';
import { createExec } from '../../server/src/cni/execute.ts';
import { describe, expect, it } from 'vitest';
import { type Answer, useBench } from './support/bench.ts';
import { useProgram } from './support/bundle.ts';

// I: a plugin in TypeScript, a process of its own, that has another plugin do its work.

const bench = useBench();
const plugin = useProgram('typescriptPlugin.ts');

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'pod1',
  CNI_NETNS: '/run/netns/pod1',
  CNI_IFNAME: 'eth0',
  CNI_ARGS: 'A=1;B=2',
  CNI_PATH: `/nowhere:${bench.at('bin')}`,
  TEST_KEPT: ' a=b\n',
});
const config = (keys: Record<string, unknown> = {}) =>
  JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'outer', delegate: 'a', ...keys });
const run = (stdin: string, env: Record<string, string> = {}): Promise<ExecOutcome> =>
  createExec().execute({ path: plugin.path, stdin, env: { ...environment(), ...env } });
const entries = (env: Record<string, string>) =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

describe('I: what the delegate gets', () => {
  const commands: [command: string, as: string][] = [
    ['ADD', 'ADD'],
    ['CHECK', 'CHECK'],
    ['DEL', 'DEL'],
    ['GC', 'GC'],
    ['STATUS', 'STATUS'],
    ['ADD', 'DEL'],
    ['STATUS', 'CHECK'],
  ];
  it.each(commands)(
    'I1: on %s as %s is the environment with this command, and the input',
    async (command, as) => {
      const stdin = ` ${config({ as, n: 0 }).replace('"n":0', '"n" : 1.0, "é":"<"')}\n`;
      expect(await run(stdin, { CNI_COMMAND: command })).toMatchObject({ exit: 0, stderr: '' });
      expect(bench.calls()).toHaveLength(1);
      const [call] = bench.calls();
      expect(call?.environ.toSorted()).toEqual(
        entries({ ...environment(), CNI_COMMAND: as }).toSorted(),
      );
      expect(call?.stdin).toBe(stdin);
      expect(call?.argv.at(-1)).toBe(bench.at('bin', 'a'));
    },
  );

  it('I1, F3: it is found in the first folder of CNI_PATH that has it', async () => {
    bench.script('first', '');
    bench.put(
      'other/a',
      '#!/bin/sh\necho "{\\"interfaces\\":[{\\"name\\":\\"other\\"}]}"\n',
      0o755,
    );
    const { stdout } = await run(config(), { CNI_PATH: `${bench.at('other')}:${bench.at('bin')}` });
    expect(stdout).toContain('"name": "other"');
    expect(bench.ran()).toEqual([]);
  });

  it.each(['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'])(
    'I2: on %s it must be there',
    async (command) => {
      const { exit, stdout } = await run(config({ delegate: 'none' }), { CNI_COMMAND: command });
      expect({ exit, error: JSON.parse(stdout) as unknown }).toEqual({
        exit: 1,
        error: {
          code: 999,
          msg: `failed to find plugin "none" in path [/nowhere ${bench.at('bin')}]`,
        },
      });
    },
  );
});

describe('I: what the delegate answers', () => {
  const results: [printed: string, version: string, stdout: object][] = [
    [
      '{"ips":[{"address":"10.0.0.2/8"}]}',
      '1.1.0',
      { cniVersion: '1.1.0', ips: [{ address: '10.0.0.2/8' }] },
    ],
    ['{"cniVersion":"1.0.0"}', '1.1.0', { cniVersion: '1.1.0' }],
    [
      '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8"}}',
      '1.1.0',
      { cniVersion: '1.1.0', ips: [{ address: '10.0.0.2/8' }] },
    ],
    ['null', '0.4.0', { cniVersion: '0.4.0', dns: {} }],
    ['{"code":7,"msg":"no"}', '1.1.0', { cniVersion: '1.1.0' }],
  ];
  it.each(results)(
    'I3, R5: %s in version %s is read as a result',
    async (printed, cniVersion, stdout) => {
      bench.answer('a', 'ADD', { stdout: printed });
      const outcome = await run(config({ cniVersion }));
      expect(outcome).toMatchObject({ exit: 0, stderr: '' });
      expect(JSON.parse(outcome.stdout)).toEqual(stdout);
    },
  );

  const failures: [answer: Answer, error: object][] = [
    [
      { stdout: 'garbage' },
      {
        code: 999,
        msg: "failed to unmarshal raw result: invalid character 'g' looking for beginning of value",
      },
    ],
    [
      { stdout: '' },
      { code: 999, msg: 'failed to unmarshal raw result: unexpected end of JSON input' },
    ],
    [
      { stdout: '{"cniVersion":"9.0.0"}' },
      { code: 999, msg: 'unsupported CNI result version "9.0.0"' },
    ],
    [
      { stdout: '{"code":7,"msg":"no","details":"really"}', exit: 1 },
      { code: 7, msg: 'no', details: 'really' },
    ],
    [
      { stdout: '{"code":11,"msg":"later"}', signal: 'KILL' },
      { code: 11, msg: 'later' },
    ],
  ];
  it.each(failures)('I3: %j is an error of the plugin', async (answer, error) => {
    bench.answer('a', 'ADD', answer);
    const { exit, stdout } = await run(config());
    expect({ exit, error: JSON.parse(stdout) as unknown }).toEqual({ exit: 1, error });
  });

  it.each(['CHECK', 'DEL', 'GC', 'STATUS'])(
    'I3: what is printed on %s is ignored',
    async (command) => {
      bench.answer('a', command, { stdout: '{"code":7} garbage' });
      expect(await run(config(), { CNI_COMMAND: command })).toMatchObject({
        exit: 0,
        stdout: '',
        stderr: '',
      });
      expect(bench.ran()).toEqual([`${command} a`]);
    },
  );

  it.each(['ADD', 'DEL'])('I4: what is written to stderr on %s is passed on', async (command) => {
    bench.answer('a', command, { stdout: '{}', stderr: 'note\n' });
    expect(await run(config(), { CNI_COMMAND: command })).toMatchObject({
      exit: 0,
      stderr: 'note\n',
    });
  });

  it('I4, X5: that of a failure with an answer is dropped', async () => {
    bench.answer('a', 'ADD', { stdout: '{"msg":"no"}', stderr: 'lost\n', exit: 1 });
    expect(await run(config())).toMatchObject({ exit: 1, stderr: '' });
  });

  it('I4: nothing is undone after a failure', async () => {
    bench.answer('a', 'ADD', { stdout: '{"msg":"no"}', exit: 1 });
    await run(config());
    expect(bench.ran()).toEqual(['ADD a']);
  });
});
