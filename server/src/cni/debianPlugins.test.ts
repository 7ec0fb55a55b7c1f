import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { attachmentView } from '@cnilab/shared/cni/result';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExec } from './execute.ts';
import { createRuntime } from './runtime.ts';
import { type Bench, createBench, refusal, runtimeConf } from './testBench.ts';

const directory = '/usr/lib/cni';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

// Set-up installs them; elsewhere the scripted plugins have to do.
describe.runIf(existsSync(directory))('with the plugins of the distribution', () => {
  const runtime = () =>
    createRuntime({ exec: createExec(), path: [directory], cacheDir: bench.cacheDir });

  it('host-local gives an address on ADD and takes it back on DEL', async () => {
    const dataDir = join(bench.folder, 'addresses');
    const list = bench.list([
      { type: 'host-local', ipam: { type: 'host-local', subnet: '10.9.0.0/24', dataDir } },
    ]);
    const result = await runtime().addNetworkList(list, bench.rt);
    expect(attachmentView(result).ips).toEqual([{ address: '10.9.0.2/24', gateway: '10.9.0.1' }]);
    expect(existsSync(join(dataDir, 'net', '10.9.0.2'))).toBe(true);
    await expect(runtime().addNetworkList(list, bench.rt)).rejects.toMatchObject({
      code: 999,
      msg: expect.stringContaining('duplicate allocation is not allowed'),
      plugin: 'host-local',
    });
    await runtime().delNetworkList(list, bench.rt);
    expect(existsSync(join(dataDir, 'net', '10.9.0.2'))).toBe(false);
    await runtime().delNetworkList(list, bench.rt);
  });

  it('W1, W2: loopback, host-local and static tell their versions', async () => {
    for (const type of ['loopback', 'host-local', 'static']) {
      const { supportedVersions } = await runtime().getVersionInfo(type);
      expect(supportedVersions).toEqual(expect.arrayContaining(['0.1.0', '0.4.0', '1.0.0']));
    }
  });

  it('N10: loopback of before 1.1.0 misses a container id in GC and STATUS', async () => {
    const { supportedVersions } = await runtime().getVersionInfo('loopback');
    const network = bench.list([{ type: 'loopback' }], { cniVersion: '1.1.0' });
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
    expect(readdirSync(join(bench.cacheDir, 'results'))).toEqual(['net-pod1-eth0']);
  });
});
