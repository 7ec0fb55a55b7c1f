import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { resultVersions } from '@cnilab/shared/cni/versions';
import { describe, expect, it } from 'vitest';
import { fakeList, fakePlugins } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// R1–R15: what is read of what ADD prints. In tables: the text, and what is passed on of it (one
// line, as plugins get it) under a configuration of version 1.0.0.

const read = (text: string, version = '1.0.0') => resultText(parseResult(text, version));
const v1 = (rest: string) => `{"cniVersion":"1.0.0"${rest && `,${rest}`}}`;
const v4 = (rest: string) => `{"cniVersion":"0.4.0"${rest && `,${rest}`}}`;
const v2 = (rest: string) => `{"cniVersion":"0.2.0"${rest && `,${rest}`}}`;

describe('R: what is no result', () => {
  const rows: [text: string, reason: string][] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['ok', "invalid character 'o' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['"x"', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
    ['7', 'json: cannot unmarshal number into Go value of type map[string]interface {}'],
    ['true', 'json: cannot unmarshal bool into Go value of type map[string]interface {}'],
  ];
  it.each(rows)('R1: %j: %s', async (text, reason) => {
    expect(await refusalText(() => parseResult(text, '1.0.0'))).toBe(
      `failed to unmarshal raw result: ${reason}`,
    );
  });

  it.each(['1.0', '0.5.0', '1.2.0', '2.0.0', '1.0.0 ', 'v1.0.0', 'x'])(
    'R8: of version "%s"',
    async (version) => {
      const reason = `unsupported CNI result version "${version}"`;
      expect(await refusalText(() => parseResult(`{"cniVersion":"${version}"}`, ''))).toBe(reason);
      expect(await refusalText(() => parseResult('{}', version))).toBe(reason);
    },
  );

  const types: string[] = [
    '"ips":{}',
    '"ips":[1]',
    '"ips":[{"interface":"0"}]',
    '"ips":[{"interface":1.5}]',
    '"ips":[{"address":1}]',
    '"ips":[{"address":"10.0.0.1/8","gateway":{}}]',
    '"interfaces":"x"',
    '"interfaces":[[]]',
    '"interfaces":[{"name":1}]',
    '"interfaces":[{"name":"a","mtu":"1500"}]',
    '"interfaces":[{"name":"a","mtu":1e3}]',
    '"routes":true',
    '"routes":[{"dst":[]}]',
    '"routes":[{"dst":"0.0.0.0/0","priority":"1"}]',
    '"dns":[]',
    '"dns":{"nameservers":"1.1.1.1"}',
    '"dns":{"search":[1]}',
  ];
  it.each(types)('R9: with a wrong type in %s', async (rest) => {
    expect(await refusalText(() => parseResult(v1(rest), ''))).toMatch(/^json: cannot unmarshal /);
  });

  it.each(['"ip4":[]', '"ip4":{"ip":1}', '"ip6":{"routes":{}}', '"ip4":"10.0.0.1/8"'])(
    'R9: with a wrong type in %s of 0.2.0',
    async (rest) => {
      expect(await refusalText(() => parseResult(v2(rest), ''))).toMatch(
        /^json: cannot unmarshal /,
      );
    },
  );

  const cidrs = [
    '',
    '10.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/',
    '10.0.0.01/8',
    '10.0.0/8',
    '10.0.0.256/8',
    'fd00::1',
    'fd00::1/129',
    'fd00::1%eth0/64',
    '/8',
    'x',
    ' 10.0.0.1/8',
  ];
  it.each(cidrs)('R9: with "%s" as an address with prefix', async (text) => {
    const reason = `invalid CIDR address: ${text}`;
    expect(await refusalText(() => parseResult(v1(`"ips":[{"address":"${text}"}]`), ''))).toBe(
      reason,
    );
    expect(await refusalText(() => parseResult(v4(`"routes":[{"dst":"${text}"}]`), ''))).toBe(
      reason,
    );
    expect(await refusalText(() => parseResult(v2(`"ip4":{"ip":"${text}"}`), ''))).toBe(reason);
  });

  it('R9: with null as an address with prefix', async () => {
    expect(await refusalText(() => parseResult(v1('"ips":[{"address":null}]'), ''))).toBe(
      'invalid CIDR address: ',
    );
  });

  const addresses = [
    'x',
    '10.0.0.1/8',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    ':',
    '1::2::3',
    '12345::',
    'fe80::1%eth0',
    '::1.2.3',
    '1:2:3:4:5:6:7',
  ];
  it.each(addresses)('R9: with "%s" as an address', async (text) => {
    const reason = `invalid IP address: ${text}`;
    const ips = `"ips":[{"address":"10.0.0.1/8","gateway":"${text}"}]`;
    const routes = `"routes":[{"dst":"0.0.0.0/0","gw":"${text}"}]`;
    expect(await refusalText(() => parseResult(v1(ips), ''))).toBe(reason);
    expect(await refusalText(() => parseResult(v1(routes), ''))).toBe(reason);
  });
});

describe('R: the version of a result', () => {
  const rows: [text: string, configured: string, version: string][] = [
    ['{"cniVersion":"0.4.0"}', '1.0.0', '0.4.0'],
    ['{"cniVersion":"1.1.0"}', '0.4.0', '1.1.0'],
    ['{}', '1.0.0', '1.0.0'],
    ['{}', '', '0.1.0'],
    ['null', '0.3.1', '0.3.1'],
    ['{"cniVersion":""}', '0.3.1', '0.3.1'],
    ['{"cniVersion":null}', '1.1.0', '1.1.0'],
    ['{"cniVersion":7}', '0.3.1', '0.3.1'],
    ['{"cniVersion":["0.4.0"]}', '1.0.0', '1.0.0'],
    ['{"CNIVERSION":"0.4.0"}', '1.0.0', '1.0.0'],
  ];
  it.each(rows)('R5: of %s under "%s" is %s', (text, configured, version) => {
    expect(parseResult(text, configured).cniVersion).toBe(version);
  });

  it.each([
    ['1.0.0', '0.4.0', '1.0.0 1.1.0'],
    ['0.4.0', '1.0.0', '0.3.0 0.3.1 0.4.0'],
  ])(
    'R5, J6: must be of one family, if it is there in two spellings: %s, %s',
    async (a, b, all) => {
      const text = `{"cniVersion":"${a}","CNIVersion":"${b}"}`;
      expect(await refusalText(() => parseResult(text, ''))).toBe(
        `result type supports [${all}] but unmarshalled CNIVersion is "${b}"`,
      );
    },
  );

  it('R4: null is an empty result', () => {
    expect(read('null')).toBe('{"cniVersion":"1.0.0"}');
  });

  it.each(resultVersions)('R8: may be %s', (version) => {
    expect(parseResult(`{"cniVersion":"${version}"}`, '').cniVersion).toBe(version);
  });

  const folder = useFolder();
  it('R6: stays what it is on the way through a chain, and in the cache', async () => {
    const cacheDir = folder.at('cache');
    const older = v4('"ips":[{"version":"4","address":"10.0.0.2/8"}],"dns":{}');
    const { runtime, rt, told } = fakePlugins(cacheDir, { a: older, b: older });
    const list = fakeList(['a', 'b']);
    expect(resultText(await runtime.addNetworkList(list, rt))).toBe(older);
    expect(told[1]?.stdin).toBe(
      `{"cniVersion":"1.0.0","name":"net","prevResult":${older},"type":"b"}`,
    );
    await runtime.addNetworkList({ ...list, cniVersion: '0.4.0' }, rt);
    const cached = await runtime.getNetworkListCachedResult({ ...list, cniVersion: '0.4.0' }, rt);
    expect(cached && resultText(cached)).toBe(older);
  });
});

describe('R: what is kept of a result', () => {
  const rows: [title: string, text: string, gives: string][] = [
    [
      'R7: no field that is unknown',
      v1(
        '"x":1,"interfaces":[{"name":"a","x":1}],"ips":[{"address":"10.0.0.1/8","version":"4","x":1}],"routes":[{"dst":"0.0.0.0/0","x":1}],"dns":{"x":1}',
      ),
      v1(
        '"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/8"}],"routes":[{"dst":"0.0.0.0/0"}]',
      ),
    ],
    [
      'R7: in 0.2.0 neither',
      v2('"x":1,"ips":[1],"ip4":{"ip":"10.0.0.1/8","x":1,"routes":[{"dst":"0.0.0.0/0","x":1}]}'),
      v2('"ip4":{"ip":"10.0.0.1/8","routes":[{"dst":"0.0.0.0/0"}]},"dns":{}'),
    ],
    [
      'R9: no gateway that is empty or null',
      v1('"ips":[{"address":"10.0.0.1/8","gateway":""},{"address":"10.0.0.2/8","gateway":null}]'),
      v1('"ips":[{"address":"10.0.0.1/8"},{"address":"10.0.0.2/8"}]'),
    ],
    [
      'R11: nothing empty of an interface but its name',
      v1('"interfaces":[{"name":"","mac":"","mtu":0,"sandbox":"","socketPath":"","pciID":""}]'),
      v1('"interfaces":[{"name":""}]'),
    ],
    [
      'R11: an index of 0',
      v1('"ips":[{"interface":0,"address":"10.0.0.1/8"}]'),
      v1('"ips":[{"address":"10.0.0.1/8","interface":0}]'),
    ],
    [
      'R11: a table and a scope of 0, but no other 0',
      v1('"routes":[{"dst":"0.0.0.0/0","mtu":0,"advmss":0,"priority":0,"table":0,"scope":0}]'),
      v1('"routes":[{"dst":"0.0.0.0/0","scope":0,"table":0}]'),
    ],
    [
      'R11: no empty lists',
      v1(
        '"interfaces":[],"ips":[],"routes":[],"dns":{"nameservers":[],"search":[],"options":[],"domain":""}',
      ),
      v1(''),
    ],
    [
      'R11: in 0.4.0 an empty version of an address',
      v4('"ips":[{"address":"10.0.0.1/8"}]'),
      v4('"ips":[{"version":"","address":"10.0.0.1/8"}],"dns":{}'),
    ],
    [
      'R11: in 0.2.0 an address without anything else',
      v2('"ip4":{"ip":"10.0.0.1/8","gateway":"","routes":[]}'),
      v2('"ip4":{"ip":"10.0.0.1/8"},"dns":{}'),
    ],
    [
      'R12: in 0.2.0 its own fields',
      v2(
        '"ip4":{"ip":"10.0.0.2/8","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},"ip6":{"ip":"fd00::2/64","gateway":"fd00::1"},"dns":{"nameservers":["n"],"domain":"d","search":["s"],"options":["o"]}',
      ),
      v2(
        '"ip4":{"ip":"10.0.0.2/8","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},"ip6":{"ip":"fd00::2/64","gateway":"fd00::1"},"dns":{"nameservers":["n"],"domain":"d","search":["s"],"options":["o"]}',
      ),
    ],
    [
      'R12: in 0.2.0 the newer fields of routes',
      v2(
        '"ip4":{"ip":"10.0.0.2/8","routes":[{"dst":"0.0.0.0/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}]}',
      ),
      v2(
        '"ip4":{"ip":"10.0.0.2/8","routes":[{"dst":"0.0.0.0/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}]},"dns":{}',
      ),
    ],
    [
      'R12: in 0.2.0 no fields of later families',
      v2('"interfaces":[{"name":"a"}],"routes":[{"dst":"0.0.0.0/0"}]'),
      v2('"dns":{}'),
    ],
    [
      'R12: in 0.4.0 its own fields',
      v4(
        '"interfaces":[{"name":"a","mac":"m","sandbox":"s"}],"ips":[{"version":"4","interface":0,"address":"10.0.0.2/8","gateway":"10.0.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}],"dns":{"domain":"d"}',
      ),
      v4(
        '"interfaces":[{"name":"a","mac":"m","sandbox":"s"}],"ips":[{"version":"4","interface":0,"address":"10.0.0.2/8","gateway":"10.0.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}],"dns":{"domain":"d"}',
      ),
    ],
    [
      'R12: in 0.4.0 the newer fields of routes, but not those of interfaces',
      v4(
        '"interfaces":[{"name":"a","mtu":1,"socketPath":"k","pciID":"p"}],"routes":[{"dst":"0.0.0.0/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}]',
      ),
      v4(
        '"interfaces":[{"name":"a"}],"routes":[{"dst":"0.0.0.0/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}],"dns":{}',
      ),
    ],
    [
      'R12: in 1.0.0 all of 1.1.0',
      v1(
        '"interfaces":[{"mac":"m","mtu":1,"name":"a","pciID":"p","sandbox":"s","socketPath":"k"}],"routes":[{"advmss":2,"dst":"0.0.0.0/0","gw":"1.1.1.1","mtu":1,"priority":3,"scope":5,"table":4}]',
      ),
      v1(
        '"interfaces":[{"mac":"m","mtu":1,"name":"a","pciID":"p","sandbox":"s","socketPath":"k"}],"routes":[{"advmss":2,"dst":"0.0.0.0/0","gw":"1.1.1.1","mtu":1,"priority":3,"scope":5,"table":4}]',
      ),
    ],
    [
      'R13: null in its lists',
      v1('"interfaces":[null],"ips":[null],"routes":[null]'),
      v1('"interfaces":[null],"ips":[null],"routes":[null]'),
    ],
    [
      'R13: null in the lists of 0.4.0',
      v4('"interfaces":[null],"ips":[null],"routes":[null]'),
      v4('"interfaces":[null],"ips":[null],"routes":[null],"dns":{}'),
    ],
    [
      'R13: of null among the routes of 0.2.0, which are no pointers, a route without anything',
      v2('"ip4":{"ip":"10.0.0.1/8","routes":[null]}'),
      v2('"ip4":{"ip":"10.0.0.1/8","routes":[{"dst":"\\u003cnil\\u003e"}]},"dns":{}'),
    ],
    [
      'R13: null among texts, as an empty text',
      v1('"dns":{"search":[null,"a"]}'),
      v1('"dns":{"search":["","a"]}'),
    ],
    [
      'R14: that an address has no address',
      v1('"ips":[{}],"routes":[{}]'),
      v1('"ips":[{"address":"\\u003cnil\\u003e"}],"routes":[{"dst":"\\u003cnil\\u003e"}]'),
    ],
    [
      'R14: the same in 0.4.0',
      v4('"ips":[{"version":"4"}]'),
      v4('"ips":[{"version":"4","address":"\\u003cnil\\u003e"}],"dns":{}'),
    ],
    ['R14: the same in 0.2.0', v2('"ip4":{}'), v2('"ip4":{"ip":"\\u003cnil\\u003e"},"dns":{}')],
    [
      'R15: an index that points nowhere',
      v1('"ips":[{"address":"10.0.0.1/8","interface":-1},{"address":"10.0.0.1/8","interface":99}]'),
      v1('"ips":[{"address":"10.0.0.1/8","interface":-1},{"address":"10.0.0.1/8","interface":99}]'),
    ],
    [
      'R5, J3: a whole number with a fraction of 0, where the version was put in',
      '{"interfaces":[{"name":"a","mtu":1500.0}]}',
      v1('"interfaces":[{"mtu":1500,"name":"a"}]'),
    ],
  ];
  it.each(rows)('%s', (_title, text, gives) => {
    expect(read(text)).toBe(gives);
  });
});

describe('R: addresses', () => {
  const cidrs: [given: string, gives: string][] = [
    ['10.1.2.3/8', '10.1.2.3/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.0.0.1/032', '10.0.0.1/32'],
    ['FD00:0:0::1/064', 'fd00::1/64'],
    ['fd00:0:0:0:0:0:0:1/128', 'fd00::1/128'],
    ['::/0', '::/0'],
    ['::ffff:1.2.3.4/120', '1.2.3.4/24'],
    ['::ffff:102:304/128', '1.2.3.4/32'],
    ['::ffff:1.2.3.4/64', '1.2.3.4/0'],
  ];
  it.each(cidrs)('R10: %s is given on as %s', (given, gives) => {
    expect(read(v1(`"ips":[{"address":"${given}"}]`))).toBe(v1(`"ips":[{"address":"${gives}"}]`));
    expect(read(v1(`"routes":[{"dst":"${given}"}]`))).toBe(v1(`"routes":[{"dst":"${gives}"}]`));
    expect(read(v2(`"ip6":{"ip":"${given}"}`))).toBe(v2(`"ip6":{"ip":"${gives}"},"dns":{}`));
  });

  const addresses: [given: string, gives: string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:a00:1', '10.0.0.1'],
    ['FE80::0001', 'fe80::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['::', '::'],
  ];
  it.each(addresses)('R10: the gateway %s is given on as %s', (given, gives) => {
    expect(read(v1(`"ips":[{"address":"10.0.0.2/8","gateway":"${given}"}]`))).toBe(
      v1(`"ips":[{"address":"10.0.0.2/8","gateway":"${gives}"}]`),
    );
    expect(read(v4(`"routes":[{"dst":"::/0","gw":"${given}"}]`))).toBe(
      v4(`"routes":[{"dst":"::/0","gw":"${gives}"}],"dns":{}`),
    );
  });
});
