import { parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import { type Answer, useBench, variable } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// Q: CHECK of a list and of one plugin.

const bench = useBench();
const check = (...[plugins, keys]: Parameters<typeof bench.list>) =>
  bench.run('CHECK', bench.list(plugins, keys));
const stdins = () => bench.calls().map(({ stdin }) => stdin);
const failing: Answer = { stdout: '{"code":11,"msg":"later","details":"soon"}', exit: 1 };
const cachedResult = '{"cniVersion":"1.0.0","interfaces":[{"name":"x"}]}';
const cacheText = `{"kind":"cniCacheV1","result":${cachedResult}}`;

describe('Q: CHECK', () => {
  it.each(['', '0.1.0', '0.2.0', '0.3.0', '0.3.1'])(
    'Q1, Q6: is refused in version "%s", with disableCheck too',
    async (cniVersion) => {
      for (const disableCheck of [false, true]) {
        expect(await refusalText(() => check(['a'], { cniVersion, disableCheck }))).toBe(
          `configuration version "${cniVersion}" does not support the CHECK command`,
        );
      }
      expect(bench.ran()).toEqual([]);
    },
  );

  it.each(['0.4.0', '1.0.0', '1.1.0', '9.9.9'])('Q1: runs in version %s', async (cniVersion) => {
    await check(['a'], { cniVersion });
    expect(bench.ran()).toEqual(['CHECK a']);
  });

  const orders: [plugins: string[], ran: string[]][] = [
    [
      ['a', 'b', 'c'],
      ['CHECK a', 'CHECK b', 'CHECK c'],
    ],
    [
      ['c', 'a', 'c'],
      ['CHECK c', 'CHECK a', 'CHECK c'],
    ],
  ];
  it.each(orders)('Q2: of %j runs as %j', async (plugins, ran) => {
    await check(plugins);
    expect(bench.ran()).toEqual(ran);
  });

  it('Q3, S3: gives each plugin the same cached result', async () => {
    bench.putCache(cacheText);
    await check(['a', 'b']);
    expect(stdins()).toEqual(
      ['a', 'b'].map(
        (type) =>
          `{"cniVersion":"1.0.0","name":"net","prevResult":${cachedResult},"type":"${type}"}`,
      ),
    );
    expect(bench.cached()).toBe(cacheText);
  });

  it('Q3, D7: gives it in the version of the list', async () => {
    bench.putCache(cacheText);
    await check(['a'], { cniVersion: '0.4.0' });
    expect(stdins()).toEqual([
      '{"cniVersion":"0.4.0","name":"net","prevResult":' +
        '{"cniVersion":"0.4.0","interfaces":[{"name":"x"}],"dns":{}},"type":"a"}',
    ]);
  });

  it('Q3, S6: gives arguments and capabilities of the call', async () => {
    const list = bench.list([{ type: 'a', capabilities: { mac: true } }]);
    const rt = bench.rt({ args: [['A', '1']], capabilityArgs: { mac: 'aa' } });
    await bench.run('CHECK', list, rt);
    const [call] = bench.calls();
    expect(call && variable(call, 'CNI_ARGS')).toBe('A=1');
    expect(call?.stdin).toContain('"runtimeConfig":{"mac":"aa"}');
  });

  it('Q4: runs without a result if there is no cache file', async () => {
    await check(['a', 'b']);
    expect(stdins()).toEqual([
      '{"cniVersion":"1.0.0","name":"net","type":"a"}',
      '{"cniVersion":"1.0.0","name":"net","type":"b"}',
    ]);
  });

  const unread = 'decoding version from network config: ';
  const broken: [text: string, version: string, reason: string][] = [
    ['garbage', '1.0.0', `${unread}invalid character 'g' looking for beginning of value`],
    ['', '1.0.0', `${unread}unexpected end of JSON input`],
    [
      '{"kind":"cniCacheV1","result":{"cniVersion":"9"}}',
      '1.0.0',
      'unsupported CNI result version "9"',
    ],
    [
      '{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0","ips":[{"address":"x"}]}}',
      '1.0.0',
      'invalid CIDR address: x',
    ],
    [
      cacheText,
      '1.0',
      'failed to convert cached result to config version "1.0": ' +
        'no converter for CNI result version 1.0.0 to 1.0',
    ],
  ];
  it.each(broken)(
    'Q4: with the cache file %s in version %s runs nothing',
    async (text, cniVersion, reason) => {
      bench.putCache(text);
      expect(await refusalText(() => check(['a'], { cniVersion }))).toBe(
        `failed to get network "net" cached result: ${reason}`,
      );
      expect(bench.ran()).toEqual([]);
      expect(bench.cached()).toBe(text);
    },
  );

  const failures: [what: string, answer: Answer, text: string][] = [
    ['its error', failing, 'later; soon'],
    ['its end', { exit: 3 }, 'netplugin failed with no error message: exit status 3'],
    ['its words', { stderr: 'x', exit: 1 }, 'netplugin failed: "x": exit status 1'],
  ];
  it.each(failures)('Q5: fails with %s as it is, and ends', async (_what, answer, text) => {
    bench.answer('b', 'CHECK', answer);
    const error = await refusalOf(() => check(['a', { type: 'b', name: 'own' }, 'c']));
    expect(error.message).toBe(text);
    expect(error.plugin).toBe('b');
    expect(bench.ran()).toEqual(['CHECK a', 'CHECK b']);
  });

  it('Q5, A6: keeps the code of the failure', async () => {
    bench.answer('a', 'CHECK', failing);
    const error = await refusalOf(() => check(['a']));
    expect(error.toObject()).toEqual({ code: 11, msg: 'later', details: 'soon', plugin: 'a' });
  });

  it('Q5, F5: fails if an executable is missing', async () => {
    expect(await refusalText(() => check(['a', 'none']))).toBe(
      `failed to find plugin "none" in path [${bench.at('bin')}]`,
    );
    expect(bench.ran()).toEqual(['CHECK a']);
  });

  it.each([true, 'true', 'TRUE'])(
    'Q6: with disableCheck %j succeeds without a run',
    async (disableCheck) => {
      bench.putCache('garbage');
      await check(['none'], { disableCheck });
      expect(bench.cached()).toBe('garbage');
    },
  );
});

describe('Q: CHECK of one plugin without a list', () => {
  const checkOne = (keys: object) => {
    const plugin = parsePlugin(
      JSON.stringify({ type: 'a', name: 'net', cniVersion: '1.0.0', ...keys }),
    );
    return bench.runtime().checkNetwork(plugin, bench.rt({}));
  };

  it('Q3: gets the cached result', async () => {
    bench.putCache(cacheText);
    await checkOne({});
    expect(stdins()).toEqual([
      `{"cniVersion":"1.0.0","name":"net","prevResult":${cachedResult},"type":"a"}`,
    ]);
  });

  it('Q1: is refused below 0.4.0', async () => {
    expect(await refusalText(() => checkOne({ cniVersion: '0.3.1' }))).toBe(
      'configuration version "0.3.1" does not support the CHECK command',
    );
  });

  it('Q6: knows no disableCheck', async () => {
    await checkOne({ disableCheck: true });
    expect(bench.ran()).toEqual(['CHECK a']);
  });

  it('Q5: fails as it is', async () => {
    bench.answer('a', 'CHECK', failing);
    expect(await refusalText(() => checkOne({}))).toBe('later; soon');
  });
});
