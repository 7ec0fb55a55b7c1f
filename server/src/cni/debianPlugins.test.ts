import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseNetwork } from '@cnilab/shared/cni/config';
import { fromPlain } from '@cnilab/shared/cni/json';
import { attachmentView } from '@cnilab/shared/cni/result';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExec } from './execute.ts';
import { createRuntime } from './runtime.ts';
import { type Bench, createBench } from './testBench.ts';

const directory = '/usr/lib/cni';

let bench: Bench;
beforeEach(() => (bench = createBench()));
afterEach(() => bench.remove());

// Set-up installs them; elsewhere the scripted plugins have to do.
describe.runIf(existsSync(directory))('with the plugins of the distribution', () => {
  const exec = createExec();

  it('loopback answers VERSION', async () => {
    const outcome = await exec.execute({
      path: exec.findInPath('loopback', [directory]),
      stdin: '{"cniVersion":"1.0.0"}',
      env: { CNI_COMMAND: 'VERSION', CNI_PATH: directory },
    });
    expect(outcome.exit).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      supportedVersions: expect.arrayContaining(['0.4.0', '1.0.0']),
    });
  });

  it('host-local gives an address on ADD and takes it back on DEL', async () => {
    const dataDir = join(bench.folder, 'addresses');
    const list = parseNetwork(
      fromPlain({
        cniVersion: '1.0.0',
        name: 'net',
        plugins: [
          { type: 'host-local', ipam: { type: 'host-local', subnet: '10.9.0.0/24', dataDir } },
        ],
      }),
    );
    const runtime = createRuntime({ exec, path: [directory], cacheDir: bench.cacheDir });
    const result = await runtime.addNetworkList(list, bench.rt);
    expect(attachmentView(result).ips).toEqual([{ address: '10.9.0.2/24', gateway: '10.9.0.1' }]);
    expect(existsSync(join(dataDir, 'net', '10.9.0.2'))).toBe(true);
    await expect(runtime.addNetworkList(list, bench.rt)).rejects.toMatchObject({
      code: 999,
      msg: expect.stringContaining('duplicate allocation is not allowed'),
      plugin: 'host-local',
    });
    await runtime.delNetworkList(list, bench.rt);
    expect(existsSync(join(dataDir, 'net', '10.9.0.2'))).toBe(false);
    await runtime.delNetworkList(list, bench.rt);
  });
});
