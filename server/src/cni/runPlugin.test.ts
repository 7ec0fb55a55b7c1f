import { CniError, libraryError } from '@cnilab/shared/cni/errors';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { describe, expect, it } from 'vitest';
import { type PluginCall, type PluginHandlers, callPlugin, prevResultOf } from './runPlugin.ts';

const versions = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'];
const complete = {
  CNI_CONTAINERID: 'pod1',
  CNI_NETNS: '/run/netns/pod1',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/opt/cni/bin',
  CNI_ARGS: 'A=1',
};
const config = (keys: Record<string, unknown> = {}) =>
  JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'mine', ...keys });

interface Given {
  env?: Record<string, string | undefined>;
  stdin?: string;
  handlers?: Partial<PluginHandlers>;
  about?: string;
  supported?: string[];
}

/** Runs a plugin that writes its calls down; what it printed comes back as JSON where it is JSON. */
async function call(command: string | undefined, given: Given = {}) {
  const calls: PluginCall[] = [];
  const note = (seen: PluginCall) => {
    calls.push(seen);
  };
  const handlers: PluginHandlers = {
    add: (seen) => (note(seen), prevResultOf(seen) ?? parseResult('{}', '1.0.0')),
    ...{ check: note, del: note, gc: note, status: note },
    ...given.handlers,
  };
  let stdout = '';
  let stderr = '';
  const exit = await callPlugin(handlers, given.supported ?? versions, given.about ?? 'About.', {
    env: { ...complete, CNI_COMMAND: command, ...given.env },
    stdin: async () => given.stdin ?? config(),
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
  });
  return { exit, stdout, stderr, calls };
}
const refusal = async (command: string | undefined, given: Given = {}) => {
  const { exit, stdout, calls } = await call(command, given);
  expect({ exit, calls }).toEqual({ exit: 1, calls: [] });
  return JSON.parse(stdout) as unknown;
};

describe('the main program of a plugin', () => {
  it('N1: without a command tells about itself', async () => {
    for (const command of [undefined, '']) {
      expect(await call(command)).toMatchObject({
        exit: 0,
        stdout: '',
        stderr: 'About.\nCNI protocol versions supported: 0.3.1, 0.4.0, 1.0.0, 1.1.0\n',
      });
    }
    expect(await refusal('', { about: '' })).toEqual({
      code: 4,
      msg: 'required env variables [CNI_COMMAND] missing',
    });
  });

  const none = Object.fromEntries(Object.keys(complete).map((name) => [name, '']));
  it.each([
    ['ADD', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['CHECK', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['DEL', 'CNI_CONTAINERID,CNI_IFNAME,CNI_PATH'],
    ['GC', 'CNI_PATH'],
    ['STATUS', 'CNI_PATH'],
  ])('N2: %s needs %s', async (command, names) => {
    expect(await refusal(command, { env: none })).toEqual({
      code: 4,
      msg: `required env variables [${names}] missing`,
    });
  });

  it.each([
    ['ADD', { CNI_CONTAINERID: '-' }, 4, 'invalid characters in containerID'],
    ['DEL', { CNI_IFNAME: 'a/b' }, 4, 'interface name contains / or : or whitespace characters'],
  ])('N3, V1, V3: %s refuses the names %j', async (command, env, code, msg) => {
    expect(await refusal(command, { env })).toMatchObject({ code, msg });
  });

  it('N3: GC and STATUS do not look at names that they do not need', async () => {
    const env = { CNI_CONTAINERID: '-', CNI_IFNAME: 'a/b' };
    for (const command of ['GC', 'STATUS']) expect((await call(command, { env })).exit).toBe(0);
  });

  it.each([
    ['garbage', 6, "error unmarshall network config: invalid character 'g' looking for"],
    ['', 6, 'error unmarshall network config: unexpected end of JSON input'],
    ['[]', 6, 'error unmarshall network config: json: cannot unmarshal array'],
    ['{"name":1}', 6, 'error unmarshall network config: json: cannot unmarshal number'],
    ['{}', 7, 'missing network name'],
    ['null', 7, 'missing network name'],
    ['{"name":"-"}', 7, 'invalid characters found in network name'],
    ['{"name":"n","cniVersion":1}', 6, 'decoding version from network config: json: cannot'],
  ])('N3, V2: refuses the configuration %s', async (stdin, code, msg) => {
    expect(await refusal('ADD', { stdin })).toMatchObject({
      code,
      msg: expect.stringContaining(msg),
    });
  });

  it('N4: refuses an unknown verb, after the configuration', async () => {
    expect(await refusal('UPDATE')).toEqual({ code: 4, msg: 'unknown CNI_COMMAND: UPDATE' });
    expect(await refusal('UPDATE', { stdin: '{}' })).toMatchObject({ code: 7 });
  });

  it('N4, W2: VERSION needs nothing and reads nothing', async () => {
    expect(await call('VERSION', { env: none, stdin: 'garbage' })).toMatchObject({
      exit: 0,
      stdout: '{"cniVersion":"1.1.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}\n',
    });
  });

  it.each(['0.2.0', '1.2.0', '1.0', ''])('N5: refuses the version %j', async (cniVersion) => {
    expect(await refusal('ADD', { stdin: config({ cniVersion }) })).toEqual({
      code: 1,
      msg: 'incompatible CNI versions',
      details: `config is "${cniVersion || '0.1.0'}", plugin supports ["0.3.1" "0.4.0" "1.0.0" "1.1.0"]`,
    });
  });

  it.each([
    ['CHECK', '0.3.1'],
    ['GC', '1.0.0'],
    ['STATUS', '0.4.0'],
  ])('N6: %s is not allowed in version %s', async (command, cniVersion) => {
    expect(await refusal(command, { stdin: config({ cniVersion }) })).toEqual({
      code: 1,
      msg: `config version does not allow ${command}`,
    });
  });

  it('N6: a plugin whose versions are all older does not allow it either', async () => {
    expect(await refusal('GC', { supported: ['0.4.0', '1.0.0'] })).toEqual({
      code: 1,
      msg: 'plugin version does not allow GC',
    });
  });

  it('N6, G9: nor does a version that nobody can read', async () => {
    expect(await refusal('CHECK', { stdin: config({ cniVersion: 'x' }) })).toMatchObject({
      code: 6,
      msg: expect.stringContaining('failed to convert major version part "x"'),
    });
  });

  it('N7: what a plugin does not implement succeeds silently', async () => {
    const add: PluginHandlers = { add: () => parseResult('{}', '1.0.0') };
    for (const command of ['CHECK', 'DEL', 'GC', 'STATUS']) {
      const written: string[] = [];
      const exit = await callPlugin(add, versions, '', {
        env: { ...complete, CNI_COMMAND: command },
        stdin: async () => config(),
        out: (text) => written.push(text),
        err: (text) => written.push(text),
      });
      expect({ exit, written }).toEqual({ exit: 0, written: [] });
    }
  });

  it('N8: refuses its own namespace before it does anything, unless told otherwise', async () => {
    const env = { CNI_NETNS: '/proc/self/ns/net' };
    for (const command of ['ADD', 'DEL']) {
      expect(await refusal(command, { env })).toEqual({
        code: 8,
        msg: "plugin's netns and netns from CNI_NETNS should not be the same",
      });
      for (const CNI_NETNS_OVERRIDE of ['1', 'true', 'TRUE']) {
        const { exit } = await call(command, { env: { ...env, CNI_NETNS_OVERRIDE } });
        expect(exit).toBe(0);
      }
    }
    expect((await call('CHECK', { env })).exit).toBe(0);
  });

  it.each([
    [new Error('boom'), { code: 999, msg: 'boom' }],
    ['boom', { code: 999, msg: 'boom' }],
    [libraryError('failed to find plugin'), { code: 999, msg: 'failed to find plugin' }],
    [
      new CniError({ code: 11, msg: 'later', details: 'soon' }),
      { code: 11, msg: 'later', details: 'soon' },
    ],
    [
      new CniError({ code: 0, msg: 'netplugin failed', plugin: 'ipam' }),
      { code: 0, msg: 'netplugin failed' },
    ],
  ])('N9, I2: prints the failure %s', async (thrown, printed) => {
    const add = () => {
      throw thrown;
    };
    expect(await refusal('ADD', { handlers: { add } })).toEqual(printed);
  });

  it('gives the handler what it was called with', async () => {
    const stdin = config({ n: 1.0 });
    for (const command of ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS']) {
      const { calls } = await call(command, { stdin });
      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatchObject({
        command,
        containerId: 'pod1',
        netns: '/run/netns/pod1',
        ifName: 'eth0',
        args: 'A=1',
        path: '/opt/cni/bin',
        stdin,
        cniVersion: '1.1.0',
      });
      expect(calls[0]?.config.get('type')).toBe('mine');
    }
  });

  it('P1, R20: prints the result in the version of the configuration', async () => {
    const prevResult = { cniVersion: '0.4.0', ips: [{ version: '4', address: '10.0.0.2/8' }] };
    const old = await call('ADD', { stdin: config({ cniVersion: '0.4.0', prevResult }) });
    expect(JSON.parse(old.stdout)).toEqual({ ...prevResult, dns: {} });
    const add = () => parseResult(JSON.stringify(prevResult), '');
    const { stdout } = await call('ADD', { handlers: { add } });
    expect(stdout).toBe(
      '{\n    "cniVersion": "1.1.0",\n    "ips": [\n        {\n' +
        '            "address": "10.0.0.2/8"\n        }\n    ]\n}',
    );
  });

  it('R9: fails with a prevResult that cannot be read', async () => {
    const { exit, stdout } = await call('ADD', { stdin: config({ prevResult: { ips: 1 } }) });
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 999 });
  });
});
