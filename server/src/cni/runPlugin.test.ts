import { CniError, libraryError } from '@cnilab/shared/cni/errors';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { describe, expect, it } from 'vitest';
import { type PluginCall, type PluginHandlers, callPlugin, prevResultOf } from './runPlugin.ts';

const complete = {
  CNI_CONTAINERID: 'pod1',
  CNI_NETNS: '/run/netns/pod1',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/opt/cni/bin',
  CNI_ARGS: 'A=1',
};
const stdin = JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'mine', n: 1.0 });

/** Runs a plugin with these handlers; gives the exit code and what it printed. */
async function run(command: string, handlers: PluginHandlers, input = stdin) {
  let stdout = '';
  const exit = await callPlugin(handlers, ['1.0.0', '1.1.0'], '', {
    env: { ...complete, CNI_COMMAND: command },
    stdin: async () => input,
    out: (text) => (stdout += text),
    err: () => undefined,
  });
  return { exit, stdout };
}

// What a plugin refuses and prints is in the conformance suite, section N.
describe('the main program of a plugin', () => {
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
  ])('prints the failure %s', async (thrown, printed) => {
    const add = () => {
      throw thrown;
    };
    const { exit, stdout } = await run('ADD', { add });
    expect([exit, JSON.parse(stdout)]).toEqual([1, printed]);
  });

  it('gives the handler what it was called with', async () => {
    const calls: PluginCall[] = [];
    const note = (call: PluginCall) => void calls.push(call);
    const add = (call: PluginCall) => (note(call), parseResult('{}', '1.0.0'));
    const handlers = { add, check: note, del: note, gc: note, status: note };
    const commands = ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'];
    for (const command of commands) await run(command, handlers);
    const same = {
      containerId: 'pod1',
      netns: '/run/netns/pod1',
      ifName: 'eth0',
      args: 'A=1',
      path: '/opt/cni/bin',
      stdin,
      cniVersion: '1.1.0',
    };
    expect(calls).toMatchObject(commands.map((command) => ({ command, ...same })));
    expect(calls.map(({ config }) => config.get('type'))).toEqual(commands.map(() => 'mine'));
  });

  it('gives the result of the plugin before as libcni reads it', async () => {
    const before = async (prevResult: string): Promise<unknown> => {
      const add = (call: PluginCall) => prevResultOf(call) ?? parseResult('{}', '1.0.0');
      const text = stdin.replace(/}$/, `,"prevResult":${prevResult}}`);
      return JSON.parse((await run('ADD', { add }, text)).stdout);
    };
    expect(await before('{"interfaces":[{"mtu":1.5e3}]}')).toEqual({
      cniVersion: '1.1.0',
      interfaces: [{ name: '', mtu: 1500 }],
    });
    expect(await before('{"cniVersion":"0.4.0"}')).toEqual({
      code: 999,
      msg:
        'could not parse prevResult: ' +
        'result type supports [1.0.0 1.1.0] but unmarshalled CNIVersion is "0.4.0"',
    });
    expect(await before('null')).toEqual({ cniVersion: '1.1.0' });
  });
});
