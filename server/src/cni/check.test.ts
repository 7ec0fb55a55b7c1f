import { existsSync } from 'node:fs';
import { parsePlugin } from '@cnilab/shared/cni/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, refusal, runtimeConf } from './testBench.ts';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

const failing = { exit: 1, stdout: '{"code":11,"msg":"later","details":"soon"}' };
const check = (...[plugins, keys]: Parameters<Bench['list']>) =>
  bench.runtime.checkNetworkList(bench.list(plugins, keys), bench.rt);
const prevResults = () =>
  bench.calls().map(({ stdin }) => (JSON.parse(stdin) as { prevResult?: unknown }).prevResult);

describe('CHECK', () => {
  it.each(['0.3.1', '0.1.0', ''])('Q1: is refused for version %j', async (cniVersion) => {
    const error = await refusal(check([{ type: 'a' }], { cniVersion, disableCheck: true }));
    expect(error.message).toBe(
      `configuration version "${cniVersion}" does not support the CHECK command`,
    );
    expect(bench.ran()).toEqual([]);
  });

  it('Q1, G9: is refused for a version that nobody can read', async () => {
    const error = await refusal(check([{ type: 'a' }], { cniVersion: '1.0.0.0' }));
    expect(error.message).toBe('invalid version "1.0.0.0": too many parts');
  });

  it('Q2, Q3, D7: runs in list order with one cached result in the version of the list', async () => {
    bench.putCache(
      '{"kind":"cniCacheV1","result":{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}]}}',
    );
    await check([{ type: 'a' }, { type: 'b' }]);
    expect(bench.ran()).toEqual(['CHECK a', 'CHECK b']);
    const result = { cniVersion: '1.0.0', ips: [{ address: '10.0.0.2/8' }] };
    expect(prevResults()).toEqual([result, result]);
  });

  it('S6, E3, D9: gives capabilities and the six variables, and ignores what is printed', async () => {
    const plugin = {
      type: 'a',
      capabilities: { mac: true },
      script: { CHECK: { stdout: 'garbage' } },
    };
    const rt = runtimeConf({ args: [['A', '1']], capabilityArgs: { mac: 'aa' } });
    await bench.runtime.checkNetworkList(bench.list([plugin]), rt);
    expect(bench.calls()[0]?.env).toMatchObject({ CNI_COMMAND: 'CHECK', CNI_ARGS: 'A=1' });
    expect(bench.calls()[0]?.stdin).toContain('"runtimeConfig":{"mac":"aa"}');
  });

  it('Q4: runs without prevResult if nothing is cached', async () => {
    await check([{ type: 'a' }]);
    expect(prevResults()).toEqual([undefined]);
  });

  it('Q4: runs nothing if the cached result cannot be read, and keeps it', async () => {
    bench.putCache('garbage');
    const error = await refusal(check([{ type: 'a' }]));
    expect(error.message).toBe(
      `failed to get network "net" cached result: decoding version from network config: invalid character 'g' looking for beginning of value`,
    );
    expect(bench.ran()).toEqual([]);
    expect(existsSync(bench.cacheFile)).toBe(true);
  });

  it('Q4, D7: nor if it cannot be converted', async () => {
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}');
    const error = await refusal(check([{ type: 'a' }], { cniVersion: '0.9.0' }));
    expect(error.message).toContain('no converter for CNI result version 1.0.0 to 0.9.0');
  });

  it('Q5: stops at the first failure, whose error stays as it is', async () => {
    const error = await refusal(
      check([{ type: 'a' }, { type: 'b', name: 'own', script: { CHECK: failing } }, { type: 'c' }]),
    );
    expect(error.message).toBe('later; soon');
    expect(error.toObject()).toEqual({ code: 11, msg: 'later', details: 'soon', plugin: 'b' });
    expect(bench.ran()).toEqual(['CHECK a', 'CHECK b']);
  });

  it('Q5, F5: a missing executable is such a failure', async () => {
    expect((await refusal(check([{ type: 'none' }]))).message).toBe(
      `failed to find plugin "none" in path [${bench.bin}]`,
    );
  });

  it('Q6: with disableCheck succeeds and runs nothing', async () => {
    bench.putCache('garbage');
    await check([{ type: 'a' }], { disableCheck: true });
    expect(bench.ran()).toEqual([]);
  });

  it('K7, V5: looks at no name, but needs the three that make the name of a cache file', async () => {
    const list = bench.list([{ type: 'a' }]);
    await bench.runtime.checkNetworkList(list, runtimeConf({ containerId: '-', ifName: 'a:b' }));
    const error = await refusal(
      bench.runtime.checkNetworkList(list, runtimeConf({ containerId: '' })),
    );
    expect(error.message).toContain('cache file path requires network name ("net"), container ID');
    expect(bench.ran()).toEqual(['CHECK a']);
  });

  it('Q1, Q6: of one plugin has the same rules, but no disableCheck', async () => {
    const plugin = (keys: Record<string, unknown>) =>
      parsePlugin(JSON.stringify({ type: 'a', name: 'net', record: bench.record, ...keys }));
    const current = plugin({ cniVersion: '1.0.0', disableCheck: true });
    await bench.runtime.addNetwork(current, bench.rt);
    await bench.runtime.checkNetwork(current, bench.rt);
    expect(bench.ran()).toEqual(['ADD a', 'CHECK a']);
    expect(prevResults()[1]).toMatchObject({ interfaces: [{ name: 'eth0' }] });
    const error = await refusal(bench.runtime.checkNetwork(plugin({}), bench.rt));
    expect(error.message).toBe('configuration version "" does not support the CHECK command');
  });
});
