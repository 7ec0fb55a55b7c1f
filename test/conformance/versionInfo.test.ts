import { parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import { cniVariablesOf, useBench } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// W: what plugins say about themselves, and the validation of a configuration.

const bench = useBench();
const info = (type = 'a') => bench.runtime().getVersionInfo(type);
/** Makes a plugin say that it takes these versions. */
const takes = (type: string, ...supportedVersions: string[]) =>
  bench.answer(type, 'VERSION', {
    stdout: JSON.stringify({ cniVersion: '1.1.0', supportedVersions }),
  });

describe('W: VERSION', () => {
  it('W1: gives the plugin dummy values and the version of the library', async () => {
    takes('a', '1.0.0');
    await info();
    const [call] = bench.calls();
    expect(call?.stdin).toBe('{"cniVersion":"1.1.0"}');
    expect(call && cniVariablesOf(call)).toEqual({
      CNI_COMMAND: 'VERSION',
      CNI_CONTAINERID: '',
      CNI_NETNS: 'dummy',
      CNI_ARGS: '',
      CNI_IFNAME: 'dummy',
      CNI_PATH: 'dummy',
    });
  });

  const answers: [stdout: string, versions: string[]][] = [
    ['{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0"]}', ['0.4.0', '1.0.0']],
    ['{"cniVersion":"0.4.0","supportedVersions":["1.0.0","0.4.0"]}\n', ['1.0.0', '0.4.0']],
    ['{"CNIVERSION":"x","SupportedVersions":["anything"],"more":1}', ['anything']],
    ['{"cniVersion":"0.2.0"}', ['0.1.0', '0.2.0']],
    ['{"cniVersion":"0.2.0","supportedVersions":[]}', ['0.1.0', '0.2.0']],
    ['{"cniVersion":"0.2.0","supportedVersions":null}', ['0.1.0', '0.2.0']],
    ['{"cniVersion":"0.2.0","supportedVersions":["0.2.0"]}', ['0.2.0']],
  ];
  it.each(answers)('W2: %s are the versions %j', async (stdout, supportedVersions) => {
    bench.answer('a', 'VERSION', { stdout });
    expect(await info()).toEqual({ supportedVersions });
  });

  const refused: [stdout: string, reason: string][] = [
    ['{}', 'missing field cniVersion'],
    ['null', 'missing field cniVersion'],
    ['{"cniVersion":"","supportedVersions":["1.0.0"]}', 'missing field cniVersion'],
    ['{"cniVersion":"1.0.0"}', 'missing field supportedVersions'],
    ['{"cniVersion":"0.1.0","supportedVersions":[]}', 'missing field supportedVersions'],
    ['', 'unexpected end of JSON input'],
    ['1.0.0', "invalid character '.' after top-level value"],
    ['[]', 'json: cannot unmarshal array into Go value of type version.pluginInfo'],
  ];
  it.each(refused)('W2: %s is no answer: %s', async (stdout, reason) => {
    bench.answer('a', 'VERSION', { stdout });
    const error = await refusalOf(() => info());
    expect(error.message).toBe(`decoding version info: ${reason}`);
    expect(error.plugin).toBe('a');
  });

  it('W3: a plugin that does not know the command is of 0.1.0', async () => {
    bench.answer('a', 'VERSION', {
      stdout: '{"code":4,"msg":"unknown CNI_COMMAND: VERSION"}',
      exit: 1,
    });
    expect(await info()).toEqual({ supportedVersions: ['0.1.0'] });
  });

  const others: [stdout: string, text: string][] = [
    [
      '{"code":4,"msg":"unknown CNI_COMMAND: VERSION","details":"x"}',
      'unknown CNI_COMMAND: VERSION; x',
    ],
    ['{"code":4,"msg":"unknown CNI_COMMAND: version"}', 'unknown CNI_COMMAND: version'],
    ['{"code":999,"msg":"no"}', 'no'],
    ['', 'netplugin failed with no error message: exit status 1'],
  ];
  it.each(others)('W3: every other failure is one: %s', async (stdout, text) => {
    bench.answer('a', 'VERSION', { stdout, exit: 1 });
    expect(await refusalText(() => info())).toBe(text);
  });

  it('W3, F5: so is a missing executable', async () => {
    expect(await refusalText(() => info('none'))).toBe(
      `failed to find plugin "none" in path [${bench.at('bin')}]`,
    );
  });
});

describe('W: the validation of a list', () => {
  const validate = (...[plugins, keys]: Parameters<typeof bench.list>) =>
    bench.runtime().validateNetworkList(bench.list(plugins, keys));

  it('W4: asks every plugin for its versions, and runs nothing else', async () => {
    for (const type of ['a', 'b']) takes(type, '0.4.0', '1.0.0');
    expect(await validate(['a', 'b', 'a'])).toEqual([]);
    expect(bench.ran()).toEqual(['VERSION a', 'VERSION b', 'VERSION a']);
  });

  it('W4: gives each capability that a plugin declares true, once', async () => {
    for (const type of ['a', 'b']) takes(type, '1.0.0');
    const capabilities = await validate([
      { type: 'a', capabilities: { mac: true, ips: false } },
      { type: 'b', capabilities: { mac: true, portMappings: true, bandwidth: false } },
    ]);
    expect(capabilities.toSorted()).toEqual(['mac', 'portMappings']);
  });

  const versions: [version: string, supported: string[], problem: string | undefined][] = [
    ['1.0.0', ['0.4.0', '1.0.0'], undefined],
    ['', ['0.1.0'], undefined],
    ['', ['0.2.0', '1.0.0'], 'plugin a does not support config version "0.1.0"'],
    ['1.1.0', ['0.4.0', '1.0.0'], 'plugin a does not support config version "1.1.0"'],
    ['1.0', ['1.0.0'], 'plugin a does not support config version "1.0"'],
    ['', [], 'decoding version info: missing field supportedVersions'],
  ];
  it.each(versions)(
    'W4: version "%s" with a plugin of %j: %s',
    async (cniVersion, supported, problem) => {
      takes('a', ...supported);
      const validating = validate(['a'], { cniVersion });
      if (problem === undefined) expect(await validating).toEqual([]);
      else expect(await refusalText(() => validating)).toBe(`[${problem}]`);
    },
  );

  it('W4: tells all problems together', async () => {
    takes('a', '0.4.0');
    takes('b', '1.0.0');
    bench.answer('c', 'VERSION', { stdout: '{"msg":"no"}', exit: 1 });
    expect(await refusalText(() => validate(['a', 'none', 'b', 'c']))).toBe(
      '[plugin a does not support config version "1.0.0" ' +
        `failed to find plugin "none" in path [${bench.at('bin')}] no]`,
    );
  });

  it('W4: is no part of ADD, where the plugin itself refuses the version', async () => {
    takes('a', '0.4.0');
    bench.answer('a', 'ADD', { stdout: '{"code":1,"msg":"incompatible CNI versions"}', exit: 1 });
    expect(await refusalText(() => bench.run('ADD', bench.list(['a'])))).toBe(
      'plugin type="a" failed (add): incompatible CNI versions',
    );
    expect(bench.ran()).toEqual(['ADD a']);
  });
});

describe('W: the validation of one plugin', () => {
  const validate = (keys: object) =>
    bench.runtime().validateNetwork(parsePlugin(JSON.stringify({ type: 'a', ...keys })));

  it('W4: gives its capabilities', async () => {
    takes('a', '1.0.0');
    const capabilities = { mac: true, ips: false };
    expect(await validate({ cniVersion: '1.0.0', capabilities })).toEqual(['mac']);
  });

  it('W4: wants its version; none is 0.1.0', async () => {
    takes('a', '1.0.0');
    const text = 'plugin a does not support config version "0.1.0"';
    expect(await refusalText(() => validate({}))).toBe(text);
  });
});
