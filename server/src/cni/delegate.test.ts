import { join } from 'node:path';
import { existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DelegateOptions, delegateAdd, delegateCheck, delegateDel } from './delegate.ts';
import { type Bench, createBench, refusal } from './testBench.ts';

let bench: Bench;
let stderr: string;
let options: DelegateOptions;
beforeEach(() => {
  bench = createBench();
  stderr = '';
  options = {
    environment: {
      PATH: process.env['PATH'],
      CNI_COMMAND: 'ADD',
      CNI_PATH: `/nowhere:${bench.bin}`,
      CNI_CONTAINERID: 'pod1',
    },
    onStderr: (text) => (stderr += text),
  };
});
afterEach(() => bench.remove());

/** The configuration of the plugin that delegates: `type` is the scripted one only for the record. */
const stdin = (keys: Record<string, unknown> = {}) =>
  JSON.stringify({ type: 'a', name: 'net', record: bench.record, ...keys });
const failing = { exit: 1, stdout: '{"code":7,"msg":"no","details":"really"}' };

describe('delegation to another plugin', () => {
  it.each([
    [`/nowhere`, 'failed to find plugin "a" in path [/nowhere]'],
    ['', 'no paths provided'],
    [undefined, 'no paths provided'],
  ])('fails if CNI_PATH is %j', async (path, message) => {
    const environment = { ...options.environment, CNI_PATH: path };
    const error = await refusal(delegateDel('a', stdin(), { ...options, environment }));
    expect(error.toObject()).toEqual({ code: 0, msg: message });
  });

  it('hands stderr to whoever wants it if all went well, and undoes nothing if not', async () => {
    await delegateAdd('a', stdin({ script: { ADD: { stdout: '{}', stderr: 'note\n' } } }), options);
    expect(stderr).toBe('note\n');
    const script = { ADD: { ...failing, stderr: 'lost' } };
    const error = await refusal(delegateAdd('a', stdin({ script }), options));
    expect(error.toObject()).toEqual({ code: 7, msg: 'no', details: 'really', plugin: 'a' });
    expect(stderr).toBe('note\n');
    expect(bench.ran()).toEqual(['ADD a', 'ADD a']);
  });

  it('does not start once the signal is given', async () => {
    const signal = AbortSignal.abort();
    const error = await refusal(delegateDel('a', stdin(), { ...options, signal }));
    expect(error.message).toBe('netplugin failed with no error message: context canceled');
    expect(bench.ran()).toEqual([]);
  });
});

const distribution = '/usr/lib/cni';
describe.runIf(existsSync(distribution))('with host-local of the distribution', () => {
  it('I1, I3: gives an address and takes it back', async () => {
    const dataDir = join(bench.folder, 'addresses');
    const config = JSON.stringify({
      cniVersion: '1.0.0',
      name: 'net',
      type: 'mine',
      ipam: { type: 'host-local', subnet: '10.9.0.0/24', dataDir },
    });
    const environment = {
      ...options.environment,
      CNI_PATH: distribution,
      CNI_ARGS: '',
      CNI_NETNS: '/run/netns/pod1',
      CNI_IFNAME: 'eth0',
    };
    const result = await delegateAdd('host-local', config, { environment });
    expect(result).toMatchObject({ ips: [{ address: '10.9.0.2/24', gateway: '10.9.0.1' }] });
    await delegateCheck('host-local', config, { environment });
    await delegateDel('host-local', config, { environment });
    expect(existsSync(join(dataDir, 'net', '10.9.0.2'))).toBe(false);
    rmSync(dataDir, { recursive: true });
  });
});
