import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { prettyError, prettyResult } from '@cnilab/shared/cni/encodeResult';
import type { CniErrorFields } from '@cnilab/shared/cni/errors';
import { resultVersions } from '@cnilab/shared/cni/versions';
import { describe, expect, it } from 'vitest';

// P: what tools and plugins print of a result or an error, to the byte.

const print = (text: string) => prettyResult(parseResult(text, ''));

describe('P: a result', () => {
  it.each(['1.0.0', '1.1.0'])('P1, P2: of %s has sorted keys at every level', (cniVersion) => {
    const text =
      '{"routes":[{"gw":"10.0.0.1","dst":"0.0.0.0/0","table":0}],"ips":[{"interface":0,' +
      '"gateway":"10.0.0.1","address":"10.0.0.2/8"},{"address":"fd00::2/64"}],"interfaces":' +
      '[{"sandbox":"/run/netns/a","name":"eth0","mac":"02:00:00:00:00:01"}],' +
      `"dns":{"search":["b","a"],"domain":"d"},"cniVersion":"${cniVersion}"}`;
    expect(print(text)).toBe(`{
    "cniVersion": "${cniVersion}",
    "dns": {
        "domain": "d",
        "search": [
            "b",
            "a"
        ]
    },
    "interfaces": [
        {
            "mac": "02:00:00:00:00:01",
            "name": "eth0",
            "sandbox": "/run/netns/a"
        }
    ],
    "ips": [
        {
            "address": "10.0.0.2/8",
            "gateway": "10.0.0.1",
            "interface": 0
        },
        {
            "address": "fd00::2/64"
        }
    ],
    "routes": [
        {
            "dst": "0.0.0.0/0",
            "gw": "10.0.0.1",
            "table": 0
        }
    ]
}`);
  });

  it.each(['0.3.0', '0.3.1', '0.4.0'])('P1, P3: of %s has its fields in order', (cniVersion) => {
    const text =
      '{"dns":{"options":["o"],"search":["s"],"domain":"d","nameservers":["n"]},' +
      '"routes":[{"scope":0,"table":1,"priority":2,"advmss":3,"mtu":4,"gw":"10.0.0.1","dst":"0.0.0.0/0"}],' +
      '"ips":[{"gateway":"10.0.0.1","address":"10.0.0.2/8","interface":0,"version":"4"}],' +
      `"interfaces":[{"sandbox":"s","mac":"m","name":"eth0"}],"cniVersion":"${cniVersion}"}`;
    expect(print(text)).toBe(`{
    "cniVersion": "${cniVersion}",
    "interfaces": [
        {
            "name": "eth0",
            "mac": "m",
            "sandbox": "s"
        }
    ],
    "ips": [
        {
            "version": "4",
            "interface": 0,
            "address": "10.0.0.2/8",
            "gateway": "10.0.0.1"
        }
    ],
    "routes": [
        {
            "dst": "0.0.0.0/0",
            "gw": "10.0.0.1",
            "mtu": 4,
            "advmss": 3,
            "priority": 2,
            "table": 1,
            "scope": 0
        }
    ],
    "dns": {
        "nameservers": [
            "n"
        ],
        "domain": "d",
        "search": [
            "s"
        ],
        "options": [
            "o"
        ]
    }
}`);
  });

  it.each(['0.1.0', '0.2.0'])('P1, P3: of %s has its fields in order', (cniVersion) => {
    const text =
      '{"dns":{},"ip6":{"ip":"fd00::2/64"},"ip4":{"routes":[{"gw":"10.0.0.1","dst":"0.0.0.0/0"}],' +
      `"gateway":"10.0.0.1","ip":"10.0.0.2/8"},"cniVersion":"${cniVersion}"}`;
    expect(print(text)).toBe(`{
    "cniVersion": "${cniVersion}",
    "ip4": {
        "ip": "10.0.0.2/8",
        "gateway": "10.0.0.1",
        "routes": [
            {
                "dst": "0.0.0.0/0",
                "gw": "10.0.0.1"
            }
        ]
    },
    "ip6": {
        "ip": "fd00::2/64"
    },
    "dns": {}
}`);
  });

  it.each(resultVersions.filter((version) => version.startsWith('0')))(
    'P3: of %s has a dns, also an empty one',
    (cniVersion) => {
      expect(print(`{"cniVersion":"${cniVersion}"}`)).toBe(
        `{\n    "cniVersion": "${cniVersion}",\n    "dns": {}\n}`,
      );
    },
  );

  it.each(['1.0.0', '1.1.0'])('P2: of %s has no empty dns', (cniVersion) => {
    expect(print(`{"cniVersion":"${cniVersion}","dns":{}}`)).toBe(
      `{\n    "cniVersion": "${cniVersion}"\n}`,
    );
  });

  const texts: [given: string, printed: string][] = [
    ['a&b <c>', 'a\\u0026b \\u003cc\\u003e'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['é€\u{1f600}', 'é€\u{1f600}'],
    ['\\"\\\\\\n\\u0001', '\\"\\\\\\n\\u0001'],
    ['\\ud800', '\ufffd'],
  ];
  it.each(texts)('P1, J2: has the text "%s" as "%s"', (given, printed) => {
    for (const version of ['0.2.0', '1.0.0']) {
      const text = print(`{"cniVersion":"${version}","dns":{"domain":"${given}"}}`);
      expect(text).toContain(`        "domain": "${printed}"\n`);
    }
  });

  it('P1, R13: has null where it was', () => {
    expect(print('{"cniVersion":"1.0.0","ips":[null]}')).toBe(
      '{\n    "cniVersion": "1.0.0",\n    "ips": [\n        null\n    ]\n}',
    );
  });

  it('P1, R14: says that an address is none', () => {
    expect(print('{"cniVersion":"1.0.0","ips":[{}]}')).toContain(
      '            "address": "\\u003cnil\\u003e"\n',
    );
  });
});

describe('P: an error', () => {
  const rows: [error: CniErrorFields, printed: string][] = [
    [{ code: 7, msg: 'm' }, '{\n    "code": 7,\n    "msg": "m"\n}'],
    [
      { code: 7, msg: 'm', details: 'd' },
      '{\n    "code": 7,\n    "msg": "m",\n    "details": "d"\n}',
    ],
    [{ code: 0, msg: '', details: '' }, '{\n    "code": 0,\n    "msg": ""\n}'],
    [{ code: 999, msg: 'm', plugin: 'x' }, '{\n    "code": 999,\n    "msg": "m"\n}'],
    [
      { code: 11, msg: '"<a>"\n&' },
      '{\n    "code": 11,\n    "msg": "\\"\\u003ca\\u003e\\"\\n\\u0026"\n}',
    ],
  ];
  it.each(rows)('P4: %j', (error, printed) => {
    expect(prettyError(error)).toBe(printed);
  });
});
