import { describe, expect, it } from 'vitest';
import { parsePlugin } from '@cnilab/shared/cni/config';
import { pluginStdin } from './stdin.ts';
import { runtimeConf } from './testBench.ts';

const stdin = (plugin: string, options: { capabilityArgs?: unknown; prevResult?: string } = {}) =>
  pluginStdin(parsePlugin(plugin), {
    name: 'net',
    cniVersion: '1.0.0',
    capabilityArgs: runtimeConf({ capabilityArgs: options.capabilityArgs }).capabilityArgs,
    ...(options.prevResult === undefined ? {} : { prevResult: options.prevResult }),
  });

describe('what a plugin reads', () => {
  it('S1, J3: is one object with sorted keys, no white space and no newline', () => {
    expect(stdin('{ "type": "x", "b": 1.0, "a": {"d": 1, "c": 2} }')).toBe(
      '{"a":{"c":2,"d":1},"b":1,"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
  });

  it("S2: has the list's name and version, also an empty one", () => {
    expect(stdin('{"type":"x","name":"own","cniVersion":"0.1.0"}')).toBe(
      '{"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
    const plugin = parsePlugin('{"type":"x"}');
    expect(pluginStdin(plugin, { name: 'n', cniVersion: '', capabilityArgs: new Map() })).toBe(
      '{"cniVersion":"","name":"n","type":"x"}',
    );
  });

  it('S3, J1: has prevResult in the field order of its own', () => {
    const prevResult = '{"cniVersion":"0.4.0","interfaces":[],"dns":{}}';
    expect(stdin('{"type":"x","prevResult":{"old":1}}', { prevResult })).toBe(
      `{"cniVersion":"1.0.0","name":"net","prevResult":${prevResult},"type":"x"}`,
    );
  });

  it('S3, S6, J1: has it with sorted keys where there is a runtimeConfig', () => {
    const prevResult = '{"cniVersion":"0.4.0","interfaces":[{"name":"a","mac":"b"}],"dns":{}}';
    const plugin = '{"type":"x","capabilities":{"mac":true}}';
    expect(stdin(plugin, { prevResult, capabilityArgs: { mac: 'm' } })).toContain(
      '"prevResult":{"cniVersion":"0.4.0","dns":{},"interfaces":[{"mac":"b","name":"a"}]}',
    );
    expect(stdin(plugin, { prevResult })).toContain(`"prevResult":${prevResult}`);
  });

  it('S4: keeps a prevResult of the file if there is no other', () => {
    expect(stdin('{"type":"x","prevResult":{"b":1,"a":2}}')).toContain(
      '"prevResult":{"a":2,"b":1}',
    );
  });

  it('S5: passes capabilities, args and unknown keys on', () => {
    expect(stdin('{"type":"x","capabilities":{"a":true},"args":{"cni":1},"?":null}')).toBe(
      '{"?":null,"args":{"cni":1},"capabilities":{"a":true},"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
  });

  it('S6: has exactly the capability arguments that the plugin declares', () => {
    const plugin = '{"type":"x","capabilities":{"mac":true,"ips":false,"dns":true}}';
    const capabilityArgs = { portMappings: [], mac: 'aa', ips: [] };
    expect(stdin(plugin, { capabilityArgs })).toContain('"runtimeConfig":{"mac":"aa"},');
    expect(stdin(plugin, { capabilityArgs: { ips: [] } })).not.toContain('runtimeConfig');
  });

  it("S7: replaces the file's runtimeConfig only if something matches; null is passed", () => {
    const plugin = '{"type":"x","capabilities":{"mac":true},"runtimeConfig":{"own":1}}';
    expect(stdin(plugin, { capabilityArgs: { other: 1 } })).toContain('"runtimeConfig":{"own":1}');
    expect(stdin(plugin, { capabilityArgs: { mac: null } })).toContain(
      '"runtimeConfig":{"mac":null}',
    );
  });
});
