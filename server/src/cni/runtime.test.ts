import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNetwork, parsePlugin } from '@cnilab/shared/cni/config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createExec } from './execute.ts';
import { createRuntime } from './runtime.ts';
import { type Bench, createBench, refusal, runtimeConf } from './testBench.ts';
import type { StepEnd } from './types.ts';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

const ran = () => bench.ran();
const prevResults = () =>
  bench.calls().map(({ stdin }) => (JSON.parse(stdin) as { prevResult?: unknown }).prevResult);
const ends = () => bench.steps.filter((step): step is StepEnd => step.phase === 'end');
const failing = { exit: 1, stdout: '{"code":7,"msg":"no","details":"really"}' };

describe('ADD', () => {
  it('A1, A2, A3: runs in order, hands each result on and gives the last', async () => {
    const own = { cniVersion: '1.0.0', interfaces: [{ name: 'b0' }] };
    const list = bench.list([
      { type: 'a' },
      { type: 'b', script: { ADD: { stdout: JSON.stringify(own) } } },
      { type: 'c' },
    ]);
    const result = await bench.runtime.addNetworkList(list, bench.rt);
    expect(ran()).toEqual(['ADD a', 'ADD b', 'ADD c']);
    expect(prevResults()).toEqual([
      undefined,
      { cniVersion: '1.0.0', interfaces: [{ name: 'eth0' }] },
      own,
    ]);
    expect(result).toMatchObject(own);
  });

  it('E1, E2, E3, E5, E6: gives the environment, and six variables over it', async () => {
    const runtime = createRuntime({
      exec: createExec(),
      path: [bench.bin, 'relative/dir'],
      cacheDir: bench.cacheDir,
      environment: { PATH: process.env['PATH'], TEST_KEPT: 'yes', CNI_ARGS: 'x', CNI_IFNAME: 'x' },
    });
    const args = [
      ['IgnoreUnknown', '1'],
      ['K8S', 'a=b'],
    ] as const;
    await runtime.addNetworkList(bench.list([{ type: 'a' }]), runtimeConf({ args }));
    await runtime.delNetworkList(bench.list([{ type: 'a' }]), runtimeConf({ netns: '' }));
    const [add, del] = bench.calls();
    expect(add?.env).toEqual({
      TEST_KEPT: 'yes',
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'pod1',
      CNI_NETNS: '/run/netns/pod1',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: 'IgnoreUnknown=1;K8S=a=b',
      CNI_PATH: `${bench.bin}:relative/dir`,
    });
    expect(del?.env).toMatchObject({ CNI_COMMAND: 'DEL', CNI_NETNS: '', CNI_ARGS: '' });
  });

  it('E4: has each variable once, the last one given', async () => {
    const environment = { PATH: process.env['PATH'], TEST_UNSET: undefined, CNI_COMMAND: 'DEL' };
    const runtime = createRuntime({
      exec: createExec(),
      path: [bench.bin],
      cacheDir: bench.cacheDir,
      environment,
    });
    await runtime.addNetworkList(bench.list([{ type: 'a' }]), bench.rt);
    expect(bench.calls()[0]?.env).toMatchObject({ CNI_COMMAND: 'ADD' });
    expect(bench.calls()[0]?.env).not.toHaveProperty('TEST_UNSET');
  });

  it('E8: hands a trace on, and leaves out what is empty of it', async () => {
    const seen: Record<string, string>[] = [];
    const exec = createExec();
    const runtime = createRuntime({
      exec: { ...exec, execute: (request) => (seen.push(request.env), exec.execute(request)) },
      path: [bench.bin],
      cacheDir: bench.cacheDir,
      environment: { PATH: process.env['PATH'] },
    });
    const list = bench.list([{ type: 'a' }]);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traces = [
      { traceparent, tracestate: 'a=1', baggage: 'b=2' },
      { traceparent, tracestate: '' },
      { traceparent: '', baggage: 'b=2' },
    ];
    for (const trace of traces) await runtime.delNetworkList(list, bench.rt, { trace });
    expect(
      seen.map(({ TRACEPARENT, TRACESTATE, BAGGAGE }) => [TRACEPARENT, TRACESTATE, BAGGAGE]),
    ).toEqual([
      [traceparent, 'a=1', 'b=2'],
      [traceparent, undefined, undefined],
      [undefined, undefined, undefined],
    ]);
  });

  it('S6, D8: capability arguments reach the plugins that declare them', async () => {
    const list = bench.list([{ type: 'a', capabilities: { mac: true } }, { type: 'b' }]);
    await bench.runtime.addNetworkList(list, runtimeConf({ capabilityArgs: { mac: 'aa' } }));
    const [first, second] = bench.calls();
    expect(first?.stdin).toContain('"runtimeConfig":{"mac":"aa"}');
    expect(second?.stdin).not.toContain('runtimeConfig');
  });

  it('A4, A5, A6, K3: stops at the first failure, undoes nothing, keeps the error whole', async () => {
    const list = bench.list([
      { type: 'a' },
      { type: 'b', name: 'own', script: { ADD: failing } },
      { type: 'c' },
    ]);
    const error = await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(error.message).toBe('plugin type="b" name="own" failed (add): no; really');
    expect(error.toObject()).toEqual({ code: 7, msg: 'no', details: 'really', plugin: 'b' });
    expect(ran()).toEqual(['ADD a', 'ADD b']);
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it('A4, F5: a missing executable is such a failure', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'none' }]);
    const error = await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(error.message).toBe(
      `plugin type="none" failed (add): failed to find plugin "none" in path [${bench.bin}]`,
    );
    expect(ends().map(({ plugin, started }) => [plugin, started])).toEqual([
      ['a', true],
      ['none', false],
    ]);
  });

  it('R1, R8: so is a result that cannot be read', async () => {
    const list = bench.list([{ type: 'a', script: { ADD: { stdout: 'garbage' } } }]);
    const error = await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(error.message).toBe(
      'plugin type="a" failed (add): failed to unmarshal raw result: ' +
        "invalid character 'g' looking for beginning of value",
    );
    expect(ends()[0]).toMatchObject({ exit: 0, started: true, error: { code: 0 } });
  });

  it('V4: looks for the plugin, then at container id, network name and interface name', async () => {
    const bad = runtimeConf({ containerId: '-', ifName: 'a/b' });
    const message = async (list: ReturnType<Bench['list']>, rt = bad) =>
      (await refusal(bench.runtime.addNetworkList(list, rt))).message;
    const prefix = 'plugin type="a" failed (add): ';
    const [none, named, list] = [
      bench.list([{ type: 'none' }], { name: '-' }),
      bench.list([{ type: 'a' }], { name: '-' }),
      bench.list([{ type: 'a' }]),
    ];
    expect(await message(none)).toContain('failed to find plugin');
    expect(await message(named)).toBe(`${prefix}invalid characters in containerID; -`);
    expect(await message(named, runtimeConf({ ifName: 'a/b' }))).toBe(
      `${prefix}invalid characters found in network name; -`,
    );
    expect(await message(list, runtimeConf({ ifName: 'a/b' }))).toBe(
      `${prefix}interface name contains / or : or whitespace characters`,
    );
    expect(ran()).toEqual([]);
  });

  it('A7, C16: caches the text of the list as it was in the file', async () => {
    const text = `{ "name": "net", "cniVersion": "1.0.0", "plugins": [ {"type": "a"} ] }\n`;
    await bench.runtime.addNetworkList(parseNetwork(text), bench.rt);
    const record = JSON.parse(readFileSync(bench.cacheFile, 'utf8')) as { config: string };
    expect(Buffer.from(record.config, 'base64').toString()).toBe(text);
  });

  it('A7, K5: fails if the cache cannot be written', async () => {
    writeFileSync(bench.cacheDir, 'a file');
    const error = await refusal(
      bench.runtime.addNetworkList(bench.list([{ type: 'a' }]), bench.rt),
    );
    expect(error.message).toMatch(
      /^failed to set network "net" cached result: mkdir .*: not a directory$/,
    );
    expect(ran()).toEqual(['ADD a']);
  });

  it('S9: gives plugins no key of the list', async () => {
    const keys = { disableCheck: true, args: { cni: 1 }, own: 2 };
    await bench.runtime.addNetworkList(bench.list([{ type: 'a' }], keys), bench.rt);
    expect(Object.keys(JSON.parse(bench.calls()[0]?.stdin ?? '') as object)).toEqual([
      'cniVersion',
      'name',
      'record',
      'type',
    ]);
  });

  it('A8, K4: may be repeated', async () => {
    const list = bench.list([{ type: 'a' }]);
    await bench.runtime.addNetworkList(list, bench.rt);
    await bench.runtime.addNetworkList(list, bench.rt);
    expect(ran()).toEqual(['ADD a', 'ADD a']);
  });

  it('A9: of one plugin has no prefix and caches the configuration of that plugin', async () => {
    const record = JSON.stringify(bench.record);
    const text = `{ "type": "a", "name": "net", "cniVersion": "0.4.0", "record": ${record} }`;
    await bench.runtime.addNetwork(parsePlugin(text), bench.rt);
    const cached = JSON.parse(readFileSync(bench.cacheFile, 'utf8')) as { config: string };
    expect(Buffer.from(cached.config, 'base64').toString()).toBe(text);
    const bad = parsePlugin('{"type":"a","name":"net","script":{"ADD":{"stdout":"","exit":3}}}');
    const error = await refusal(bench.runtime.addNetwork(bad, bench.rt));
    expect(error.message).toBe('netplugin failed with no error message: exit status 3');
    expect(error.plugin).toBe('a');
    await bench.runtime.delNetwork(parsePlugin(text), bench.rt);
    expect(prevResults()[1]).toMatchObject({ cniVersion: '0.4.0' });
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it('X10: ends with its signal, in the middle of a plugin', async () => {
    const list = bench.list([
      { type: 'a', script: { ADD: { stdout: '', hang: true } } },
      { type: 'b' },
    ]);
    const abort = new AbortController();
    const adding = refusal(bench.runtime.addNetworkList(list, bench.rt, { signal: abort.signal }));
    await vi.waitFor(() => expect(ran()).toEqual(['ADD a']), { timeout: 10_000 });
    abort.abort();
    expect((await adding).message).toBe(
      'plugin type="a" failed (add): netplugin failed with no error message: signal: killed',
    );
    expect(ran()).toEqual(['ADD a']);
  });
});

describe('DEL', () => {
  it('D1, D2, D6, D9: runs in reverse with the cached result, ignores output, forgets', async () => {
    const list = bench.list([{ type: 'a', script: { DEL: { stdout: 'garbage' } } }, { type: 'b' }]);
    await bench.runtime.addNetworkList(list, bench.rt);
    await bench.runtime.delNetworkList(list, bench.rt);
    expect(ran()).toEqual(['ADD a', 'ADD b', 'DEL b', 'DEL a']);
    const final = { cniVersion: '1.0.0', interfaces: [{ name: 'eth0' }] };
    expect(prevResults().slice(2)).toEqual([final, final]);
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it('D2: may be repeated: without a cache it runs everything, without prevResult', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b' }]);
    await bench.runtime.delNetworkList(list, bench.rt);
    await bench.runtime.delNetworkList(list, bench.rt);
    expect(ran()).toEqual(['DEL b', 'DEL a', 'DEL b', 'DEL a']);
    expect(prevResults()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each([
    ['garbage', '1.0.0'],
    ['{"kind":"cniCacheV1","result":{"ips":3,"cniVersion":"1.0.0"}}', '1.0.0'],
    ['{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}', '1.0'],
  ])('D3: forgets the unusable cache %s under version %s and goes on', async (text, version) => {
    bench.putCache(text);
    const list = bench.list([{ type: 'a', script: { DEL: failing } }], { cniVersion: version });
    await refusal(bench.runtime.delNetworkList(list, bench.rt));
    expect(prevResults()).toEqual([undefined]);
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it.each(['0.3.1', '0.1.0', ''])('D3b: below 0.4.0 (%j) has no prevResult', async (cniVersion) => {
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"0.3.1"}}');
    await bench.runtime.delNetworkList(bench.list([{ type: 'a' }], { cniVersion }), bench.rt);
    expect(prevResults()).toEqual([undefined]);
  });

  it('G9: refuses a version that nobody can read', async () => {
    const list = bench.list([{ type: 'a' }], { cniVersion: '1.x' });
    expect((await refusal(bench.runtime.delNetworkList(list, bench.rt))).message).toContain(
      'failed to convert minor version part "x"',
    );
  });

  it('D4, D6: stops at the first failure and keeps the cache', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b', script: { DEL: failing } }]);
    await bench.runtime.addNetworkList(list, bench.rt);
    const error = await refusal(bench.runtime.delNetworkList(list, bench.rt));
    expect(error.message).toBe('plugin type="b" failed (delete): no; really');
    expect(ran()).toEqual(['ADD a', 'ADD b', 'DEL b']);
    expect(existsSync(bench.cacheFile)).toBe(true);
  });

  it('D5: fails if the executable is gone', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b' }]);
    await bench.runtime.addNetworkList(list, bench.rt);
    rmSync(join(bench.bin, 'b'));
    expect((await refusal(bench.runtime.delNetworkList(list, bench.rt))).message).toBe(
      `plugin type="b" failed (delete): failed to find plugin "b" in path [${bench.bin}]`,
    );
  });

  it("D7: converts the cached result to the list's version", async () => {
    bench.putCache(
      '{"kind":"cniCacheV1","result":{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8"},"dns":{}}}',
    );
    await bench.runtime.delNetworkList(bench.list([{ type: 'a' }]), bench.rt);
    expect(prevResults()).toEqual([{ cniVersion: '1.0.0', ips: [{ address: '10.0.0.2/8' }] }]);
  });

  it('S8, D8: takes arguments from its own call and none from the cache', async () => {
    const list = bench.list([{ type: 'a', capabilities: { mac: true } }]);
    const rt = runtimeConf({ args: [['A', '1']], capabilityArgs: { mac: 'aa' } });
    await bench.runtime.addNetworkList(list, rt);
    await bench.runtime.delNetworkList(list, bench.rt);
    expect(bench.calls()[1]?.stdin).not.toContain('runtimeConfig');
    expect(bench.calls()[1]?.env).toMatchObject({ CNI_ARGS: '' });
  });

  it('O2: may follow a failed ADD, and be repeated', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b', script: { ADD: failing } }]);
    await refusal(bench.runtime.addNetworkList(list, bench.rt));
    await bench.runtime.delNetworkList(list, bench.rt);
    await bench.runtime.delNetworkList(list, bench.rt);
    expect(ran()).toEqual(['ADD a', 'ADD b', 'DEL b', 'DEL a', 'DEL b', 'DEL a']);
  });

  it('O3: runs the plugins that the list has now, with the result of then', async () => {
    await bench.runtime.addNetworkList(bench.list([{ type: 'a' }]), bench.rt);
    const now = bench.list([{ type: 'b' }, { type: 'c' }], { cniVersion: '0.4.0' });
    await bench.runtime.delNetworkList(now, bench.rt);
    expect(ran()).toEqual(['ADD a', 'DEL c', 'DEL b']);
    expect(prevResults()[1]).toMatchObject({
      cniVersion: '0.4.0',
      interfaces: [{ name: 'eth0' }],
    });
  });

  it('V5, K7, D10: looks at no name and no namespace', async () => {
    const odd = runtimeConf({ containerId: '', ifName: 'a/b', netns: '/gone' });
    await bench.runtime.delNetworkList(bench.list([{ type: 'a' }]), odd);
    expect(bench.calls()[0]?.env).toMatchObject({ CNI_CONTAINERID: '', CNI_NETNS: '/gone' });
  });
});

describe('the clean-up after a failed ADD', () => {
  it('runs DEL of the started plugins in reverse, past failing and missing ones', async () => {
    const list = bench.list([
      { type: 'a' },
      { type: 'none' },
      { type: 'b', script: { DEL: failing } },
      { type: 'c' },
    ]);
    const steps = await bench.runtime.cleanUpNetworkList(list, bench.rt, 3);
    expect(ran()).toEqual(['DEL b', 'DEL a']);
    expect(steps.map(({ plugin, index, error }) => [plugin, index, error?.message])).toEqual([
      ['b', 2, 'plugin type="b" failed (delete): no; really'],
      [
        'none',
        1,
        `plugin type="none" failed (delete): failed to find plugin "none" in path [${bench.bin}]`,
      ],
      ['a', 0, undefined],
    ]);
    expect(ends().map(({ index }) => index)).toEqual([2, 1, 0]);
  });

  it('hands over a cached result and forgets it once all is well', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b', script: { ADD: failing } }]);
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}');
    await refusal(bench.runtime.addNetworkList(list, bench.rt));
    const started = ends().filter((step) => step.started).length;
    const steps = await bench.runtime.cleanUpNetworkList(list, bench.rt, started);
    expect(steps.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(prevResults().slice(2)).toEqual([{ cniVersion: '1.0.0' }, { cniVersion: '1.0.0' }]);
    expect(existsSync(bench.cacheFile)).toBe(false);
  });

  it('keeps the cached result for a later DEL if a step failed', async () => {
    const list = bench.list([{ type: 'a', script: { DEL: failing } }]);
    bench.putCache('{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0"}}');
    await bench.runtime.cleanUpNetworkList(list, bench.rt, 1);
    expect(existsSync(bench.cacheFile)).toBe(true);
  });

  it('never throws, also for a version that nobody can read', async () => {
    const list = bench.list([{ type: 'a' }], { cniVersion: '1.x' });
    expect(await bench.runtime.cleanUpNetworkList(list, bench.rt, 1)).toEqual([
      { plugin: 'a', index: 0 },
    ]);
  });
});

describe('the observer', () => {
  it('sees each step: what went in, what came out, how long it took', async () => {
    const list = bench.list([
      { type: 'a', script: { ADD: { stderr: 'note\n' } } },
      { type: 'b', script: { ADD: { ...failing, stderr: 'lost' } } },
    ]);
    await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(bench.steps.map(({ phase, plugin, index }) => [phase, plugin, index])).toEqual([
      ['start', 'a', 0],
      ['end', 'a', 0],
      ['start', 'b', 1],
      ['end', 'b', 1],
    ]);
    const [first, second] = ends();
    expect(first).toMatchObject({
      command: 'ADD',
      stdin: bench.calls()[0]?.stdin,
      stdout: '{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}]}',
      stderr: 'note\n',
      exit: 0,
      started: true,
    });
    expect(first?.error).toBeUndefined();
    expect(Object.keys(first?.env ?? {}).sort()).toEqual(
      Object.keys(bench.calls()[0]?.env ?? {})
        .filter((name) => name.startsWith('CNI_'))
        .sort(),
    );
    expect(first?.ms).toBeGreaterThan(0);
    expect(second).toMatchObject({ exit: 1, stderr: 'lost', error: { code: 7, msg: 'no' } });
  });

  it('is waited for before and after each plugin', async () => {
    const events: string[] = [];
    await bench.runtime.addNetworkList(bench.list([{ type: 'a' }, { type: 'b' }]), bench.rt, {
      observer: async ({ phase, plugin }) => {
        events.push(`${phase} ${plugin}, ${ran().length} ran`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${phase} ${plugin} seen, ${ran().length} ran`);
      },
    });
    expect(events).toEqual([
      ...['start a, 0 ran', 'start a seen, 0 ran', 'end a, 1 ran', 'end a seen, 1 ran'],
      ...['start b, 1 ran', 'start b seen, 1 ran', 'end b, 2 ran', 'end b seen, 2 ran'],
    ]);
  });
});

describe('O1: calls at the same time', () => {
  it('attach many pods without losing one', async () => {
    const list = bench.list([{ type: 'a' }]);
    const ids = Array.from({ length: 8 }, (_, index) => `pod${index}`);
    await Promise.all(
      ids.map((containerId) => bench.runtime.addNetworkList(list, runtimeConf({ containerId }))),
    );
    for (const id of ids) {
      expect(existsSync(join(bench.cacheDir, 'results', `net-${id}-eth0`))).toBe(true);
    }
  });

  it('run one after the other for one container, and GC alone', async () => {
    const list = bench.list([{ type: 'a' }, { type: 'b' }]);
    const { runtime, rt } = bench;
    await Promise.all([
      runtime.addNetworkList(list, rt),
      runtime.checkNetworkList(list, rt),
      runtime.gcNetworkList(list),
      runtime.delNetworkList(list, rt),
    ]);
    expect(ran()).toEqual([
      ...['ADD a', 'ADD b', 'CHECK a', 'CHECK b', 'DEL b', 'DEL a', 'DEL b', 'DEL a'],
    ]);
    expect(prevResults().slice(-2)).toEqual([undefined, undefined]);
  });

  it('lose no entry of 200 in the cache', async () => {
    const exec = {
      findInPath: (type: string) => type,
      execute: async () => ({ stdout: '{}', stderr: '', exit: 0, ms: 0 }),
    };
    const runtime = createRuntime({ exec, path: ['/'], cacheDir: bench.cacheDir });
    const list = bench.list([{ type: 'a' }]);
    const confs = Array.from({ length: 200 }, (_, id) => runtimeConf({ containerId: `pod${id}` }));
    await Promise.all(confs.map((rt) => runtime.addNetworkList(list, rt)));
    expect(await runtime.getCachedAttachments()).toHaveLength(200);
    expect(await runtime.gcNetworkList(list)).toHaveLength(200);
    expect(await runtime.getCachedAttachments()).toEqual([]);
  });
});
