import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { variable } from './support/bench.ts';
import { succeeded, useCnitool, verbs } from './support/cnitool.ts';

// T4 to T11: what the command line in the place of cnitool makes of variables and operands.

const bench = useCnitool();
const { configure, refused, run } = bench;

describe('T: the variables', () => {
  it('T4: NETCONFPATH is the folder of configurations', async () => {
    bench.put('other/x.conflist', bench.list(['b'], { cniVersion: '1.1.0' }).bytes);
    configure(['a']);
    expect(await run('status net /n', { NETCONFPATH: bench.at('other') })).toEqual(succeeded);
    expect(await run('status net /n', { NETCONFPATH: 'other' })).toEqual(succeeded);
    expect(bench.ran()).toEqual(['STATUS b', 'STATUS b']);
    expect(await refused('status net /n', { NETCONFPATH: '/nowhere' })).toBe(
      'no net configurations found in /nowhere',
    );
  });

  it.each([undefined, ''])('T4: it is /etc/cni/net.d if NETCONFPATH is %j', async (NETCONFPATH) => {
    expect(await refused('status net /n', { NETCONFPATH })).toBe(
      'no net configurations found in /etc/cni/net.d',
    );
    bench.put('etc/cni/net.d/x.conflist', bench.list(['b'], { cniVersion: '1.1.0' }).bytes);
    expect(await run('status net /n', { NETCONFPATH })).toEqual(succeeded);
    expect(bench.ran()).toEqual(['STATUS b']);
  });

  it.each([undefined, ''])(
    'T5, F2: without folders in CNI_PATH, %j, no plugin runs',
    async (CNI_PATH) => {
      configure(['a']);
      expect(await refused('add net /n', { CNI_PATH })).toBe(
        'plugin type="a" failed (add): no paths provided',
      );
    },
  );

  it('T5, E6: CNI_PATH is split at colons, and reaches plugins as it is', async () => {
    configure(['a']);
    const CNI_PATH = `/nowhere::./rel:${bench.at('bin')}/`;
    expect(await run('status net /n', { CNI_PATH })).toEqual(succeeded);
    expect(bench.calls().map((call) => variable(call, 'CNI_PATH'))).toEqual([CNI_PATH]);
    expect(await refused('status net /n', { CNI_PATH: '/nowhere:/opt' })).toBe(
      'failed to find plugin "a" in path [/nowhere /opt]',
    );
  });

  it.each(['B=1;A=2', 'K=v w', 'A=1;A=1', ''])(
    'T6: CNI_ARGS «%s» are handed on',
    async (CNI_ARGS) => {
      configure(['a']);
      expect(await run('del net /n', { CNI_ARGS })).toEqual(succeeded);
      expect(bench.calls().map((call) => variable(call, 'CNI_ARGS'))).toEqual([CNI_ARGS]);
    },
  );

  const pairs: [text: string, pair: string][] = [
    ['A=1;', ''],
    [';A=1', ''],
    ['A', 'A'],
    ['=1', '=1'],
    ['A=', 'A='],
    ['A=1=2', 'A=1=2'],
    ['B=2;A', 'A'],
  ];
  it.each(pairs)('T6: CNI_ARGS «%s» has the bad pair «%s»', async (CNI_ARGS, pair) => {
    configure(['a']);
    expect(await refused('del net /n', { CNI_ARGS })).toBe(`invalid CNI_ARGS pair "${pair}"`);
  });

  const interfaces: [args: string, CNI_IFNAME: string | undefined, ifName: string][] = [
    ['del net /n', undefined, 'eth0'],
    ['del net /n', '', 'eth0'],
    ['del net /n', 'env0', 'env0'],
    ['-i f1 del net /n', 'env0', 'f1'],
    ['--ifname f2 del net /n', undefined, 'f2'],
    ['del net /n --ifname f3', 'env0', 'f3'],
    ['del --ifname=f4 net /n', 'env0', 'f4'],
    ['del net -if5 /n', undefined, 'f5'],
    ['del net -i=f6 /n', undefined, 'f6'],
  ];
  it.each(interfaces)(
    'T7: «%s» with CNI_IFNAME %j is about %s',
    async (args, CNI_IFNAME, ifName) => {
      configure(['a']);
      expect(await run(args, { CNI_IFNAME })).toEqual(succeeded);
      expect(bench.calls().map((call) => variable(call, 'CNI_IFNAME'))).toEqual([ifName]);
    },
  );

  const capabilities: [CAP_ARGS: string | undefined, runtimeConfig: string | undefined][] = [
    ['{"mac":"aa","ips":[1.0]}', '{"ips":[1],"mac":"aa"}'],
    [' {"mac":null} ', '{"mac":null}'],
    ['{"other":1}', undefined],
    ['{}', undefined],
    ['null', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  it.each(capabilities)(
    'T10: CAP_ARGS %s are the runtimeConfig %s',
    async (CAP_ARGS, runtimeConfig) => {
      configure([{ type: 'a', capabilities: { mac: true, ips: true } }]);
      expect(await run('del net /n', { CAP_ARGS })).toEqual(succeeded);
      const given = runtimeConfig === undefined ? '' : `"runtimeConfig":${runtimeConfig},`;
      expect(bench.calls().map(({ stdin }) => stdin)).toEqual([
        `{"capabilities":{"ips":true,"mac":true},"cniVersion":"1.1.0","name":"net",${given}"type":"a"}`,
      ]);
    },
  );

  const noObjects: [CAP_ARGS: string, message: string][] = [
    ['{', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['"x"', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
  ];
  it.each(noObjects)('T10: CAP_ARGS %s are refused: %s', async (CAP_ARGS, message) => {
    configure(['a']);
    expect(await refused('del net /n', { CAP_ARGS })).toBe(message);
    expect(bench.ran()).toEqual([]);
  });
});

describe('T: the namespace', () => {
  const paths: [operand: string, netns: (folder: string) => string][] = [
    ['/run/netns/blue', () => '/run/netns/blue'],
    ['/run//netns/./x/../blue/', () => '/run/netns/blue'],
    ['/../run', () => '/run'],
    ['pod1', (folder) => `${folder}/pod1`],
    ['./a/../pod1/', (folder) => `${folder}/pod1`],
    ['link/x', (folder) => `${folder}/link/x`],
    ['', (folder) => folder],
  ];
  it.each(paths)('T8: «%s» is made absolute, and not looked at', async (operand, netns) => {
    symlinkSync('/proc', bench.at('link'));
    configure(['a']);
    expect(await run(['del', 'net', operand])).toEqual(succeeded);
    expect(bench.calls().map((call) => variable(call, 'CNI_NETNS'))).toEqual([netns(bench.at())]);
  });

  const ids: [netns: string, id: string][] = [
    ['/run/netns/blue', 'cnitool-df26705e2e4ffd095eb1'],
    ['/run/../run/netns//blue/', 'cnitool-df26705e2e4ffd095eb1'],
  ];
  it.each(ids)('T9: that of %s has the container id %s', async (netns, id) => {
    configure(['a']);
    await run(`del net ${netns}`);
    expect(bench.calls().map((call) => variable(call, 'CNI_CONTAINERID'))).toEqual([id]);
  });

  it('T9: another one has another id, and nothing else changes it', async () => {
    configure(['a']);
    const env = { CNI_CONTAINERID: 'mine', CNI_IFNAME: 'eth1' };
    await run('del net /run/netns/blue -i eth2', env);
    await run('del net /run/netns/red');
    const [blue, red] = bench.calls().map((call) => variable(call, 'CNI_CONTAINERID'));
    expect(blue).toBe('cnitool-df26705e2e4ffd095eb1');
    expect(red).toMatch(/^cnitool-[0-9a-f]{20}$/);
    expect(red).not.toBe(blue);
  });
});

describe('T: the order', () => {
  const bad = { CAP_ARGS: '{', CNI_ARGS: 'A', CNI_IFNAME: 'a/b', NETCONFPATH: '/nowhere' };
  it.each(verbs)('T11: %s looks at everything, one after the other', async (verb) => {
    configure(['a']);
    const { CAP_ARGS, CNI_ARGS, CNI_IFNAME } = bad;
    const steps: [args: string, env: Record<string, string>, message: string][] = [
      [verb, bad, 'requires at least 2 arg(s), only received 0'],
      [`${verb} net /n`, bad, 'no net configurations found in /nowhere'],
      [
        `${verb} no /n`,
        { CAP_ARGS },
        `no net configuration with name "no" in ${bench.at('net.d')}`,
      ],
      [`${verb} net /n`, { CAP_ARGS, CNI_ARGS, CNI_IFNAME }, 'unexpected end of JSON input'],
      [`${verb} net /n`, { CNI_ARGS, CNI_IFNAME }, 'invalid CNI_ARGS pair "A"'],
    ];
    for (const [args, env, message] of steps) expect(await refused(args, env)).toBe(message);
    expect(bench.ran()).toEqual([]);
  });

  it('T11, V3: the interface comes last', async () => {
    configure(['a']);
    expect(await refused('add net /n', { CNI_IFNAME: 'a/b' })).toBe(
      'plugin type="a" failed (add): interface name contains / or : or whitespace characters',
    );
  });
});
