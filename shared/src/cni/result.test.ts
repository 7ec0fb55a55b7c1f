import { describe, expect, it } from 'vitest';
import { convertResult } from './convertResult.ts';
import { parseResult } from './decodeResult.ts';
import { prettyError, prettyResult, resultText, resultToJson } from './encodeResult.ts';
import { canonicalJson } from './json.ts';
import { attachmentView } from './result.ts';

const roundTrip = (text: string, version = '1.0.0') => resultText(parseResult(text, version));
const convert = (text: string, version: string) =>
  resultText(convertResult(parseResult(text, ''), version));

describe('decoding', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['nonsense', "invalid character 'o' in literal null (expecting 'u')"],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['{}{}', "invalid character '{' after top-level value"],
  ])('R1: %j is no result', (stdout, reason) => {
    expect(() => parseResult(stdout, '1.0.0')).toThrow(`failed to unmarshal raw result: ${reason}`);
  });

  it('R4: null counts as an empty result', () => {
    expect(roundTrip('null')).toBe('{"cniVersion":"1.0.0"}');
  });

  it.each([
    ['{"cniVersion":"0.4.0"}', '1.0.0', '0.4.0'],
    ['{}', '1.0.0', '1.0.0'],
    ['{"cniVersion":""}', '0.3.1', '0.3.1'],
    ['{"cniVersion":7}', '0.3.1', '0.3.1'],
    ['{"CNIVERSION":"0.4.0"}', '1.0.0', '1.0.0'],
    ['{}', '', '0.1.0'],
  ])('R5, R6: %s under a %j list has version %s', (stdout, configured, version) => {
    expect(parseResult(stdout, configured).cniVersion).toBe(version);
  });

  it('R7: drops unknown fields at every level', () => {
    expect(
      roundTrip(
        '{"x":1,"interfaces":[{"name":"a","x":1}],"ips":[{"address":"10.0.0.1/8","version":"4"}],' +
          '"routes":[{"dst":"0.0.0.0/0","x":1}],"dns":{"x":1}}',
      ),
    ).toBe(
      '{"cniVersion":"1.0.0","interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/8"}],' +
        '"routes":[{"dst":"0.0.0.0/0"}]}',
    );
  });

  it.each(['1.0', '0.5.0', '2.0.0', 'x'])('R8: knows no version %s', (version) => {
    expect(() => parseResult(`{"cniVersion":"${version}"}`, '1.0.0')).toThrow(
      `unsupported CNI result version "${version}"`,
    );
  });

  it.each([
    ['{"ips":{}}', 'json: cannot unmarshal object into Go struct field'],
    ['{"ips":[1]}', 'json: cannot unmarshal number into Go struct field'],
    ['{"interfaces":[{"mtu":1.5}]}', 'json: cannot unmarshal number 1.5 into Go struct field'],
    ['{"ips":[{"address":"10.0.0.1"}]}', 'invalid CIDR address: 10.0.0.1'],
    ['{"ips":[{"address":null}]}', 'invalid CIDR address: '],
    ['{"ips":[{"address":"10.0.0.01/8"}]}', 'invalid CIDR address: 10.0.0.01/8'],
    ['{"ips":[{"address":"10.0.0.1/8","gateway":"x"}]}', 'invalid IP address: x'],
    ['{"routes":[{"dst":"0.0.0.0/0","gw":1}]}', 'json: cannot unmarshal number into Go'],
  ])('R9: %s is refused: %s', (stdout, reason) => {
    expect(() => parseResult(stdout, '1.0.0')).toThrow(reason);
  });

  it('R9, R10: normalises addresses; an empty or null gateway is none', () => {
    expect(
      roundTrip(
        '{"ips":[{"address":"::ffff:1.2.3.4/120","gateway":"::ffff:10.0.0.1"},' +
          '{"address":"FD00:0:0::1/064","gateway":""},{"address":"10.0.0.2/8","gateway":null}],' +
          '"routes":[{"dst":"10.1.2.3/8","gw":"FE80::0001"}]}',
      ),
    ).toBe(
      '{"cniVersion":"1.0.0","ips":[{"address":"1.2.3.4/24","gateway":"10.0.0.1"},' +
        '{"address":"fd00::1/64"},{"address":"10.0.0.2/8"}],' +
        '"routes":[{"dst":"10.1.2.3/8","gw":"fe80::1"}]}',
    );
  });

  it('R11: empty values vanish, but an index, a table and a scope of 0 stay', () => {
    expect(
      roundTrip(
        '{"interfaces":[{"mac":"","mtu":0}],"ips":[{"interface":0,"address":"10.0.0.1/8"}],' +
          '"routes":[{"dst":"0.0.0.0/0","mtu":0,"priority":0,"table":0,"scope":0}],' +
          '"dns":{"search":[],"domain":""}}',
      ),
    ).toBe(
      '{"cniVersion":"1.0.0","interfaces":[{"name":""}],' +
        '"ips":[{"address":"10.0.0.1/8","interface":0}],' +
        '"routes":[{"dst":"0.0.0.0/0","scope":0,"table":0}]}',
    );
  });

  it('R13, R14: null members and a missing address survive', () => {
    expect(roundTrip('{"interfaces":[null],"ips":[{}]}')).toBe(
      '{"cniVersion":"1.0.0","interfaces":[null],"ips":[{"address":"\\u003cnil\\u003e"}]}',
    );
  });
});

const middle =
  '{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","mac":"aa:bb","sandbox":"/n"}],' +
  '"ips":[{"version":"4","interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],' +
  '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}],"dns":{"nameservers":["10.0.0.1"]}}';
const old =
  '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1",' +
  '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},"ip6":{"ip":"fd00::2/64"},"dns":{}}';

describe('printing', () => {
  it('P3, J1: 0.x results keep their field order and always have dns', () => {
    expect(roundTrip(middle)).toBe(middle);
    expect(roundTrip(old)).toBe(old);
    expect(roundTrip('{"dns":{},"cniVersion":"0.3.1"}')).toBe('{"cniVersion":"0.3.1","dns":{}}');
  });

  it('P2: 1.x results have sorted keys and no empty dns', () => {
    const text =
      '{"cniVersion":"1.1.0","dns":{"domain":"d","nameservers":["n"]},"interfaces":' +
      '[{"mac":"m","mtu":1,"name":"a","pciID":"p","sandbox":"s","socketPath":"k"}],' +
      '"routes":[{"advmss":2,"dst":"0.0.0.0/0","gw":"1.1.1.1","mtu":1,"priority":3,"scope":5,"table":4}]}';
    expect(roundTrip(text)).toBe(text);
  });

  it('K2: the cache has sorted keys in every version', () => {
    expect(canonicalJson(resultToJson(parseResult(old, '')))).toBe(
      '{"cniVersion":"0.2.0","dns":{},"ip4":{"gateway":"10.0.0.1","ip":"10.0.0.2/24",' +
        '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},"ip6":{"ip":"fd00::2/64"}}',
    );
  });

  it('R12: the fields of newer families are unknown to 0.x', () => {
    expect(
      roundTrip('{"cniVersion":"0.4.0","interfaces":[{"name":"a","mtu":9,"pciID":"p"}]}'),
    ).toBe('{"cniVersion":"0.4.0","interfaces":[{"name":"a"}],"dns":{}}');
  });
});

describe('R20: converting', () => {
  it('keeps all but the version inside a family', () => {
    expect(convert(old, '0.1.0')).toBe(old.replace('0.2.0', '0.1.0'));
    expect(convert(middle, '0.3.0')).toBe(middle.replace('0.4.0', '0.3.0'));
    const modern = '{"cniVersion":"1.1.0","interfaces":[{"mtu":1,"name":"a"}]}';
    expect(convert(modern, '1.0.0')).toBe(modern.replace('1.1.0', '1.0.0'));
    const result = parseResult(middle, '');
    expect(convertResult(result, '0.4.0')).toBe(result);
  });

  it('from 0.2.0 up joins both families', () => {
    expect(convert(old, '0.4.0')).toBe(
      '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/24","gateway":"10.0.0.1"},' +
        '{"version":"6","address":"fd00::2/64"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}],' +
        '"dns":{}}',
    );
    expect(convert(old, '1.0.0')).toBe(
      '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24","gateway":"10.0.0.1"},' +
        '{"address":"fd00::2/64"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]}',
    );
  });

  it('from 0.4.0 to 1.x drops the version of an ip', () => {
    expect(attachmentView(convertResult(parseResult(middle, ''), '1.1.0'))).toEqual(
      attachmentView(parseResult(middle, '')),
    );
    expect(convert(middle, '1.1.0')).not.toContain('"version"');
  });

  it('from 1.x to 0.4.0 drops what is new and derives the version of an ip', () => {
    expect(
      convert(
        '{"cniVersion":"1.1.0","interfaces":[{"name":"a","mtu":1,"socketPath":"s","pciID":"p"}],' +
          '"ips":[{"address":"fd00::1/64"},{"address":"10.0.0.1/8"},{}],' +
          '"routes":[{"dst":"::/0","mtu":9,"table":0}]}',
        '0.4.0',
      ),
    ).toBe(
      '{"cniVersion":"0.4.0","interfaces":[{"name":"a"}],"ips":[{"version":"6",' +
        '"address":"fd00::1/64"},{"version":"4","address":"10.0.0.1/8"},' +
        '{"version":"6","address":"\\u003cnil\\u003e"}],' +
        '"routes":[{"dst":"::/0","mtu":9,"table":0}],"dns":{}}',
    );
  });

  it('down to 0.2.0 keeps the first ip of each family and its routes', () => {
    expect(
      convert(
        '{"cniVersion":"1.0.0","interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/8",' +
          '"interface":0},{"address":"10.0.0.2/8"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.9",' +
          '"mtu":5},{"dst":"::/0"}]}',
        '',
      ),
    ).toBe(
      '{"cniVersion":"0.1.0","ip4":{"ip":"10.0.0.1/8",' +
        '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.9"}]},"dns":{}}',
    );
  });

  it('is refused without addresses, for unknown versions and for null members', () => {
    expect(() => convert('{"cniVersion":"1.0.0"}', '0.2.0')).toThrow(
      'cannot convert: no valid IP addresses',
    );
    expect(() => convert(middle, '1.0')).toThrow(
      'no converter for CNI result version 0.4.0 to 1.0',
    );
    // R13: the reference crashes here.
    expect(() => convert('{"cniVersion":"1.0.0","ips":[null]}', '0.4.0')).toThrow('holds null');
  });

  it('R21: an 0.2.0 result without addresses goes up', () => {
    expect(convert('{"cniVersion":"0.2.0"}', '1.0.0')).toBe('{"cniVersion":"1.0.0"}');
  });
});

it.each([-1, 99])('R15: the interface %d of an address is not looked for', (index) => {
  const text = `{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8","interface":${index}}]}`;
  expect(resultText(parseResult(text, ''))).toContain(`"interface":${index}`);
});

describe('a printed result', () => {
  it('P1, P2: has four blanks of indent, sorted keys and no newline at the end', () => {
    const text = '{"ips":[{"interface":0,"gateway":"10.0.0.1","address":"10.0.0.2/8"}]}';
    expect(prettyResult(parseResult(text, '1.0.0'))).toBe(`{
    "cniVersion": "1.0.0",
    "ips": [
        {
            "address": "10.0.0.2/8",
            "gateway": "10.0.0.1",
            "interface": 0
        }
    ]
}`);
  });

  it('P3, J2, R14: has the order of its fields in 0.x, and escapes what Go escapes', () => {
    const text = '{"ip4":{"gateway":"10.0.0.1"},"dns":{"domain":"a&b\\u2028"}}';
    expect(prettyResult(parseResult(text.replace('"ip4":{', '"ip4":{"ip":"10.0.0.2/8",'), '0.2.0')))
      .toBe(`{
    "cniVersion": "0.2.0",
    "ip4": {
        "ip": "10.0.0.2/8",
        "gateway": "10.0.0.1"
    },
    "dns": {
        "domain": "a\\u0026b\\u2028"
    }
}`);
    const nameless = prettyResult(parseResult('{"ips":[{"version":"4"}]}', '0.4.0'));
    expect(nameless).toContain('"address": "\\u003cnil\\u003e"');
    expect(nameless).toMatch(/"dns": \{\}\n\}$/);
  });

  it('P4: errors look the same, with details only if there are any', () => {
    expect(prettyError({ code: 7, msg: 'a "b"', details: '<c>', plugin: 'x' })).toBe(
      '{\n    "code": 7,\n    "msg": "a \\"b\\"",\n    "details": "\\u003cc\\u003e"\n}',
    );
    expect(prettyError({ code: 7, msg: '', details: '' })).toBe(
      '{\n    "code": 7,\n    "msg": ""\n}',
    );
  });
});

describe('the view of an attachment', () => {
  it('is the same for all versions', () => {
    expect(attachmentView(parseResult(middle, ''))).toEqual({
      interfaces: [{ name: 'eth0', mac: 'aa:bb', sandbox: '/n' }],
      ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 0 }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
      dns: { nameservers: ['10.0.0.1'] },
    });
    expect(attachmentView(parseResult(old, ''))).toEqual({
      interfaces: [],
      ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1' }, { address: 'fd00::2/64' }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
      dns: {},
    });
  });

  it('keeps the indexes of interfaces and leaves out what has no address', () => {
    const view = attachmentView(
      parseResult(
        '{"interfaces":[null,{"name":"b"}],"ips":[null,{},{"interface":1,"address":"10.0.0.1/8"}],' +
          '"routes":[null,{}]}',
        '1.0.0',
      ),
    );
    expect(view.interfaces[view.ips[0]?.interface ?? 0]?.name).toBe('b');
    expect(view.ips).toHaveLength(1);
    expect(view.routes).toEqual([]);
  });
});
