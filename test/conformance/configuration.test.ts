import {
  type NetworkList,
  parseNetwork,
  parseNetworkList,
  parsePlugin,
} from '@cnilab/shared/cni/config';
import { type JsonObject, fromPlain, isJsonObject } from '@cnilab/shared/cni/json';
import { describe, expect, it } from 'vitest';
import { injectConf } from '../../server/src/cni/load.ts';
import { refusalText } from './support/refusal.ts';

// C, the part about content: what a list and its plugins may say. Texts in memory, no files.

const ofList = 'error parsing configuration list: ';
/** A list of one plugin with more keys. */
const withKeys = (keys: string) => `{"name":"n","plugins":[{"type":"a"}],${keys}}`;
const ofWrongType = {
  null: '<nil>',
  '1': 'float64',
  true: 'bool',
  '[]': '[]interface {}',
  '{}': 'map[string]interface {}',
};
const wrongTypes = Object.entries(ofWrongType);

describe('C: a list is read', () => {
  const rows: [title: string, text: string, says: Partial<NetworkList>][] = [
    ['C6: with its name', withKeys('"x":1'), { name: 'n' }],
    ['C6: with an empty name', '{"name":""}', { name: '' }],
    ['C6: with any text as its name', '{"name":"a/b \\u00e9"}', { name: 'a/b é' }],
    ['C7: without a version', withKeys('"x":1'), { cniVersion: '' }],
    ['C7: with an empty version', withKeys('"cniVersion":""'), { cniVersion: '' }],
    [
      'C7: with a version that nobody knows',
      withKeys('"cniVersion":"9.9.9"'),
      { cniVersion: '9.9.9' },
    ],
    ['C7: with a version that is none', withKeys('"cniVersion":"x"'), { cniVersion: 'x' }],
    ['C10: without plugins', '{"name":"n"}', { plugins: [] }],
    [
      'C17: with keys that nobody knows',
      withKeys('"x":null,"Plugins":1,"ipam":"x"'),
      { name: 'n' },
    ],
    [
      'C24: by exact keys only: Name, CNIVERSION and DisableCheck are unknown',
      '{"Name":"m","name":"n","CNIVERSION":1,"DisableCheck":true}',
      { name: 'n', cniVersion: '', disableCheck: false },
    ],
  ];
  it.each(rows)('%s', (_title, text, says) => {
    expect(parseNetworkList(text)).toMatchObject(says);
  });

  const chosen: [keys: string, version: string][] = [
    ['"cniVersions":["0.4.0","1.1.0","1.0.0"]', '1.1.0'],
    ['"cniVersions":["0.4.0","1.1.0","1.2.0","9.0.0"]', '1.1.0'],
    ['"cniVersion":"0.3.1","cniVersions":["0.4.0"]', '0.4.0'],
    ['"cniVersion":"1.0.0","cniVersions":["0.4.0"]', '1.0.0'],
    ['"cniVersion":"9.9.9","cniVersions":["0.3.1"]', '0.3.1'],
    ['"cniVersion":"9.9.9","cniVersions":[]', '9.9.9'],
    ['"cniVersion":"9.9.9","cniVersions":["2.0.0"]', '9.9.9'],
    ['"cniVersion":"1.0.0","cniVersions":[]', '1.0.0'],
    ['"cniVersions":[]', ''],
    ['"cniVersions":["2.0.0"]', ''],
    ['"cniVersions":["1.0","0.4.0"]', '1.0'],
    ['"cniVersions":["0.10.0","0.9.0"]', '0.10.0'],
    ['"cniVersions":[""]', ''],
    ['"cniVersions":["","0.0.9"]', ''],
    ['"cniVersions":["01.0.0","0.4.0"]', '01.0.0'],
    // Of equal ones the first.
    ['"cniVersion":"1.1.0","cniVersions":["0.4.0","1.1","1.1.0"]', '1.1'],
    ['"cniVersion":"1.1","cniVersions":["1.1.0"]', '1.1.0'],
  ];
  it.each(chosen)('C8: %s means version "%s"', (keys, version) => {
    expect(parseNetworkList(withKeys(keys)).cniVersion).toBe(version);
  });

  const flags: [value: string, means: boolean][] = [
    ['true', true],
    ['false', false],
    ['"true"', true],
    ['"false"', false],
    ['"TRUE"', true],
    ['"False"', false],
  ];
  it.each(flags)('C9: each flag may be %s, which means %s', (value, means) => {
    const keys = ['disableCheck', 'disableGC', 'loadOnlyInlinedPlugins'];
    const text = withKeys(keys.map((key) => `"${key}":${value}`).join());
    expect(parseNetworkList(text)).toMatchObject(Object.fromEntries(keys.map((k) => [k, means])));
  });

  it('C9: absent flags are false', () => {
    expect(parseNetworkList('{"name":"n"}')).toMatchObject({
      disableCheck: false,
      disableGC: false,
      loadOnlyInlinedPlugins: false,
    });
  });

  it('C16: with its text kept to the byte', () => {
    const text = ' {"z":1.0, "name":"n"}\n';
    expect(parseNetworkList(text).bytes).toBe(text);
  });

  it('C18: from memory without any drop-ins, so that a list without plugins has none', async () => {
    expect(parseNetworkList('{"name":"n"}').plugins).toEqual([]);
    expect(await refusalText(() => parseNetwork('{"name":"n"}'))).toBe('no plugin configs found');
  });
});

describe('C: a list is refused', () => {
  const rows: [title: string, text: string, reason: string][] = [
    ['C6: without a name', '{}', 'no name'],
    ['C6: with another spelling of name', '{"Name":"n"}', 'no name'],
    ['C6: as null, which has no name', 'null', 'no name'],
    [
      'C6: as an array',
      '[]',
      'json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'C6: as a string',
      '"n"',
      'json: cannot unmarshal string into Go value of type map[string]interface {}',
    ],
    [
      'C6: as a number',
      '1',
      'json: cannot unmarshal number into Go value of type map[string]interface {}',
    ],
    [
      'C8: with an offered version of four parts',
      withKeys('"cniVersions":["1.2.3.4"]'),
      'invalid cniVersions entry 1.2.3.4 at index 0: invalid version "1.2.3.4": too many parts',
    ],
    [
      'C8: with an offered version of letters',
      withKeys('"cniVersions":["1.0.0","1.x"]'),
      'invalid cniVersions entry 1.x at index 1: failed to convert minor version part "x": strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      'C8: with a number among the offered versions',
      withKeys('"cniVersions":["1.0.0",1]'),
      'invalid type for cniVersions index 1: float64',
    ],
    [
      'C8: with null among the offered versions',
      withKeys('"cniVersions":[null]'),
      'invalid type for cniVersions index 0: <nil>',
    ],
    [
      'C8: with a version that is none beside offered ones',
      withKeys('"cniVersion":"x","cniVersions":["1.0.0"]'),
      'invalid cniVersion x: failed to convert major version part "x": strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      'C8: with offered versions in an object',
      withKeys('"cniVersions":{}'),
      'invalid type for cniVersions: []interface {}',
    ],
    [
      'C8: with null as offered versions',
      withKeys('"cniVersions":null'),
      'invalid type for cniVersions: []interface {}',
    ],
    [
      'C8: with one version as a string',
      withKeys('"cniVersions":"1.0.0"'),
      'invalid type for cniVersions: []interface {}',
    ],
    [
      'C9: with another word as a flag',
      withKeys('"disableCheck":"Yes"'),
      'invalid value "yes" for disableCheck',
    ],
    [
      'C9: with an empty word as a flag',
      withKeys('"disableGC":""'),
      'invalid value "" for disableGC',
    ],
    [
      'C9: with a word that needs quoting',
      withKeys('"disableGC":"\\n\\"A"'),
      'invalid value "\\n\\"a" for disableGC',
    ],
    [
      'C9: with blanks around the word',
      withKeys('"loadOnlyInlinedPlugins":" true"'),
      'invalid value " true" for loadOnlyInlinedPlugins',
    ],
    ['C10: with an empty array of plugins', '{"name":"n","plugins":[]}', 'no plugins in list'],
    ['C10: with a text as plugins', '{"name":"n","plugins":"a"}', "invalid 'plugins' type string"],
    [
      'C22: with inline plugins only, and none',
      '{"name":"n","loadOnlyInlinedPlugins":"true"}',
      "`loadOnlyInlinedPlugins` is true, and no 'plugins' key",
    ],
    [
      'C6: for its name before its version',
      '{"name":1,"cniVersion":1}',
      'invalid name type float64',
    ],
    [
      'C7: for its version before its flags',
      '{"name":"n","cniVersion":1,"disableCheck":1}',
      'invalid cniVersion type float64',
    ],
  ];
  it.each(rows)('%s', async (_title, text, reason) => {
    expect(await refusalText(() => parseNetworkList(text))).toBe(ofList + reason);
  });

  it.each(wrongTypes)('C6: with the name %s, of type %s', async (value, type) => {
    const text = `{"name":${value}}`;
    expect(await refusalText(() => parseNetworkList(text))).toBe(
      `${ofList}invalid name type ${type}`,
    );
  });

  it.each(wrongTypes)('C7: with the version %s, of type %s', async (value, type) => {
    const text = withKeys(`"cniVersion":${value}`);
    expect(await refusalText(() => parseNetworkList(text))).toBe(
      `${ofList}invalid cniVersion type ${type}`,
    );
  });

  it.each(wrongTypes.filter(([value]) => value !== 'true'))(
    'C9: with a flag %s, of type %s',
    async (value, type) => {
      for (const key of ['disableCheck', 'disableGC', 'loadOnlyInlinedPlugins']) {
        expect(await refusalText(() => parseNetworkList(withKeys(`"${key}":${value}`)))).toBe(
          `${ofList}invalid type ${type} for ${key}`,
        );
      }
    },
  );

  it.each(wrongTypes.filter(([value]) => value !== '[]'))(
    'C10: with the plugins %s, of type %s',
    async (value, type) => {
      const text = `{"name":"n","plugins":${value}}`;
      expect(await refusalText(() => parseNetworkList(text))).toBe(
        `${ofList}invalid 'plugins' type ${type}`,
      );
    },
  );
});

describe('C: a plugin', () => {
  const known = {
    name: 'PluginConf.name of type string',
    cniVersion: 'PluginConf.cniVersion of type string',
  };
  const wrong: [keys: string, reason: string][] = [
    ['"type":""', "missing 'type'"],
    ['"type":null', "missing 'type'"],
    ['"x":1', "missing 'type'"],
    [
      '"type":1',
      'json: cannot unmarshal number into Go struct field PluginConf.type of type string',
    ],
    ...Object.entries(known).map(([key, field]): [string, string] => [
      `"type":"a","${key}":true`,
      `json: cannot unmarshal bool into Go struct field ${field}`,
    ]),
    [
      '"type":"a","capabilities":[]',
      'json: cannot unmarshal array into Go struct field PluginConf.capabilities of type map[string]bool',
    ],
    [
      '"type":"a","capabilities":{"x":"true"}',
      'json: cannot unmarshal string into Go struct field PluginConf.capabilities of type bool',
    ],
    [
      '"type":"a","ipam":"x"',
      'json: cannot unmarshal string into Go struct field PluginConf.ipam of type types.IPAM',
    ],
    [
      '"type":"a","ipam":{"type":{}}',
      'json: cannot unmarshal object into Go struct field IPAM.ipam.type of type string',
    ],
    [
      '"type":"a","dns":[]',
      'json: cannot unmarshal array into Go struct field PluginConf.dns of type types.DNS',
    ],
    [
      '"type":"a","dns":{"search":"x"}',
      'json: cannot unmarshal string into Go struct field DNS.dns.search of type []string',
    ],
    [
      '"type":"a","dns":{"nameservers":[1]}',
      'json: cannot unmarshal number into Go struct field DNS.dns.nameservers of type string',
    ],
    [
      '"type":"a","dns":{"domain":1}',
      'json: cannot unmarshal number into Go struct field DNS.dns.domain of type string',
    ],
    [
      '"type":"a","prevResult":[]',
      'json: cannot unmarshal array into Go struct field PluginConf.prevResult of type map[string]interface {}',
    ],
    [
      '"type":"a","cni.dev/valid-attachments":{}',
      'json: cannot unmarshal object into Go struct field PluginConf.cni.dev/valid-attachments of type []types.GCAttachment',
    ],
    [
      '"type":"a","cni.dev/valid-attachments":["x"]',
      'json: cannot unmarshal string into Go struct field PluginConf.cni.dev/valid-attachments of type types.GCAttachment',
    ],
  ];
  it.each(wrong)('C11: {%s} is refused, also in a list', async (keys, reason) => {
    const message = `error parsing configuration: ${reason}`;
    expect(await refusalText(() => parsePlugin(`{${keys}}`))).toBe(message);
    const list = `{"name":"n","plugins":[{"type":"ok"},{${keys}}]}`;
    expect(await refusalText(() => parseNetworkList(list))).toBe(
      `failed to parse plugin config 1: ${message}`,
    );
  });

  const noObjects: [text: string, reason: string][] = [
    ['[]', 'json: cannot unmarshal array into Go value of type types.PluginConf'],
    ['"a"', 'json: cannot unmarshal string into Go value of type types.PluginConf'],
    ['7', 'json: cannot unmarshal number into Go value of type types.PluginConf'],
    ['null', "missing 'type'"],
  ];
  it.each(noObjects)('C11: %s is refused', async (text, reason) => {
    expect(await refusalText(() => parseNetworkList(`{"name":"n","plugins":[${text}]}`))).toBe(
      `failed to parse plugin config 0: error parsing configuration: ${reason}`,
    );
  });

  it('C11: may have any other keys, and null for those that have a type', () => {
    const text =
      '{"type":"a","x":[1,{}],"name":null,"cniVersion":null,"capabilities":null,"ipam":null,' +
      '"dns":{"search":null},"prevResult":null,"cni.dev/valid-attachments":null}';
    expect(parsePlugin(text)).toMatchObject({ type: 'a', capabilities: {}, bytes: text });
  });

  it('C11: says what the library looks at', () => {
    const text =
      '{"type":"a","name":"m","cniVersion":"0.4.0","capabilities":{"x":true,"y":false,"z":null},' +
      '"ipam":{"type":"i"},"dns":{"nameservers":["1.1.1.1"],"domain":"d","search":[],"options":["o"]}}';
    expect(parsePlugin(text)).toMatchObject({
      type: 'a',
      name: 'm',
      cniVersion: '0.4.0',
      capabilities: { x: true, y: false, z: false },
      ipamType: 'i',
    });
  });

  it('C24: has its typed keys in any letter case, and keeps the spelling', () => {
    const text = '{"TYPE":"a","Capabilities":{"x":true},"IPAM":{"TyPe":"i"}}';
    const plugin = parsePlugin(text);
    expect(plugin).toMatchObject({ type: 'a', capabilities: { x: true }, ipamType: 'i' });
    expect([...plugin.raw.keys()]).toEqual(['TYPE', 'Capabilities', 'IPAM']);
  });

  it('C17: knows nothing of the keys of its list', () => {
    const { plugins } = parseNetworkList(withKeys('"args":{"x":1},"disableCheck":true'));
    expect([...(plugins[0]?.raw.keys() ?? [])]).toEqual(['type']);
  });
});

describe('C19: keys that are set in a plugin configuration', () => {
  const object = (plain: Record<string, unknown>): JsonObject => {
    const json = fromPlain(plain);
    if (!isJsonObject(json)) throw new TypeError('no object');
    return json;
  };
  const plugin = parsePlugin('{"type":"a","z":1.0,"b":[]}');

  const rows: [values: Record<string, unknown>, bytes: string][] = [
    [{}, '{"b":[],"type":"a","z":1}'],
    [{ name: 'n' }, '{"b":[],"name":"n","type":"a","z":1}'],
    [{ z: { y: 2 }, c: false }, '{"b":[],"c":false,"type":"a","z":{"y":2}}'],
    [{ type: 'b' }, '{"b":[],"type":"b","z":1}'],
    [{ Type: 'c' }, '{"Type":"c","b":[],"type":"a","z":1}'],
  ];
  it.each(rows)('C19: %j give %s', (values, bytes) => {
    expect(injectConf(plugin, object(values)).bytes).toBe(bytes);
    expect(plugin.bytes).toBe('{"type":"a","z":1.0,"b":[]}');
  });

  const refused: [values: Record<string, unknown>, reason: string][] = [
    [{ '': 1 }, 'keys cannot be empty'],
    [{ x: null }, "key 'x' value must not be nil"],
    [{ type: '' }, "error parsing configuration: missing 'type'"],
    [
      { name: 1 },
      'error parsing configuration: json: cannot unmarshal number into Go struct field PluginConf.name of type string',
    ],
  ];
  it('C19, J3: none can be set beside a number that is too large', async () => {
    const large = parsePlugin('{"type":"a","n":[-1e999]}');
    expect(await refusalText(() => injectConf(large, object({ x: 1 })))).toBe(
      'unmarshal existing network bytes: ' +
        'json: cannot unmarshal number -1e999 into Go value of type float64',
    );
  });
  it.each(refused)('C19: %j are refused: %s', async (values, reason) => {
    expect(await refusalText(() => injectConf(plugin, object(values)))).toBe(reason);
  });
});
