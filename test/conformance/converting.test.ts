import { convertResult } from '@cnilab/shared/cni/convertResult';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { resultVersions } from '@cnilab/shared/cni/versions';
import { describe, expect, it } from 'vitest';
import { fakeList, fakePlugins, runCommand } from './support/fakePlugins.ts';
import { useFolder } from './support/folder.ts';
import { refusalText } from './support/refusal.ts';

// R20, R21: results in other versions. There are three families; within one only the version
// changes. In texts, VERSION stands for the version.

type Family = 'old' | 'middle' | 'new';
const familyOf = (version: string): Family =>
  version < '0.3' ? 'old' : version < '1' ? 'middle' : 'new';

const convert = (text: string, version: string) =>
  resultText(convertResult(parseResult(text, ''), version));

/** A result with everything that its family knows, and what each family makes of it. */
const examples: Record<Family, Record<Family, string>> = {
  old: {
    old:
      '{"cniVersion":"VERSION","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1","routes":' +
      '[{"dst":"0.0.0.0/0","gw":"10.0.0.1","mtu":1400,"table":0},{"dst":"10.9.0.0/16"}]},' +
      '"ip6":{"ip":"fd00::2/64","gateway":"fd00::1","routes":[{"dst":"::/0","priority":5}]},' +
      '"dns":{"nameservers":["10.0.0.1"],"domain":"d","search":["s"],"options":["o"]}}',
    middle:
      '{"cniVersion":"VERSION","ips":[' +
      '{"version":"4","address":"10.0.0.2/24","gateway":"10.0.0.1"},' +
      '{"version":"6","address":"fd00::2/64","gateway":"fd00::1"}],"routes":' +
      '[{"dst":"0.0.0.0/0","gw":"10.0.0.1","mtu":1400,"table":0},{"dst":"10.9.0.0/16"},' +
      '{"dst":"::/0","priority":5}],' +
      '"dns":{"nameservers":["10.0.0.1"],"domain":"d","search":["s"],"options":["o"]}}',
    new:
      '{"cniVersion":"VERSION",' +
      '"dns":{"domain":"d","nameservers":["10.0.0.1"],"options":["o"],"search":["s"]},' +
      '"ips":[{"address":"10.0.0.2/24","gateway":"10.0.0.1"},' +
      '{"address":"fd00::2/64","gateway":"fd00::1"}],"routes":' +
      '[{"dst":"0.0.0.0/0","gw":"10.0.0.1","mtu":1400,"table":0},{"dst":"10.9.0.0/16"},' +
      '{"dst":"::/0","priority":5}]}',
  },
  middle: {
    old:
      '{"cniVersion":"VERSION","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1","routes":' +
      '[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},' +
      '"ip6":{"ip":"fd00::2/64","routes":[{"dst":"::/0"}]},"dns":{"domain":"d"}}',
    middle:
      '{"cniVersion":"VERSION","interfaces":[{"name":"br0","mac":"m"},{"name":"eth0","sandbox":"s"}],' +
      '"ips":[{"version":"4","interface":1,"address":"10.0.0.2/24","gateway":"10.0.0.1"},' +
      '{"version":"4","interface":1,"address":"10.0.0.3/24"},' +
      '{"version":"6","interface":1,"address":"fd00::2/64"}],"routes":' +
      '[{"dst":"::/0","mtu":1400},{"dst":"0.0.0.0/0","gw":"10.0.0.1","advmss":1,"scope":0}],' +
      '"dns":{"domain":"d"}}',
    new:
      '{"cniVersion":"VERSION","dns":{"domain":"d"},' +
      '"interfaces":[{"mac":"m","name":"br0"},{"name":"eth0","sandbox":"s"}],' +
      '"ips":[{"address":"10.0.0.2/24","gateway":"10.0.0.1","interface":1},' +
      '{"address":"10.0.0.3/24","interface":1},{"address":"fd00::2/64","interface":1}],"routes":' +
      '[{"dst":"::/0","mtu":1400},{"advmss":1,"dst":"0.0.0.0/0","gw":"10.0.0.1","scope":0}]}',
  },
  new: {
    old:
      '{"cniVersion":"VERSION","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1",' +
      '"routes":[{"dst":"10.9.0.0/16","gw":"10.0.0.9"}]},' +
      '"ip6":{"ip":"fd00::2/64","routes":[{"dst":"::/0"}]},"dns":{}}',
    middle:
      '{"cniVersion":"VERSION","interfaces":[{"name":"eth0","mac":"m","sandbox":"s"}],' +
      '"ips":[{"version":"6","interface":0,"address":"fd00::2/64"},' +
      '{"version":"4","interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],"routes":' +
      '[{"dst":"::/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5},' +
      '{"dst":"10.9.0.0/16","gw":"10.0.0.9"}],"dns":{}}',
    new:
      '{"cniVersion":"VERSION","interfaces":' +
      '[{"mac":"m","mtu":1400,"name":"eth0","pciID":"p","sandbox":"s","socketPath":"k"}],' +
      '"ips":[{"address":"fd00::2/64","interface":0},' +
      '{"address":"10.0.0.2/24","gateway":"10.0.0.1","interface":0}],"routes":' +
      '[{"advmss":2,"dst":"::/0","mtu":1,"priority":3,"scope":5,"table":4},' +
      '{"dst":"10.9.0.0/16","gw":"10.0.0.9"}]}',
  },
};
const pairs = resultVersions.flatMap((from) => resultVersions.map((to) => [from, to] as const));

describe('R20: a full result', () => {
  it.each(pairs)('R20: of %s in %s', (from, to) => {
    const { [familyOf(from)]: example } = examples;
    const text = example[familyOf(from)].replace('VERSION', from);
    expect(convert(text, to)).toBe(example[familyOf(to)].replace('VERSION', to));
  });

  it.each(resultVersions)('R20: of %s in the same version is the very same', (version) => {
    const result = parseResult(`{"cniVersion":"${version}"}`, '');
    expect(convertResult(result, version)).toBe(result);
  });

  it('R20: in the empty version is one of 0.1.0', () => {
    expect(convert(examples.new.new.replace('VERSION', '1.1.0'), '')).toBe(
      examples.new.old.replace('VERSION', '0.1.0'),
    );
  });
});

describe('R20: what each family makes of the others', () => {
  const rows: [title: string, from: string, to: string, text: string, gives: string][] = [
    [
      'up from 0.2.0, one address is enough',
      '0.2.0',
      '1.0.0',
      '"ip6":{"ip":"fd00::2/64"}',
      '"ips":[{"address":"fd00::2/64"}]',
    ],
    [
      'up from 0.2.0, an address may be none',
      '0.2.0',
      '0.4.0',
      '"ip4":{}',
      '"ips":[{"version":"4","address":"\\u003cnil\\u003e"}],"dns":{}',
    ],
    [
      'up from 0.2.0, the fields say which family it is, not the address',
      '0.2.0',
      '0.4.0',
      '"ip4":{"ip":"fd00::2/64"}',
      '"ips":[{"version":"4","address":"fd00::2/64"}],"dns":{}',
    ],
    [
      'down to 0.2.0, the first address of each family stays',
      '1.0.0',
      '0.2.0',
      '"ips":[{"address":"10.0.0.2/8"},{"address":"10.0.0.3/8"},{"address":"fd00::2/64"},{"address":"fd00::3/64"}]',
      '"ip4":{"ip":"10.0.0.2/8"},"ip6":{"ip":"fd00::2/64"},"dns":{}',
    ],
    [
      'down to 0.2.0, routes of a family without address are lost',
      '1.0.0',
      '0.2.0',
      '"ips":[{"address":"10.0.0.2/8"}],"routes":[{"dst":"::/0"},{"dst":"0.0.0.0/0"}]',
      '"ip4":{"ip":"10.0.0.2/8","routes":[{"dst":"0.0.0.0/0"}]},"dns":{}',
    ],
    [
      'down to 0.2.0, the version of an address counts',
      '0.4.0',
      '0.2.0',
      '"ips":[{"version":"6","address":"10.0.0.2/8"}]',
      '"ip6":{"ip":"10.0.0.2/8"},"dns":{}',
    ],
    [
      'down to 0.2.0, an address without version is lost',
      '0.4.0',
      '0.2.0',
      '"ips":[{"address":"10.0.0.2/8"},{"version":"4","address":"10.0.0.3/8"}]',
      '"ip4":{"ip":"10.0.0.3/8"},"dns":{}',
    ],
    [
      'down to 0.2.0, a mapped address is of version 4',
      '1.1.0',
      '0.2.0',
      '"ips":[{"address":"::ffff:10.0.0.2/104"}]',
      '"ip4":{"ip":"10.0.0.2/8"},"dns":{}',
    ],
    [
      'down to 0.4.0, an address that is none is of version 6',
      '1.0.0',
      '0.4.0',
      '"ips":[{}]',
      '"ips":[{"version":"6","address":"\\u003cnil\\u003e"}],"dns":{}',
    ],
    [
      'down to 0.4.0, an empty dns is there',
      '1.0.0',
      '0.4.0',
      '"interfaces":[{"name":"a"}]',
      '"interfaces":[{"name":"a"}],"dns":{}',
    ],
    [
      'up to 1.0.0, an empty dns goes',
      '0.4.0',
      '1.0.0',
      '"interfaces":[{"name":"a"}],"dns":{}',
      '"interfaces":[{"name":"a"}]',
    ],
    [
      'up to 1.0.0, a version that is wrong goes',
      '0.3.0',
      '1.1.0',
      '"ips":[{"version":"x","address":"10.0.0.2/8"}]',
      '"ips":[{"address":"10.0.0.2/8"}]',
    ],
    [
      'within 1.x, what is new stays in the older one',
      '1.1.0',
      '1.0.0',
      '"interfaces":[{"mtu":1,"name":"a","pciID":"p","socketPath":"k"}]',
      '"interfaces":[{"mtu":1,"name":"a","pciID":"p","socketPath":"k"}]',
    ],
    [
      'within a family, null stays null',
      '0.3.1',
      '0.4.0',
      '"ips":[null],"dns":{}',
      '"ips":[null],"dns":{}',
    ],
  ];
  it.each(rows)('R20: %s', (_title, from, to, text, gives) => {
    expect(convert(`{"cniVersion":"${from}",${text}}`, to)).toBe(`{"cniVersion":"${to}",${gives}}`);
  });

  it.each(['0.4', '1.0', '2.0.0', 'x'])(
    'R20: is refused into the version "%s"',
    async (version) => {
      expect(await refusalText(() => convert('{"cniVersion":"1.0.0"}', version))).toBe(
        `no converter for CNI result version 1.0.0 to ${version}`,
      );
    },
  );

  it.each(['"ips":[null]', '"interfaces":[null]'])(
    'R13: is refused into another family with %s',
    async (rest) => {
      for (const [from, to] of [
        ['1.0.0', '0.4.0'],
        ['0.4.0', '1.0.0'],
        ['1.1.0', '0.2.0'],
      ] as const) {
        expect(await refusalText(() => convert(`{"cniVersion":"${from}",${rest}}`, to))).toBe(
          'cannot convert: a list of the result holds null',
        );
      }
    },
  );
});

describe('R21: a result without addresses', () => {
  it.each(['0.1.0', '0.2.0'])('R21: of %s goes up', (version) => {
    const text = `{"cniVersion":"${version}","dns":{"domain":"d"}}`;
    expect(convert(text, '0.4.0')).toBe('{"cniVersion":"0.4.0","dns":{"domain":"d"}}');
    expect(convert(text, '1.0.0')).toBe('{"cniVersion":"1.0.0","dns":{"domain":"d"}}');
  });

  it.each(['0.3.0', '0.4.0', '1.0.0', '1.1.0'])(
    'R20, R21: of %s does not go down',
    async (version) => {
      const text = `{"cniVersion":"${version}","routes":[{"dst":"0.0.0.0/0"}],"dns":{"domain":"d"}}`;
      for (const old of ['0.1.0', '0.2.0', '']) {
        expect(await refusalText(() => convert(text, old))).toBe(
          'cannot convert: no valid IP addresses',
        );
      }
    },
  );
});

describe('R20: where the library converts', () => {
  const folder = useFolder();

  it('R20, D7: the cached result, to the version of the list', async () => {
    const plugins = fakePlugins(folder.at('cache'), {
      a: '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/8"}]}',
    });
    const { runtime, rt, told } = plugins;
    await runtime.addNetworkList(fakeList(['a']), rt);
    told.length = 0;
    await runCommand(plugins, 'CHECK', fakeList(['a'], { cniVersion: '0.4.0' }));
    expect(told[0]?.stdin).toContain(
      '"prevResult":{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}],"dns":{}}',
    );
    const cached = await runtime.getNetworkListCachedResult(
      fakeList(['a'], { cniVersion: '' }),
      rt,
    );
    expect(cached).toEqual({ cniVersion: '0.1.0', ip4: { ip: '10.0.0.2/8', routes: [] }, dns: {} });
  });

  it('R20, R6: not the result of ADD', async () => {
    const { runtime, rt } = fakePlugins(folder.at('cache'), { a: '{"cniVersion":"0.3.0"}' });
    const result = await runtime.addNetworkList(fakeList(['a']), rt);
    expect(result.cniVersion).toBe('0.3.0');
  });
});
