import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parsePlugin } from '@cnilab/shared/cni/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExec } from './execute.ts';
import { createRuntime } from './runtime.ts';
import { type Bench, createBench, refusal, runtimeConf } from './testBench.ts';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

const failing = { exit: 1, stdout: '{"code":50,"msg":"no","details":"really"}' };
const noAttachment = {
  CNI_CONTAINERID: '',
  CNI_NETNS: '',
  CNI_IFNAME: '',
  CNI_ARGS: '',
};
const list = (...[plugins, keys]: Parameters<Bench['list']>) =>
  bench.list(plugins, { cniVersion: '1.1.0', ...keys });
const attach = (containerId: string, changes: Parameters<typeof runtimeConf>[0] = {}) =>
  bench.runtime.addNetworkList(list([{ type: 'a' }]), runtimeConf({ containerId, ...changes }));
const cached = () => readdirSync(join(bench.cacheDir, 'results'));
const ranAfterAdd = () => bench.ran().filter((call) => !call.startsWith('ADD'));

describe('GC', () => {
  it('G1: with disableGC does nothing', async () => {
    await attach('pod1');
    expect(await bench.runtime.gcNetworkList(list([{ type: 'a' }], { disableGC: true }))).toEqual(
      [],
    );
    expect(ranAfterAdd()).toEqual([]);
  });

  it('G2, G3, G4: takes down what is not valid any more with its cached values, then asks plugins', async () => {
    await attach('pod1');
    await attach('pod2', { args: [['A', '1']], capabilityArgs: { mac: 'aa' }, netns: '/gone' });
    await attach('pod1', { ifName: 'eth1' });
    const plugins = [{ type: 'a', capabilities: { mac: true } }, { type: 'b' }];
    const gone = await bench.runtime.gcNetworkList(list(plugins), {
      validAttachments: [
        { containerId: 'pod1', ifName: 'eth1' },
        { containerId: 'pod2', ifName: 'eth9' },
      ],
    });
    expect(gone.map(({ containerId, ifName }) => `${containerId} ${ifName}`)).toEqual([
      'pod1 eth0',
      'pod2 eth0',
    ]);
    expect(ranAfterAdd()).toEqual(['DEL b', 'DEL a', 'DEL b', 'DEL a', 'GC a', 'GC b']);
    expect(cached()).toEqual(['net-pod1-eth1']);
    const del = bench.calls().findLast(({ command }) => command === 'DEL');
    expect(del?.env).toMatchObject({
      CNI_CONTAINERID: 'pod2',
      CNI_NETNS: '/gone',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: 'A=1',
    });
    expect(JSON.parse(del?.stdin ?? '')).toMatchObject({
      runtimeConfig: { mac: 'aa' },
      prevResult: { cniVersion: '1.1.0' },
    });
  });

  it('S10, E3: tells plugins the valid attachments under both keys, and of no attachment', async () => {
    const plugin = { type: 'a', capabilities: { mac: true } };
    await bench.runtime.gcNetworkList(list([plugin]), {
      validAttachments: [{ containerId: 'pod1', ifName: 'eth0' }],
    });
    const [call] = bench.calls();
    expect(call?.env).toMatchObject({ CNI_COMMAND: 'GC', CNI_PATH: bench.bin, ...noAttachment });
    const attachments = [{ containerID: 'pod1', ifname: 'eth0' }];
    expect(JSON.parse(call?.stdin ?? '')).toEqual({
      cniVersion: '1.1.0',
      name: 'net',
      ...plugin,
      record: bench.record,
      'cni.dev/valid-attachments': attachments,
      'cni.dev/attachments': attachments,
    });
  });

  it('S10: tells null or nothing where the caller told no attachments', async () => {
    await bench.runtime.gcNetworkList(list([{ type: 'a' }]), {});
    await bench.runtime.gcNetworkList(list([{ type: 'a' }]), { validAttachments: [] });
    await bench.runtime.gcNetworkList(list([{ type: 'a' }]));
    const [none, empty, absent] = bench.calls().map(({ stdin }) => stdin);
    expect(none).toContain('"cni.dev/attachments":null,"cni.dev/valid-attachments":null');
    expect(empty).toContain('"cni.dev/attachments":[],"cni.dev/valid-attachments":[]');
    expect(absent).not.toContain('attachments');
  });

  it.each(['1.0.0', '0.4.0', ''])(
    'G5: below 1.1.0 (%j) there are only DELs',
    async (cniVersion) => {
      await attach('pod1');
      await bench.runtime.gcNetworkList(list([{ type: 'a' }], { cniVersion }));
      expect(ranAfterAdd()).toEqual(['DEL a']);
      expect(cached()).toEqual([]);
    },
  );

  it('G9: an unreadable version is too old for GC, but fails the DELs', async () => {
    const odd = list([{ type: 'a' }], { cniVersion: 'x' });
    await bench.runtime.gcNetworkList(odd);
    await attach('pod1');
    expect((await refusal(bench.runtime.gcNetworkList(odd))).message).toBe(
      'failed to delete stale attachment pod1 eth0: failed to convert major version part "x": ' +
        'strconv.Atoi: parsing "x": invalid syntax',
    );
    expect(ranAfterAdd()).toEqual([]);
  });

  it('G6, D4: goes on past failures and tells all of them, a line each', async () => {
    await attach('pod1');
    await attach('pod2');
    const plugins = [
      { type: 'a', script: { GC: failing } },
      { type: 'b', script: { DEL: failing } },
      { type: 'none' },
    ];
    const missing = `failed to find plugin "none" in path [${bench.bin}]`;
    const stale = (id: string) =>
      `failed to delete stale attachment ${id} eth0: plugin type="none" failed (delete): ${missing}`;
    const error = await refusal(bench.runtime.gcNetworkList(list(plugins)));
    expect(error.message.split('\n')).toEqual([
      stale('pod1'),
      stale('pod2'),
      'failed to GC plugin a: no; really',
      `failed to GC plugin none: ${missing}`,
    ]);
    expect(ranAfterAdd()).toEqual(['GC a', 'GC b']);
    expect(cached()).toEqual(['net-pod1-eth0', 'net-pod2-eth0']);
  });

  it('G6: keeps the code of the only error', async () => {
    const error = await refusal(
      bench.runtime.gcNetworkList(list([{ type: 'a', script: { GC: failing } }])),
    );
    expect(error.toObject()).toEqual({ code: 50, msg: 'no', details: 'really', plugin: 'a' });
    expect(error.message).toBe('failed to GC plugin a: no; really');
  });

  it('G7: without a cache only asks the plugins', async () => {
    await bench.runtime.gcNetworkList(list([{ type: 'a' }]));
    expect(bench.ran()).toEqual(['GC a']);
  });

  it('G7: does nothing if the cache cannot be listed', async () => {
    mkdirSync(bench.cacheDir);
    writeFileSync(join(bench.cacheDir, 'results'), 'a file');
    expect(await bench.runtime.gcNetworkList(list([{ type: 'a' }]))).toEqual([]);
    expect(bench.ran()).toEqual([]);
  });

  it('G2, G8: leaves other networks and foreign files alone', async () => {
    await attach('pod1');
    bench.putCache('garbage', 'net-pod2-eth0');
    bench.putCache('{"kind":"other","networkName":"net","ifName":"eth0"}', 'net-pod3-eth0');
    bench.putCache('{"kind":"cniCacheV1","networkName":"net2","ifName":"eth0"}', 'net2-x-eth0');
    bench.putCache('{"kind":"cniCacheV1","networkName":"net","ifName":""}', 'net-x-');
    await bench.runtime.gcNetworkList(list([{ type: 'a' }], { cniVersion: '1.0.0' }));
    expect(ranAfterAdd()).toEqual(['DEL a']);
    expect(cached()).toEqual(['net-pod2-eth0', 'net-pod3-eth0', 'net-x-', 'net2-x-eth0']);
  });
});

describe('STATUS', () => {
  it('U1, U2, S10: asks each plugin once, in order, about no attachment', async () => {
    await bench.runtime.getStatusNetworkList(
      list([{ type: 'a', capabilities: { mac: true } }, { type: 'b' }]),
    );
    expect(bench.ran()).toEqual(['STATUS a', 'STATUS b']);
    const [call] = bench.calls();
    expect(call?.env).toMatchObject({
      CNI_COMMAND: 'STATUS',
      CNI_PATH: bench.bin,
      ...noAttachment,
    });
    expect(Object.keys(JSON.parse(call?.stdin ?? '') as object)).toEqual([
      'capabilities',
      'cniVersion',
      'name',
      'record',
      'type',
    ]);
  });

  it.each(['1.0.0', '', 'x'])('U3, G9: asks nobody for version %j', async (cniVersion) => {
    await bench.runtime.getStatusNetworkList(list([{ type: 'none' }], { cniVersion }));
    expect(bench.steps).toEqual([]);
  });

  it('U4: gives the first error as it is', async () => {
    const error = await refusal(
      bench.runtime.getStatusNetworkList(
        list([{ type: 'a', script: { STATUS: failing } }, { type: 'b' }]),
      ),
    );
    expect(error.message).toBe('no; really');
    expect(error.toObject()).toMatchObject({ code: 50, plugin: 'a' });
    expect(bench.ran()).toEqual(['STATUS a']);
  });

  it('U4: a missing executable is such an error', async () => {
    expect(
      (await refusal(bench.runtime.getStatusNetworkList(list([{ type: 'none' }])))).message,
    ).toBe(`failed to find plugin "none" in path [${bench.bin}]`);
  });
});

/** A plugin that prints a fixed text; `env` and `stdin` are kept beside it. */
const answering = (name: string, stdout: string, exit = 0) => {
  const path = join(bench.bin, name);
  writeFileSync(`${path}.json`, stdout);
  writeFileSync(
    path,
    `#!/bin/sh\ncat > "$0.stdin"\nenv | grep ^CNI_ | sort > "$0.env"\ncat "$0.json"\nexit ${exit}\n`,
  );
  chmodSync(path, 0o755);
};
const versions = (...supportedVersions: string[]) =>
  JSON.stringify({ cniVersion: '1.1.0', supportedVersions });

describe('VERSION', () => {
  it('W1: asks with values that old plugins want', async () => {
    answering('v', versions('0.4.0', '1.0.0'));
    expect(await bench.runtime.getVersionInfo('v')).toEqual({
      supportedVersions: ['0.4.0', '1.0.0'],
    });
    expect(readFileSync(join(bench.bin, 'v.stdin'), 'utf8')).toBe('{"cniVersion":"1.1.0"}');
    expect(readFileSync(join(bench.bin, 'v.env'), 'utf8').trim().split('\n')).toEqual([
      'CNI_ARGS=',
      'CNI_COMMAND=VERSION',
      'CNI_CONTAINERID=',
      'CNI_IFNAME=dummy',
      'CNI_NETNS=dummy',
      'CNI_PATH=dummy',
    ]);
    expect(bench.steps.map(({ phase, command }) => `${phase} ${command}`)).toEqual([
      'start VERSION',
      'end VERSION',
    ]);
  });

  it.each([
    ['{}', 'missing field cniVersion'],
    ['null', 'missing field cniVersion'],
    ['{"supportedVersions":["1.0.0"]}', 'missing field cniVersion'],
    ['{"cniVersion":"1.0.0"}', 'missing field supportedVersions'],
    ['{"cniVersion":"1.0.0","supportedVersions":[]}', 'missing field supportedVersions'],
    ['', 'unexpected end of JSON input'],
    ['[]', 'json: cannot unmarshal array into Go value of type version.pluginInfo'],
    ['{"cniVersion":1}', 'json: cannot unmarshal number into Go struct field'],
  ])('W2: %s is no answer: %s', async (stdout, reason) => {
    answering('v', stdout);
    const error = await refusal(bench.runtime.getVersionInfo('v'));
    expect(error.message).toContain(`decoding version info: ${reason}`);
    expect(error.plugin).toBe('v');
  });

  it('W2: 0.2.0 without a list means the two versions of that time', async () => {
    answering('v', '{"cniVersion":"0.2.0"}');
    expect(await bench.runtime.getVersionInfo('v')).toEqual({
      supportedVersions: ['0.1.0', '0.2.0'],
    });
  });

  it('W3: a plugin that does not know the command counts as 0.1.0, with just these words', async () => {
    answering('v', '{"code":4,"msg":"unknown CNI_COMMAND: VERSION"}', 1);
    expect(await bench.runtime.getVersionInfo('v')).toEqual({ supportedVersions: ['0.1.0'] });
    answering('v', '{"code":4,"msg":"unknown CNI_COMMAND: VERSION","details":"x"}', 1);
    expect(await refusal(bench.runtime.getVersionInfo('v'))).toMatchObject({ code: 4 });
  });
});

describe('the validation of a configuration', () => {
  it('W4: gives each capability that is declared once', async () => {
    answering('v', versions('1.1.0'));
    answering('w', versions('1.0.0', '1.1.0'));
    const plugins = [
      { type: 'v', capabilities: { mac: true, ips: false } },
      { type: 'w', capabilities: { mac: true, portMappings: true } },
    ];
    const capabilities = await bench.runtime.validateNetworkList(list(plugins));
    expect(capabilities.toSorted()).toEqual(['mac', 'portMappings']);
    expect(existsSync(bench.record)).toBe(false);
  });

  it('W4: tells all problems together', async () => {
    answering('v', versions('0.4.0'));
    answering('w', versions('1.1.0'));
    const plugins = [{ type: 'v' }, { type: 'none' }, { type: 'w' }];
    expect((await refusal(bench.runtime.validateNetworkList(list(plugins)))).message).toBe(
      '[plugin v does not support config version "1.1.0" ' +
        `failed to find plugin "none" in path [${bench.bin}]]`,
    );
  });

  it('W4: no version is 0.1.0', async () => {
    answering('v', versions('0.1.0'));
    answering('w', versions('1.1.0'));
    await bench.runtime.validateNetworkList(list([{ type: 'v' }], { cniVersion: '' }));
    const error = await refusal(bench.runtime.validateNetwork(parsePlugin('{"type":"w"}')));
    expect(error.message).toBe('plugin w does not support config version "0.1.0"');
  });

  it('W4: of one plugin gives its capabilities', async () => {
    answering('v', versions('1.0.0'));
    const plugin = parsePlugin(
      '{"type":"v","cniVersion":"1.0.0","capabilities":{"a":true,"b":false}}',
    );
    expect(await bench.runtime.validateNetwork(plugin)).toEqual(['a']);
  });
});

const distribution = '/usr/lib/cni';
describe.runIf(existsSync(distribution))('with the plugins of the distribution', () => {
  const runtime = () =>
    createRuntime({ exec: createExec(), path: [distribution], cacheDir: bench.cacheDir });

  it('W1, W2: loopback, host-local and static tell their versions', async () => {
    for (const type of ['loopback', 'host-local', 'static']) {
      const { supportedVersions } = await runtime().getVersionInfo(type);
      expect(supportedVersions).toEqual(expect.arrayContaining(['0.1.0', '0.4.0', '1.0.0']));
    }
  });

  it('N10: loopback of before 1.1.0 misses a container id in GC and STATUS', async () => {
    const { supportedVersions } = await runtime().getVersionInfo('loopback');
    const network = list([{ type: 'loopback' }]);
    const asked = [runtime().getStatusNetworkList(network), runtime().gcNetworkList(network)];
    const outcomes = await Promise.allSettled(asked);
    const missing = { status: 'rejected', reason: { code: 3, msg: 'missing containerID' } };
    const expected = supportedVersions.includes('1.1.0') ? { status: 'fulfilled' } : missing;
    expect(outcomes).toMatchObject([expected, expected]);
  });

  it('Q3, G2: host-local finds its address on CHECK, and gives it back on GC', async () => {
    const dataDir = join(bench.folder, 'addresses');
    const ipam = { type: 'host-local', subnet: '10.9.0.0/24', dataDir };
    const network = bench.list([{ type: 'host-local', ipam }]);
    await runtime().addNetworkList(network, bench.rt);
    await runtime().checkNetworkList(network, bench.rt);
    rmSync(join(dataDir, 'net', '10.9.0.2'));
    const error = await refusal(runtime().checkNetworkList(network, bench.rt));
    expect(error).toMatchObject({ code: 999, plugin: 'host-local' });
    expect(error.message).toMatch(/^host-local: Failed to find address added by container/);

    await runtime().addNetworkList(network, runtimeConf({ containerId: 'pod2' }));
    const gone = await runtime().gcNetworkList(network, {
      validAttachments: [{ containerId: 'pod1', ifName: 'eth0' }],
    });
    expect(gone.map(({ containerId }) => containerId)).toEqual(['pod2']);
    expect(readdirSync(join(dataDir, 'net')).filter((name) => name.startsWith('10.'))).toEqual([]);
    expect(cached()).toEqual(['net-pod1-eth0']);
  });
});
