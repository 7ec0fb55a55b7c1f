import { describe, expect, it } from 'vitest';
import { parseNetwork, parseNetworkList, parsePlugin } from './config.ts';
import { CniError } from './errors.ts';
import { parseJson, stringifyJson } from './json.ts';

const errorOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CniError);
    return error instanceof Error ? error.message : '';
  }
  return 'no error';
};
const listError = (text: string) => errorOf(() => parseNetworkList(text));
const listPrefix = 'error parsing configuration list: ';
const withKeys = (keys: string) => `{"name":"n","plugins":[{"type":"a"}]${keys}}`;

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

  it.each([
    ['{}', 'no name'],
    ['{"Name":"n"}', 'no name'],
    ['{"name":null}', 'invalid name type <nil>'],
    ['{"name":1}', 'invalid name type float64'],
    ['{"name":[]}', 'invalid name type []interface {}'],
    ['{"name":{}}', 'invalid name type map[string]interface {}'],
    ['{"name":true}', 'invalid name type bool'],
  ])('C6: %s has %s', (text, reason) => {
    expect(listError(text)).toBe(listPrefix + reason);
  });

  it('C6: may have an empty name', () => {
    expect(parseNetworkList('{"name":""}').name).toBe('');
  });

  it('C7: needs no version, but one that is given is a string', () => {
    expect(parseNetworkList(withKeys('')).cniVersion).toBe('');
    expect(parseNetworkList(withKeys(',"cniVersion":"9.9.9"')).cniVersion).toBe('9.9.9');
    expect(listError(withKeys(',"cniVersion":null'))).toBe(
      `${listPrefix}invalid cniVersion type <nil>`,
    );
  });

  it.each([
    ['"cniVersions":["0.4.0","1.1.0","9.0.0"]', '1.1.0'],
    ['"cniVersion":"1.0.0","cniVersions":["0.4.0"]', '1.0.0'],
    ['"cniVersion":"9.9.9","cniVersions":["0.3.1"]', '0.3.1'],
    ['"cniVersion":"9.9.9","cniVersions":[]', '9.9.9'],
    ['"cniVersions":["1.0","0.4.0"]', '1.0'],
  ])('C8: %s means version %s', (keys, version) => {
    expect(parseNetworkList(withKeys(`,${keys}`)).cniVersion).toBe(version);
  });

  it.each([
    ['"cniVersions":{}', 'invalid type for cniVersions: []interface {}'],
    ['"cniVersions":["1.0.0",1]', 'invalid type for cniVersions index 1: float64'],
    [
      '"cniVersions":["1.2.3.4"]',
      'invalid cniVersions entry 1.2.3.4 at index 0: invalid version "1.2.3.4": too many parts',
    ],
  ])('C8: %s is refused', (keys, reason) => {
    expect(listError(withKeys(`,${keys}`))).toBe(listPrefix + reason);
  });

  it('C9: has flags that are booleans or their words', () => {
    const keys = ',"disableCheck":"TRUE","disableGC":true,"loadOnlyInlinedPlugins":"false"';
    expect(parseNetworkList(withKeys(keys))).toMatchObject({
      disableCheck: true,
      disableGC: true,
      loadOnlyInlinedPlugins: false,
    });
    expect(listError(withKeys(',"disableCheck":"Yes"'))).toBe(
      `${listPrefix}invalid value "yes" for disableCheck`,
    );
    expect(listError(withKeys(',"disableGC":null'))).toBe(
      `${listPrefix}invalid type <nil> for disableGC`,
    );
  });

  it.each([
    ['{"name":"n","plugins":null}', `${listPrefix}invalid 'plugins' type <nil>`],
    ['{"name":"n","plugins":{}}', `${listPrefix}invalid 'plugins' type map[string]interface {}`],
    ['{"name":"n","plugins":[]}', `${listPrefix}no plugins in list`],
  ])('C10: %s is refused', (text, reason) => {
    expect(listError(text)).toBe(reason);
  });

  it.each([
    ['{}', "missing 'type'"],
    ['{"type":null}', "missing 'type'"],
    [
      '{"type":1}',
      'json: cannot unmarshal number into Go struct field PluginConf.type of type string',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type types.PluginConf'],
    ['{"type":"a","capabilities":{"x":1}}', 'json: cannot unmarshal number into Go struct field'],
    ['{"type":"a","ipam":"x"}', 'json: cannot unmarshal string into Go struct field'],
    ['{"type":"a","dns":{"search":"x"}}', 'json: cannot unmarshal string into Go struct field'],
    ['{"type":"a","prevResult":[]}', 'json: cannot unmarshal array into Go struct field'],
  ])('C11: the plugin %s is refused: %s', (plugin, reason) => {
    const text = `{"name":"n","plugins":[{"type":"ok"},${plugin}]}`;
    expect(listError(text)).toContain(
      `failed to parse plugin config 1: error parsing configuration: ${reason}`,
    );
  });

  it('C22, C23: without plugins needs a drop-in directory, or is refused', () => {
    expect(parseNetworkList('{"name":"n"}').plugins).toEqual([]);
    expect(listError('{"name":"n","loadOnlyInlinedPlugins":true}')).toBe(
      `${listPrefix}\`loadOnlyInlinedPlugins\` is true, and no 'plugins' key`,
    );
    expect(errorOf(() => parseNetwork('{"name":"n"}'))).toBe('no plugin configs found');
  });

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"name":', 'unexpected end of JSON input'],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['{"a":[1 2]}', "invalid character '2' after array element"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"name":"n","x":1e400}', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
    [
      '{"name":"n","plugins":[{"type":"a","x":[1e400]}]}',
      'json: cannot unmarshal number 1e400 into Go value of type float64',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('J8: the text %j is refused: %s', (text, reason) => {
    expect(listError(text)).toBe(listPrefix + reason);
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
      plugins: [{ type: 'bridge', bytes: text }],
    });
  });

  it('C24, J6: has typed keys in any letter case, and the last one wins', () => {
    expect(parsePlugin('{"TYPE":"rec","Capabilities":{"a":true}}')).toMatchObject({
      type: 'rec',
      capabilities: { a: true },
    });
    expect(parsePlugin('{"type":"a","Type":"b"}').type).toBe('b');
    expect(parsePlugin('{"Type":"b","type":"a"}').type).toBe('a');
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

  it('J7: takes null for a typed key as if it were absent', () => {
    const keys = ['name', 'cniVersion', 'capabilities', 'ipam', 'dns', 'prevResult'];
    const text = JSON.stringify({ type: 'a', ...Object.fromEntries(keys.map((k) => [k, null])) });
    expect(parsePlugin(text)).toEqual({
      ...parsePlugin('{"type":"a"}'),
      raw: parseJson(text),
      bytes: text,
    });
  });
});
