import { parseNetworkList, parsePlugin } from '@cnilab/shared/cni/config';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../server/src/cni/goText.ts';
import { outcomeError } from '../../server/src/cni/outcome.ts';
import { pluginStdin } from '../../server/src/cni/stdin.ts';
import { fakeList, fakePlugins } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// J: how JSON is read and written. What a plugin gets shows it best.

/** What the plugin `{"type":"x", KEYS}` reads, without the keys that every plugin gets. */
const written = (keys: string, prevResult?: string) =>
  pluginStdin(parsePlugin(`{"type":"x",${keys}}`), {
    name: 'n',
    cniVersion: '',
    capabilityArgs: new Map(),
    ...(prevResult === undefined ? {} : { prevResult }),
  })
    .replace(/,?"(?:cniVersion|name|type)":"[^"]*"/g, '')
    .replace('{,', '{');

describe('J: keys', () => {
  const rows: [title: string, given: string, gives: string][] = [
    [
      'J1: are sorted at every level',
      '"b":{"d":1,"c":2},"a":[{"f":3,"e":4}]',
      '{"a":[{"e":4,"f":3}],"b":{"c":2,"d":1}}',
    ],
    [
      'J1: have no white space around them',
      ' "b" : [ 1 , 2 ] ,\n\t"a" : { }',
      '{"a":{},"b":[1,2]}',
    ],
    [
      'J1: are sorted by bytes, capitals first',
      '"b":1,"B":2,"a":3,"_":4',
      '{"B":2,"_":4,"a":3,"b":1}',
    ],
    ['J1: come before longer ones that begin alike', '"ab":1,"a":2', '{"a":2,"ab":1}'],
    [
      'J1: are sorted by UTF-8, not by UTF-16',
      '"\u{1f600}":1,"\uff5e":2,"é":3,"z":4',
      '{"z":4,"é":3,"\uff5e":2,"\u{1f600}":1}',
    ],
    [
      'J1: are sorted as they are and not as they are written',
      '"<":1,"=":2,"\\u0041":3',
      '{"\\u003c":1,"=":2,"A":3}',
    ],
    ['J4: that are there twice have the last value', '"a":1,"b":2,"a":3', '{"a":3,"b":2}'],
    ['J4: that are there twice are not merged', '"a":{"b":1},"a":{"c":2}', '{"a":{"c":2}}'],
    ['J4: are the same, however they are written', '"a":1,"\\u0061":2', '{"a":2}'],
    ['J5: that look like integers are texts', '"10":1,"9":2,"08":3', '{"08":3,"10":1,"9":2}'],
    ['J5: may be __proto__', '"__proto__":{"x":1},"a":2', '{"__proto__":{"x":1},"a":2}'],
    [
      'J5: may be constructor or toString',
      '"toString":1,"constructor":null',
      '{"constructor":null,"toString":1}',
    ],
    ['J5: may be empty', '"":1,"a":2', '{"":1,"a":2}'],
  ];
  it.each(rows)('%s', (_title, given, gives) => {
    expect(written(given)).toBe(gives);
  });

  it.each(['0.2.0', '0.3.1', '0.4.0'])(
    'J1, P3: of a %s result inside keep the order of its fields',
    (cniVersion) => {
      const prevResult = resultText(
        parseResult(`{"dns":{"domain":"d"},"cniVersion":"${cniVersion}"}`, ''),
      );
      expect(prevResult).toBe(`{"cniVersion":"${cniVersion}","dns":{"domain":"d"}}`);
      expect(
        pluginStdin(parsePlugin('{"type":"x","a":1}'), {
          name: 'n',
          cniVersion,
          capabilityArgs: new Map(),
          prevResult,
        }),
      ).toBe(
        `{"a":1,"cniVersion":"${cniVersion}","name":"n","prevResult":${prevResult},"type":"x"}`,
      );
    },
  );

  it('J5: may be __proto__ among the capabilities', () => {
    const { capabilities } = parsePlugin('{"type":"x","capabilities":{"__proto__":true}}');
    expect(Object.entries(capabilities)).toEqual([['__proto__', true]]);
  });
});

describe('J: texts', () => {
  const rows: [given: string, gives: string][] = [
    ['"<b>&amp;"', '"\\u003cb\\u003e\\u0026amp;"'],
    ['"\\u003c"', '"\\u003c"'],
    ['"\u2028\u2029"', '"\\u2028\\u2029"'],
    ['"é€\u{1f600}\u00a0\ufeff"', '"é€\u{1f600}\u00a0\ufeff"'],
    ['"\\u00e9\\ud83d\\ude00"', '"é\u{1f600}"'],
    ['"\\/\\"\\\\"', '"/\\"\\\\"'],
    ['"\\b\\f\\n\\r\\t\\u0001\\u001f"', '"\\b\\f\\n\\r\\t\\u0001\\u001f"'],
    ['"\\u007f"', '"\u007f"'],
    ['"\\ud800"', '"\ufffd"'],
    ['"\\udc00x"', '"\ufffdx"'],
  ];
  it.each(rows)('J2: %s is written %s', (given, gives) => {
    expect(written(`"a":${given}`)).toBe(`{"a":${gives}}`);
  });

  const bytes: [bytes: string, gives: string][] = [
    ['ff', '\ufffd'],
    ['61 ff 62', 'a\ufffdb'],
    ['e2 82', '\ufffd\ufffd'],
    ['ed a0 80', '\ufffd\ufffd\ufffd'],
    ['c3 a9', 'é'],
  ];
  it.each(bytes)('J2: the bytes %s in a text are written "%s"', (hex, gives) => {
    const text = decodeText(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(written(`"a":"${text}","${text}":1`)).toContain(`"a":"${gives}"`);
    expect(written(`"a":1,"${text}":1`)).toContain(`"${gives}":1`);
  });
});

describe('J: numbers', () => {
  const rows: [given: string, gives: string][] = [
    ['1', '1'],
    ['1.0', '1'],
    ['1.50', '1.5'],
    ['-7', '-7'],
    ['0', '0'],
    ['-0', '-0'],
    ['-0.0', '-0'],
    ['1e3', '1000'],
    ['1E+2', '100'],
    ['9007199254740993', '9007199254740992'],
    ['12345678901234567890', '12345678901234567000'],
    ['100000000000000000000', '100000000000000000000'],
    ['1e20', '100000000000000000000'],
    ['1e21', '1e+21'],
    ['-1e21', '-1e+21'],
    ['0.000001', '0.000001'],
    ['0.0000001', '1e-7'],
    ['1.5e-9', '1.5e-9'],
    ['0.1', '0.1'],
    ['3.14159265358979323846', '3.141592653589793'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['5e-324', '5e-324'],
    ['1e-400', '0'],
  ];
  it.each(rows)('J3: %s is written %s', (given, gives) => {
    expect(written(`"a":${given},"b":[${given}]`)).toBe(`{"a":${gives},"b":[${gives}]}`);
  });

  const tooLarge = 'json: cannot unmarshal number 1e400 into Go value of type float64';
  it('J3: beyond a double are refused wherever they stand', async () => {
    const plugin = '{"type":"a","x":[1e400]}';
    expect(await refusalText(() => parseNetworkList(`{"name":"n","plugins":[${plugin}]}`))).toBe(
      `error parsing configuration list: ${tooLarge}`,
    );
    expect(await refusalText(() => parseResult('{"cniVersion":"1.0.0","x":1e400}', ''))).toBe(
      `failed to unmarshal raw result: ${tooLarge}`,
    );
  });
});

describe('J: keys that have a type', () => {
  const folder = useFolder();

  const spellings: [title: string, text: string, type: string][] = [
    ['J6: match in any letter case', '{"tYpE":"a"}', 'a'],
    [
      'J6: match letters that are the same but for their case, as K and the Kelvin sign',
      '{"ipam":{},"type":"a"}',
      'a',
    ],
    ['J6: the last of both spellings wins, here the exact one', '{"Type":"b","type":"a"}', 'a'],
    ['J6: the last of both spellings wins, here the other one', '{"type":"a","Type":"b"}', 'b'],
    ['J6: a null behind does not count', '{"type":"a","Type":null}', 'a'],
  ];
  it.each(spellings)('%s', (_title, text, type) => {
    expect(parsePlugin(text).type).toBe(type);
  });

  it('J6: in a list the plugin is written anew first, so that small letters are the last', () => {
    const { plugins } = parseNetworkList('{"name":"n","plugins":[{"type":"a","Type":"b"}]}');
    expect(plugins[0]?.type).toBe('a');
  });

  it('J6: match in results at every level', () => {
    const text =
      '{"cniVersion":"1.0.0","IPS":[{"Address":"10.0.0.2/8","GATEWAY":"10.0.0.1"}],' +
      '"Interfaces":[{"NAME":"a","pciid":"p"}],"DNS":{"Domain":"d"}}';
    expect(resultText(parseResult(text, ''))).toBe(
      '{"cniVersion":"1.0.0","dns":{"domain":"d"},"interfaces":[{"name":"a","pciID":"p"}],' +
        '"ips":[{"address":"10.0.0.2/8","gateway":"10.0.0.1"}]}',
    );
  });

  it('J6, R5: a result without a version is written anew first, too', () => {
    const both = '"dns":{"domain":"small"},"DNS":{"domain":"CAPITAL"}';
    expect(resultText(parseResult(`{${both}}`, '1.0.0'))).toContain('small');
    expect(resultText(parseResult(`{"cniVersion":"1.0.0",${both}}`, '1.0.0'))).toContain('CAPITAL');
  });

  it('J6, C24, X1: match in errors', () => {
    const outcome = { stdout: '{"Code":11,"MSG":"m","deTails":"d"}', stderr: '', exit: 1, ms: 0 };
    expect(outcomeError(outcome, 'a')).toMatchObject({ code: 11, message: 'm; d' });
  });

  it('J6, C24, K6: match in cache files', async () => {
    const { runtime, rt } = fakePlugins(folder.at());
    folder.put(
      'results/net-pod1-eth0',
      '{"KIND":"cniCacheV1","Result":{"CNIVersion":"1.0.0","DNS":{"domain":"d"}}}',
    );
    expect(await runtime.getNetworkListCachedResult(fakeList(['a']), rt)).toMatchObject({
      cniVersion: '1.0.0',
      dns: { domain: 'd' },
    });
  });

  const nulls: [title: string, read: () => unknown, sameAs: () => unknown][] = [
    [
      'J7: of a result',
      () => parseResult('{"ips":null,"routes":null,"interfaces":null,"dns":null}', '1.0.0'),
      () => parseResult('{}', '1.0.0'),
    ],
    [
      'J7: of its members',
      () => parseResult('{"interfaces":[{"name":null,"mac":null,"mtu":null}]}', '1.0.0'),
      () => parseResult('{"interfaces":[{}]}', '1.0.0'),
    ],
    [
      'J7: of an 0.2.0 result',
      () => parseResult('{"ip4":null,"ip6":null}', '0.2.0'),
      () => parseResult('{}', '0.2.0'),
    ],
    [
      'J7: of a plugin',
      () => parsePlugin('{"type":"a","name":null,"ipam":null,"dns":null}').name,
      () => undefined,
    ],
  ];
  it.each(nulls)('%s may be null', (_title, read, sameAs) => {
    expect(read()).toEqual(sameAs());
  });

  it('J7: null is no type', async () => {
    expect(await refusalText(() => parsePlugin('{"type":null}'))).toBe(
      "error parsing configuration: missing 'type'",
    );
  });

  it.each(['name', 'cniVersion', 'cniVersions', 'disableCheck', 'plugins'])(
    'J7, C24: the key %s of a list must not be null',
    async (key) => {
      const text = `{"name":"n","plugins":[{"type":"a"}],"${key}":null}`;
      expect(await refusalText(() => parseNetworkList(text))).toContain('invalid ');
    },
  );
});

describe('J: what is no JSON', () => {
  const end = 'unexpected end of JSON input';
  // What Go's scanner takes the end of the text for, if it stands in the middle of something.
  const blank = "' '";
  const character = (what: string, where: string) => `invalid character ${what} ${where}`;
  const value = 'looking for beginning of value';
  const rows: [text: string, reason: string][] = [
    ['', end],
    [' \n', end],
    ['{', end],
    ['{"a"', end],
    ['{"a":', end],
    ['{"a":1', end],
    ['[1,', end],
    ['"open', end],
    ['"\\', character(blank, 'in string escape code')],
    ['"\\u12', character(blank, 'in \\u hexadecimal character escape')],
    ['tru', character(blank, "in literal true (expecting 'e')")],
    ['-', character(blank, 'in numeric literal')],
    ['1.', character(blank, 'after decimal point in numeric literal')],
    ['1e', character(blank, 'in exponent of numeric literal')],
    ['1e+', character(blank, 'in exponent of numeric literal')],
    ['{} x', character("'x'", 'after top-level value')],
    ['{}{}', character("'{'", 'after top-level value')],
    ['1 2', character("'2'", 'after top-level value')],
    ['01', character("'1'", 'after top-level value')],
    ['\ufeff{}', character("'ï'", value)],
    ['/*c*/{}', character("'/'", value)],
    ['{}//c', character("'/'", 'after top-level value')],
    ['[1,]', character("']'", value)],
    ['[,1]', character("','", value)],
    ['{"a":1,}', character("'}'", 'looking for beginning of object key string')],
    ['{a:1}', character("'a'", 'looking for beginning of object key string')],
    ["{'a':1}", character("'\\''", 'looking for beginning of object key string')],
    ['{"a" 1}', character("'1'", 'after object key')],
    ['{"a":1 "b":2}', character("'\"'", 'after object key:value pair')],
    ['[1 2]', character("'2'", 'after array element')],
    ['{"a":}', character("'}'", value)],
    ['nonsense', character("'o'", "in literal null (expecting 'u')")],
    ['[tRue]', character("'R'", "in literal true (expecting 'r')")],
    ['falsy', character("'y'", "in literal false (expecting 'e')")],
    ['NaN', character("'N'", value)],
    ['+1', character("'+'", value)],
    ['.5', character("'.'", value)],
    ['-x', character("'x'", 'in numeric literal')],
    ['1.x', character("'x'", 'after decimal point in numeric literal')],
    ['[1.5.2]', character("'.'", 'after array element')],
    ['1ex', character("'x'", 'in exponent of numeric literal')],
    ['[1e-]', character("']'", 'in exponent of numeric literal')],
    ['"\\x"', character("'x'", 'in string escape code')],
    ['"\\u12g4"', character("'g'", 'in \\u hexadecimal character escape')],
    ['"a\nb"', character("'\\n'", 'in string literal')],
    ['"\u0001"', character("'\\x01'", 'in string literal')],
    ['€', character("'â'", value)],
    ['\udcff', character("'ÿ'", value)],
  ];
  it.each(rows)('J8: %j is refused: %s', async (text, reason) => {
    expect(await refusalText(() => parseNetworkList(text))).toBe(
      `error parsing configuration list: ${reason}`,
    );
    expect(await refusalText(() => parsePlugin(text))).toBe(
      `error parsing configuration: ${reason}`,
    );
    expect(await refusalText(() => parseResult(text, '1.0.0'))).toBe(
      `failed to unmarshal raw result: ${reason}`,
    );
  });

  it('J8: what is nested deeper than 512 levels is refused, and not with a stack overflow', async () => {
    const nested = (levels: number) =>
      `{"name":"n","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(parseNetworkList(nested(511)).name).toBe('n');
    for (const levels of [513, 1_000_000]) {
      expect(await refusalText(() => parseNetworkList(nested(levels)))).toBe(
        'error parsing configuration list: nested deeper than 512 levels',
      );
    }
  });
});
