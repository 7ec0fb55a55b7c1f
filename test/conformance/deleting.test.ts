import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import { type Answer, useBench, variable } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// D: DEL of a list and of one plugin.

const bench = useBench();
const del = (...[plugins, keys]: Parameters<typeof bench.list>) =>
  bench.run('DEL', bench.list(plugins, keys));
const stdins = () => bench.calls().map(({ stdin }) => stdin);
const failing: Answer = { stdout: '{"code":7,"msg":"no","details":"really"}', exit: 1 };

/** A cache file as the reference writes it, with a result of this text. */
const record = (result: string) =>
  '{"kind":"cniCacheV1","containerId":"pod1","config":"e30=","ifName":"eth0",' +
  `"networkName":"net","netns":"/run/netns/pod1","result":${result}}`;
const cachedResult = '{"cniVersion":"1.0.0","interfaces":[{"name":"x"}]}';
/** What a plugin reads on DEL; `prevResult` is a text. */
const stdin = (type: string, prevResult?: string, version = '1.0.0') =>
  `{"cniVersion":"${version}","name":"net",` +
  `${prevResult === undefined ? '' : `"prevResult":${prevResult},`}"type":"${type}"}`;

describe('D: a chain', () => {
  const orders: [plugins: string[], ran: string[]][] = [
    [['a'], ['DEL a']],
    [
      ['a', 'b', 'c'],
      ['DEL c', 'DEL b', 'DEL a'],
    ],
    [
      ['b', 'a', 'b'],
      ['DEL b', 'DEL a', 'DEL b'],
    ],
  ];
  it.each(orders)('D1: %j runs as %j', async (plugins, ran) => {
    await del(plugins);
    expect(bench.ran()).toEqual(ran);
  });

  it.each(['0.4.0', '1.0.0', '1.1.0'])(
    'D2, S3: in version %s each plugin gets the same cached result',
    async (cniVersion) => {
      const result = `{"cniVersion":"${cniVersion}","interfaces":[{"name":"x"}]}`;
      bench.putCache(record(result));
      await del(['a', 'b'], { cniVersion });
      // Below 1.0.0, dns is always there (P3).
      const given = cniVersion === '0.4.0' ? result.replace(/}$/, ',"dns":{}}') : result;
      expect(stdins()).toEqual([stdin('b', given, cniVersion), stdin('a', given, cniVersion)]);
    },
  );

  it('D2, O2: without a cache file everything runs, without a result, again and again', async () => {
    await del(['a', 'b']);
    await del(['a', 'b']);
    expect(stdins()).toEqual([stdin('b'), stdin('a'), stdin('b'), stdin('a')]);
  });

  const unusable: [what: string, text: string, version: string][] = [
    ['no JSON', 'garbage', '1.0.0'],
    ['empty', '', '1.0.0'],
    ['half of a file', record(cachedResult).slice(0, -40), '1.0.0'],
    ['no object', '[1]', '1.0.0'],
    ['of an unknown version', record('{"cniVersion":"9.0.0"}'), '1.0.0'],
    ['wrong in its types', record('{"cniVersion":"1.0.0","ips":3}'), '1.0.0'],
    ['with a bad address', record('{"cniVersion":"1.0.0","ips":[{"address":"x"}]}'), '1.0.0'],
    ['impossible to convert to an unknown version', record(cachedResult), '1.0'],
  ];
  it.each(unusable)(
    'D3: a cache file that is %s goes, and DEL goes on',
    async (_what, text, version) => {
      bench.putCache(text);
      bench.answer('a', 'DEL', failing);
      await refusalOf(() => del(['a', 'b'], { cniVersion: version }));
      expect(stdins()).toEqual([stdin('b', undefined, version), stdin('a', undefined, version)]);
      expect(bench.cached()).toBeUndefined();
    },
  );

  it.each(['0.3.1', '0.3.0', '0.2.0', '0.1.0', ''])(
    'D3b: in version "%s" the cache file is not read, but goes when all is done',
    async (cniVersion) => {
      bench.putCache('garbage');
      bench.answer('a', 'DEL', failing);
      await refusalOf(() => del(['a', 'b'], { cniVersion }));
      expect(bench.cached()).toBe('garbage');
      bench.answer('a', 'DEL', {});
      await del(['a'], { cniVersion });
      expect(stdins()).toEqual(['b', 'a', 'a'].map((type) => stdin(type, undefined, cniVersion)));
      expect(bench.cached()).toBeUndefined();
    },
  );

  it('D6: the cache file goes after the last plugin, not before', async () => {
    bench.putCache(record(cachedResult));
    const seen: boolean[] = [];
    await bench.runtime().delNetworkList(bench.list(['a', 'b']), bench.rt({}), {
      observer: () => void seen.push(bench.cached() !== undefined),
    });
    expect(seen).toEqual([true, true, true, true]);
    expect(bench.cached()).toBeUndefined();
  });

  it('D6: a cache file that cannot be removed is no error', async () => {
    mkdirSync(bench.cacheFile(), { recursive: true });
    writeFileSync(`${bench.cacheFile()}/file`, '');
    await del(['a']);
    expect(bench.ran()).toEqual(['DEL a']);
  });

  const ips4 = '"ips":[{"version":"4","address":"10.0.0.2/8"}]';
  const ips = '"ips":[{"address":"10.0.0.2/8"}]';
  const conversions: [cached: string, version: string, given: string][] = [
    ['{"cniVersion":"0.1.0","ip4":{"ip":"10.0.0.2/8"}}', '1.0.0', `{"cniVersion":"1.0.0",${ips}}`],
    [`{"cniVersion":"0.3.1",${ips4}}`, '1.1.0', `{"cniVersion":"1.1.0",${ips}}`],
    [`{"cniVersion":"1.1.0",${ips}}`, '0.4.0', `{"cniVersion":"0.4.0",${ips4},"dns":{}}`],
    [`{"cniVersion":"1.1.0",${ips}}`, '1.0.0', `{"cniVersion":"1.0.0",${ips}}`],
    [`{${ips}}`, '1.0.0', '{"cniVersion":"1.0.0"}'],
  ];
  it.each(conversions)('D7: the cached %s in version %s is %s', async (cached, version, given) => {
    bench.putCache(record(cached));
    await del(['a'], { cniVersion: version });
    expect(stdins()).toEqual([stdin('a', given, version)]);
  });

  it('D8, S8: arguments and capabilities come from the call, not from ADD', async () => {
    const list = bench.list([{ type: 'a', capabilities: { mac: true, ips: true } }]);
    const added = bench.rt({ args: [['A', '1']], capabilityArgs: { mac: 'aa' } });
    await bench.run('ADD', list, added);
    await bench.run('DEL', list, bench.rt({ args: [['B', '2']], capabilityArgs: { ips: [] } }));
    await bench.run('ADD', list, added);
    await bench.run('DEL', list, bench.rt({}));
    const [, second, , fourth] = bench.calls();
    expect(second && variable(second, 'CNI_ARGS')).toBe('B=2');
    expect(second?.stdin).toContain('"runtimeConfig":{"ips":[]}');
    expect(fourth && variable(fourth, 'CNI_ARGS')).toBe('');
    expect(fourth?.stdin).not.toContain('runtimeConfig');
  });

  const answers: [stdout: string][] = [['garbage'], ['{"code":7}'], ['null'], ['{"ips":3}']];
  it.each(answers)('D9: what is printed, such as %s, counts for nothing', async (stdout) => {
    bench.answer('b', 'DEL', { stdout });
    await del(['a', 'b']);
    expect(bench.ran()).toEqual(['DEL b', 'DEL a']);
  });

  it.each(['/run/netns/gone', 'no path', ''])(
    'D10: the namespace "%s" is not looked at',
    async (netns) => {
      await bench.run('DEL', bench.list(['a']), bench.rt({ netns }));
      expect(bench.calls().map((call) => variable(call, 'CNI_NETNS'))).toEqual([netns]);
    },
  );
});

describe('D: a failure', () => {
  const places: [plugins: string[], ran: string[]][] = [
    [
      ['b', 'a', 'c'],
      ['DEL c', 'DEL a', 'DEL b'],
    ],
    [
      ['a', 'b', 'c'],
      ['DEL c', 'DEL b'],
    ],
    [['a', 'c', 'b'], ['DEL b']],
  ];
  it.each(places)('D4, D6: of b in %j ends it, and the cache file stays', async (plugins, ran) => {
    bench.putCache(record(cachedResult));
    bench.answer('b', 'DEL', failing);
    const error = await refusalOf(() => del(plugins));
    expect(error.message).toBe('plugin type="b" failed (delete): no; really');
    expect(error.toObject()).toEqual({ code: 7, msg: 'no', details: 'really', plugin: 'b' });
    expect(bench.ran()).toEqual(ran);
    expect(bench.cached()).toBe(record(cachedResult));
  });

  it('D4: tells the name of the entry', async () => {
    bench.answer('b', 'DEL', { stderr: 'oops', exit: 2 });
    expect(await refusalText(() => del(['a', { type: 'b', name: 'own' }]))).toBe(
      'plugin type="b" name="own" failed (delete): netplugin failed: "oops": exit status 2',
    );
  });

  it('D5: a missing executable is one', async () => {
    rmSync(bench.at('bin', 'b'));
    bench.putCache(record(cachedResult));
    expect(await refusalText(() => del(['a', 'b', 'c']))).toBe(
      `plugin type="b" failed (delete): failed to find plugin "b" in path [${bench.at('bin')}]`,
    );
    expect(bench.ran()).toEqual(['DEL c']);
    expect(bench.cached()).toBe(record(cachedResult));
  });
});

describe('D: one plugin without a list', () => {
  const plugin = (version: string, type = 'a') =>
    parsePlugin(`{"type":"${type}","name":"net","cniVersion":"${version}"}`);
  const delOne = (version: string, type?: string) =>
    bench.runtime().delNetwork(plugin(version, type), bench.rt({}));

  it('D2, D6: gets the cached result, whose file goes', async () => {
    bench.putCache(record(cachedResult));
    await delOne('1.0.0');
    expect(stdins()).toEqual([stdin('a', cachedResult)]);
    expect(bench.cached()).toBeUndefined();
  });

  it('D3: goes on without a cache file that cannot be read, which goes', async () => {
    bench.putCache('garbage');
    bench.answer('a', 'DEL', failing);
    expect(await refusalText(() => delOne('1.0.0'))).toBe('no; really');
    expect(stdins()).toEqual([stdin('a')]);
    expect(bench.cached()).toBeUndefined();
  });

  it('D3b: does not read it below 0.4.0', async () => {
    bench.putCache(record(cachedResult));
    await delOne('0.3.1');
    expect(stdins()).toEqual([stdin('a', undefined, '0.3.1')]);
  });

  it('D4, D5: fails without a prefix', async () => {
    expect(await refusalText(() => delOne('1.0.0', 'none'))).toBe(
      `failed to find plugin "none" in path [${bench.at('bin')}]`,
    );
  });
});

describe('O: between ADD and DEL', () => {
  it('O2: DEL follows a failed ADD, with no result to hand over', async () => {
    bench.answer('b', 'ADD', failing);
    await refusalOf(() => bench.run('ADD', bench.list(['a', 'b'])));
    await del(['a', 'b']);
    expect(bench.ran()).toEqual(['ADD a', 'ADD b', 'DEL b', 'DEL a']);
    expect(stdins().slice(2)).toEqual([stdin('b'), stdin('a')]);
  });

  it('O3, D7: a list that changed runs its plugins of now with the result of then', async () => {
    await bench.run('ADD', bench.list(['a'], { cniVersion: '1.0.0' }));
    await del(['b', 'c'], { cniVersion: '0.4.0' });
    expect(bench.ran()).toEqual(['ADD a', 'DEL c', 'DEL b']);
    const given = '{"cniVersion":"0.4.0","interfaces":[{"name":"a"}],"dns":{}}';
    expect(stdins().slice(1)).toEqual([stdin('c', given, '0.4.0'), stdin('b', given, '0.4.0')]);
  });
});
