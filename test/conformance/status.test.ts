import { describe, expect, it } from 'vitest';
import type { Command } from '../../server/src/cni/types.ts';
import { type Answer, cniVariablesOf, useBench } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// U: STATUS. G9: the version strings that decide what a list can do.

const bench = useBench();
const failing: Answer = { stdout: '{"code":50,"msg":"no","details":"really"}', exit: 1 };
const missing = () => `failed to find plugin "none" in path [${bench.at('bin')}]`;

describe('U: STATUS', () => {
  const status = (...[plugins, keys]: Parameters<typeof bench.list>) =>
    bench.run('STATUS', bench.list(plugins, { cniVersion: '1.1.0', ...keys }));

  it('U1: asks each plugin once, in the order of the list', async () => {
    await status(['c', 'a', 'b', 'a']);
    expect(bench.ran()).toEqual(['STATUS c', 'STATUS a', 'STATUS b', 'STATUS a']);
  });

  it('U2, S10: tells them nothing about an attachment', async () => {
    bench.putCache('{"kind":"cniCacheV1","networkName":"net","ifName":"eth0"}');
    await status([{ type: 'a', capabilities: { mac: true }, runtimeConfig: 1 }]);
    const [call] = bench.calls();
    expect(call && cniVariablesOf(call)).toEqual({
      CNI_COMMAND: 'STATUS',
      CNI_CONTAINERID: '',
      CNI_NETNS: '',
      CNI_IFNAME: '',
      CNI_ARGS: '',
      CNI_PATH: bench.at('bin'),
    });
    expect(call?.stdin).toBe(
      '{"capabilities":{"mac":true},"cniVersion":"1.1.0","name":"net","runtimeConfig":1,"type":"a"}',
    );
  });

  it.each(['', '0.4.0', '1.0.0', '1.0', 'x'])(
    'U3: in version "%s" asks nobody',
    async (cniVersion) => {
      await status(['none'], { cniVersion });
      expect(bench.ran()).toEqual([]);
    },
  );

  const answers: [answer: Answer, text: string, code: number][] = [
    [failing, 'no; really', 50],
    [{ stdout: '{"code":51,"msg":"limited"}', exit: 1 }, 'limited', 51],
    [{ exit: 1 }, 'netplugin failed with no error message: exit status 1', 0],
  ];
  it.each(answers)('U4: gives the first failure as it is: %j', async (answer, text, code) => {
    bench.answer('b', 'STATUS', answer);
    const error = await refusalOf(() => status(['a', { type: 'b', name: 'own' }, 'c']));
    expect(error.message).toBe(text);
    expect(error).toMatchObject({ code, plugin: 'b' });
    expect(bench.ran()).toEqual(['STATUS a', 'STATUS b']);
  });

  it('U4: a missing executable is a failure', async () => {
    expect(await refusalText(() => status(['a', 'none', 'b']))).toBe(missing());
    expect(bench.ran()).toEqual(['STATUS a']);
  });
});

describe('G: version strings', () => {
  const atoi = (part: string, text: string, reason = 'invalid syntax') =>
    `failed to convert ${part} version part "${text}": strconv.Atoi: parsing "${text}": ${reason}`;
  const refused: [version: string, reason: string][] = [
    ['1.0.0.0', 'invalid version "1.0.0.0": too many parts'],
    ['x', atoi('major', 'x')],
    ['v1.0.0', atoi('major', 'v1')],
    ['1.x.0', atoi('minor', 'x')],
    ['1.0.0-rc1', atoi('micro', '0-rc1')],
    ['1.', atoi('minor', '')],
    ['.1', atoi('major', '')],
    [' 1.0.0', atoi('major', ' 1')],
    ['1.0x1', atoi('minor', '0x1')],
    ['\u00851.0', atoi('major', '\\u00851')],
    ['9223372036854775808', atoi('major', '9223372036854775808', 'value out of range')],
  ];
  it.each(refused)('G9: CHECK and DEL refuse "%s": %s', async (cniVersion, reason) => {
    for (const command of ['CHECK', 'DEL'] as const) {
      expect(await refusalText(() => bench.run(command, bench.list(['a'], { cniVersion })))).toBe(
        reason,
      );
    }
    expect(bench.ran()).toEqual([]);
  });

  it.each(refused)('G9, U3: GC and STATUS take "%s" for too old', async (cniVersion) => {
    for (const command of ['GC', 'STATUS'] as const) {
      await bench.run(command, bench.list(['a'], { cniVersion }));
    }
    expect(bench.ran()).toEqual([]);
  });

  const read: [version: string, check: boolean, status: boolean][] = [
    ['', false, false],
    ['0', false, false],
    ['0.3.9', false, false],
    ['0.4', true, false],
    ['1', true, false],
    ['01.00.00', true, false],
    ['+1.0', true, false],
    ['1.1', true, true],
    ['1.1.0', true, true],
    ['1.10.0', true, true],
    ['2', true, true],
    ['-1.9.9', false, false],
    ['9223372036854775807.0.0', true, true],
  ];
  it.each(read)('G9, Q1, U3: "%s" has CHECK: %j, STATUS: %j', async (cniVersion, check, status) => {
    const runs = async (command: Command) => {
      const before = bench.ran().length;
      await bench.run(command, bench.list(['a'], { cniVersion })).catch(() => undefined);
      return bench.ran().length > before;
    };
    expect([await runs('CHECK'), await runs('STATUS'), await runs('GC')]).toEqual([
      check,
      status,
      status,
    ]);
  });
});
