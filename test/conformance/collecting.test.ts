import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GCArgs } from '../../server/src/cni/types.ts';
import { type Answer, cniVariablesOf, useBench } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// G: GC.

const bench = useBench();
/** A list of version 1.1.0, the first with GC and STATUS. */
const list = (...[plugins, keys]: Parameters<typeof bench.list>) =>
  bench.list(plugins, { cniVersion: '1.1.0', ...keys });
const gc = (plugins: Parameters<typeof bench.list>[0], args?: GCArgs, keys = {}) =>
  bench.runtime().gcNetworkList(list(plugins, keys), args);
const failing: Answer = { stdout: '{"code":50,"msg":"no","details":"really"}', exit: 1 };
const missing = () => `failed to find plugin "none" in path [${bench.at('bin')}]`;

/** Puts an entry into the cache, as the reference writes it. */
const attach = (containerId: string, ifName = 'eth0', keys: Record<string, unknown> = {}) => {
  const { networkName = 'net', ...more } = keys;
  const record = {
    kind: 'cniCacheV1',
    containerId,
    config: 'e30=',
    ifName,
    networkName,
    ...more,
    result: { cniVersion: '1.1.0' },
  };
  bench.putCache(JSON.stringify(record), `${String(networkName)}-${containerId}-${ifName}`);
};
const cached = () => readdirSync(bench.at('cache', 'results')).toSorted();

describe('G: the stale attachments', () => {
  it.each([true, 'true', 'TRUE'])(
    'G1: stay with disableGC %j, and no plugin is asked',
    async (disableGC) => {
      attach('pod1');
      expect(await gc(['a'], undefined, { disableGC })).toEqual([]);
      expect(bench.ran()).toEqual([]);
      expect(cached()).toEqual(['net-pod1-eth0']);
    },
  );

  interface Valid {
    what: string;
    args: GCArgs | undefined;
    kept: string[];
  }
  const all = ['net-pod1-eth0', 'net-pod1-eth1', 'net-pod2-eth0'];
  const sets: Valid[] = [
    { what: 'nothing is said', args: undefined, kept: [] },
    { what: 'no set is given', args: {}, kept: [] },
    { what: 'the set is empty', args: { validAttachments: [] }, kept: [] },
    {
      what: 'one is valid',
      args: { validAttachments: [{ containerId: 'pod1', ifName: 'eth1' }] },
      kept: ['net-pod1-eth1'],
    },
    {
      what: 'id and interface belong to different ones',
      args: { validAttachments: [{ containerId: 'pod2', ifName: 'eth1' }] },
      kept: [],
    },
    {
      what: 'all are valid',
      args: {
        validAttachments: [
          { containerId: 'pod1', ifName: 'eth0' },
          { containerId: 'pod1', ifName: 'eth1' },
          { containerId: 'pod2', ifName: 'eth0' },
        ],
      },
      kept: all,
    },
  ];
  it.each(sets)('G2: are taken down, if $what, except $kept', async ({ args, kept }) => {
    attach('pod1', 'eth1');
    attach('pod2');
    attach('pod1');
    const gone = await gc(['a'], args);
    const names = gone.map(
      ({ network, containerId, ifName }) => `${network}-${containerId}-${ifName}`,
    );
    expect(names).toEqual(all.filter((name) => !kept.includes(name)));
    expect(cached()).toEqual(kept);
    expect(bench.ran()).toEqual([...names.map(() => 'DEL a'), 'GC a']);
  });

  it('G2: are those of this network only', async () => {
    attach('pod1');
    attach('pod2', 'eth0', { networkName: 'net2' });
    attach('pod3', 'eth0', { networkName: 'ne' });
    await gc(['a']);
    expect(bench.ran()).toEqual(['DEL a', 'GC a']);
    expect(cached()).toEqual(['ne-pod3-eth0', 'net2-pod2-eth0']);
  });

  it('G3: go by a DEL with the values of the cache and the plugins of now', async () => {
    attach('pod7', 'eth3', {
      netns: '/run/netns/gone',
      cniArgs: [
        ['B', '1'],
        ['A', '2'],
      ],
      capabilityArgs: { mac: 'aa', ips: [] },
    });
    await gc([{ type: 'a', capabilities: { mac: true } }, 'b']);
    expect(bench.ran()).toEqual(['DEL b', 'DEL a', 'GC a', 'GC b']);
    const [, second] = bench.calls();
    expect(second && cniVariablesOf(second)).toEqual({
      CNI_COMMAND: 'DEL',
      CNI_CONTAINERID: 'pod7',
      CNI_NETNS: '/run/netns/gone',
      CNI_IFNAME: 'eth3',
      CNI_ARGS: 'B=1;A=2',
      CNI_PATH: bench.at('bin'),
    });
    expect(second?.stdin).toBe(
      '{"capabilities":{"mac":true},"cniVersion":"1.1.0","name":"net",' +
        '"prevResult":{"cniVersion":"1.1.0"},"runtimeConfig":{"mac":"aa"},"type":"a"}',
    );
  });

  it.each(['1.0.0', '0.4.0', '0.3.1', ''])(
    'G5: are all there is below 1.1.0, in "%s"',
    async (cniVersion) => {
      attach('pod1');
      await gc(['a', 'b'], undefined, { cniVersion });
      expect(bench.ran()).toEqual(['DEL b', 'DEL a']);
      expect(cached()).toEqual([]);
    },
  );

  const foreign: [what: string, text: string][] = [
    ['no JSON', 'garbage'],
    ['empty', ''],
    ['of another kind', '{"kind":"cniCacheV2","networkName":"net","ifName":"eth0"}'],
    ['the bare result of an old release', '{"cniVersion":"0.3.1"}'],
    ['without an interface', '{"kind":"cniCacheV1","networkName":"net","ifName":""}'],
    ['without a network', '{"kind":"cniCacheV1","networkName":"","ifName":"eth0"}'],
    ['of wrong types', '{"kind":"cniCacheV1","networkName":"net","ifName":1}'],
  ];
  it.each(foreign)('G8: a file of the cache that is %s stays', async (_what, text) => {
    bench.putCache(text, 'net-pod9-eth0');
    attach('pod1');
    await gc(['a']);
    expect(bench.ran()).toEqual(['DEL a', 'GC a']);
    expect(cached()).toEqual(['net-pod9-eth0']);
  });

  it('G7: there are none without a cache folder', async () => {
    expect(await gc(['a', 'b'])).toEqual([]);
    expect(bench.ran()).toEqual(['GC a', 'GC b']);
  });

  it('G7: nothing happens if the cache folder cannot be listed', async () => {
    bench.put('cache/results', 'a file');
    expect(await gc(['a'])).toEqual([]);
    expect(bench.ran()).toEqual([]);
  });
});

describe('G: GC of the plugins', () => {
  const attachment = '{"containerID":"pod1","ifname":"eth0"}';
  const valid = { containerId: 'pod1', ifName: 'eth0' };
  const other = { containerId: 'pod2', ifName: 'eth1' };
  const sets: [args: GCArgs | undefined, attachments: string | undefined][] = [
    [undefined, undefined],
    [{}, 'null'],
    [{ validAttachments: [] }, '[]'],
    [{ validAttachments: [valid] }, `[${attachment}]`],
    [
      { validAttachments: [other, valid] },
      `[{"containerID":"pod2","ifname":"eth1"},${attachment}]`,
    ],
  ];
  it.each(sets)('G4, S10: with %j tells each plugin %s', async (args, attachments) => {
    await gc([{ type: 'b', capabilities: { mac: true }, x: 1 }, 'a'], args);
    const keys = (text?: string) =>
      text === undefined
        ? ''
        : `"cni.dev/attachments":${text},"cni.dev/valid-attachments":${text},`;
    expect(bench.calls().map(({ stdin }) => stdin)).toEqual([
      `{"capabilities":{"mac":true},${keys(attachments)}"cniVersion":"1.1.0","name":"net",` +
        '"type":"b","x":1}',
      `{${keys(attachments)}"cniVersion":"1.1.0","name":"net","type":"a"}`,
    ]);
  });

  it('G4: comes although a DEL fails', async () => {
    attach('pod1');
    bench.answer('b', 'DEL', failing);
    expect(await refusalText(() => gc(['a', 'b']))).toBe(
      'failed to delete stale attachment pod1 eth0: plugin type="b" failed (delete): no; really',
    );
    expect(bench.ran()).toEqual(['DEL b', 'GC a', 'GC b']);
    expect(cached()).toEqual(['net-pod1-eth0']);
  });

  it('G6, D4: collects all failures, a line each, and stops at none', async () => {
    attach('pod1');
    attach('pod2');
    bench.answer('b', 'DEL', failing);
    bench.answer('a', 'GC', failing);
    bench.answer('b', 'GC', { exit: 2 });
    expect((await refusalText(() => gc(['c', 'b', 'a', 'none', 'c']))).split('\n')).toEqual([
      `failed to delete stale attachment pod1 eth0: plugin type="none" failed (delete): ${missing()}`,
      `failed to delete stale attachment pod2 eth0: plugin type="none" failed (delete): ${missing()}`,
      'failed to GC plugin b: netplugin failed with no error message: exit status 2',
      'failed to GC plugin a: no; really',
      `failed to GC plugin none: ${missing()}`,
    ]);
    expect(bench.ran()).toEqual(['DEL c', 'DEL c', 'GC c', 'GC b', 'GC a', 'GC c']);
  });

  it('G6: one failing DEL does not keep others from going', async () => {
    for (const pod of ['pod1', 'pod2', 'pod3']) attach(pod);
    bench.answer('a', 'DEL', {
      run: 'test "$CNI_CONTAINERID" = pod2 || exit 0; printf "{\\"msg\\":\\"no\\"}"',
      exit: 1,
    });
    expect(await refusalText(() => gc(['a']))).toBe(
      'failed to delete stale attachment pod2 eth0: plugin type="a" failed (delete): no',
    );
    expect(cached()).toEqual(['net-pod2-eth0']);
  });

  it('G6, A6: keeps the code of a single failure', async () => {
    bench.answer('a', 'GC', failing);
    const error = await refusalOf(() => gc(['a']));
    expect(error.toObject()).toEqual({ code: 50, msg: 'no', details: 'really', plugin: 'a' });
  });

  it('G9: GC tells why the DEL of a stale attachment failed', async () => {
    attach('pod1');
    expect(await refusalText(() => gc(['a'], undefined, { cniVersion: 'x' }))).toBe(
      `failed to delete stale attachment pod1 eth0: ` +
        'failed to convert major version part "x": strconv.Atoi: parsing "x": invalid syntax',
    );
  });
});
