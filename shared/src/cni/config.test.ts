import { describe, expect, it } from 'vitest';
import { parseNetwork, parseNetworkList, parsePlugin } from './config.ts';
import { parseJson, stringifyJson } from './json.ts';

// What is refused, and why: test/conformance/configuration.test.ts.

describe('a configuration list', () => {
  it('is read with its plugins, and its text is kept to the byte (C16)', () => {
    const text = `{ "cniVersion": "1.0.0", "name": "mynet", "x": 1.0, "plugins": [
      {"type": "bridge", "ipam": {"type": "host-local"}, "z": 1, "10": 2},
      {"type": "portmap", "name": "own", "capabilities": {"portMappings": true, "x": false}} ] }\n`;
    const list = parseNetworkList(text);
    expect(list).toMatchObject({
      name: 'mynet',
      cniVersion: '1.0.0',
      disableCheck: false,
      bytes: text,
      single: false,
      plugins: [
        { type: 'bridge', ipamType: 'host-local' },
        { type: 'portmap', name: 'own', capabilities: { portMappings: true, x: false } },
      ],
    });
    expect([...(list.plugins[0]?.raw.keys() ?? [])]).toEqual(['type', 'ipam', 'z', '10']);
    expect(list.plugins[0]?.bytes).toBe(
      '{"10":2,"ipam":{"type":"host-local"},"type":"bridge","z":1}',
    );
  });

  it('may be given as JSON values, whose order its text keeps', () => {
    const json = parseJson('{"plugins":[{"type":"a"}],"name":"n"}');
    expect(parseNetworkList(json).bytes).toBe(stringifyJson(json));
  });
});

describe('one plugin as a network', () => {
  it('C13: becomes a list whose text is new, with sorted keys', () => {
    const text = '{"type": "bridge", "name": "mynet", "disableCheck": true, "mtu": 1.0}';
    expect(parseNetwork(text)).toMatchObject({
      name: 'mynet',
      cniVersion: '',
      disableCheck: false,
      single: true,
      bytes:
        '{"cniVersion":"","name":"mynet","plugins":' +
        '[{"disableCheck":true,"mtu":1,"name":"mynet","type":"bridge"}]}',
      plugins: [
        { type: 'bridge', bytes: '{"disableCheck":true,"mtu":1,"name":"mynet","type":"bridge"}' },
      ],
    });
  });

  it('C11, C13: in a list, the last one is that after sorting', () => {
    const list = '{"name":"n","plugins":[{"type":"a","Type":"b"}]}';
    expect(parseNetwork(list).plugins).toMatchObject([{ type: 'a' }]);
    expect(parseNetwork('{"name":"n","type":"a","Type":"b"}').plugins).toMatchObject([
      { type: 'a' },
    ]);
  });

  it('J5: keeps keys that JavaScript would take for something else, in their order', () => {
    const text = '{"type":"a","__proto__":{"x":1},"10":1,"9":2,"constructor":null}';
    expect(parsePlugin(text).bytes).toBe(text);
    expect(parsePlugin(parseJson(text)).bytes).toBe(
      '{"10":1,"9":2,"__proto__":{"x":1},"constructor":null,"type":"a"}',
    );
    const capabilities = '{"type":"a","capabilities":{"__proto__":true,"toString":false}}';
    expect(Object.keys(parsePlugin(capabilities).capabilities)).toEqual(['__proto__', 'toString']);
  });
});
