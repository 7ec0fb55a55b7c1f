import { existsSync, mkdirSync } from 'node:fs';
import { parsePlugin } from '@cnilab/shared/cni/config';
import { describe, expect, it } from 'vitest';
import { loadNetworkConf } from '../../server/src/cni/load.ts';
import { type Answer, useBench } from './support/bench.ts';
import { refusalOf, refusalText } from './support/refusal.ts';

// A: ADD of a list and of one plugin. Without an answer of its own, a plugin of the bench prints
// a result with one interface, which has the name of the plugin.

const bench = useBench();
const add = (...[plugins, keys]: Parameters<typeof bench.list>) =>
  bench.run('ADD', bench.list(plugins, keys));
const stdins = () => bench.calls().map(({ stdin }) => stdin);
const failing: Answer = { stdout: '{"code":7,"msg":"no","details":"really"}', exit: 1 };

describe('A: a chain', () => {
  it('A1: runs one plugin after the other, in the order of the list', async () => {
    for (const type of ['a', 'b', 'c']) {
      bench.answer(type, 'ADD', { stdout: '{}', run: `echo "${type} ends" >> "$notes/ends"` });
    }
    const seen: string[] = [];
    await bench.runtime().addNetworkList(bench.list(['c', 'a', 'b', 'a']), bench.rt({}), {
      observer: ({ phase, plugin, index }) => void seen.push(`${phase} ${index} ${plugin}`),
    });
    expect(bench.ran()).toEqual(['ADD c', 'ADD a', 'ADD b', 'ADD a']);
    expect(seen).toEqual([
      ...['start 0 c', 'end 0 c', 'start 1 a', 'end 1 a'],
      ...['start 2 b', 'end 2 b', 'start 3 a', 'end 3 a'],
    ]);
  });

  it('A1: runs plugins that were dropped in after those of the list', async () => {
    bench.put('net.d/net.conflist', '{"name":"net","cniVersion":"1.0.0","plugins":[{"type":"c"}]}');
    bench.put('net.d/net/20-last.conf', '{"type":"a"}');
    bench.put('net.d/net/10-first.conf', '{"type":"b"}');
    const list = await loadNetworkConf(bench.at('net.d'), 'net');
    await bench.run('ADD', list);
    expect(bench.ran()).toEqual(['ADD c', 'ADD b', 'ADD a']);
  });

  it('A2: hands to each plugin the result of the one before', async () => {
    await add(['a', 'b', 'c']);
    const result = (name: string) => `{"cniVersion":"1.0.0","interfaces":[{"name":"${name}"}]}`;
    expect(stdins()).toEqual([
      '{"cniVersion":"1.0.0","name":"net","type":"a"}',
      `{"cniVersion":"1.0.0","name":"net","prevResult":${result('a')},"type":"b"}`,
      `{"cniVersion":"1.0.0","name":"net","prevResult":${result('b')},"type":"c"}`,
    ]);
  });

  it('A2, P3: hands a 0.x result on with its fields in their own order', async () => {
    const ip4 = '"ip4":{"ip":"10.0.0.2/8","gateway":"10.0.0.1"}';
    bench.answer('a', 'ADD', { stdout: `{"dns":{},${ip4},"cniVersion":"0.2.0"}` });
    await add(['a', 'b'], { cniVersion: '0.2.0' });
    expect(stdins()[1]).toBe(
      `{"cniVersion":"0.2.0","name":"net","prevResult":{"cniVersion":"0.2.0",${ip4},"dns":{}},` +
        '"type":"b"}',
    );
  });

  const lasts: [what: string, answers: Record<string, string>, result: object][] = [
    [
      'what the last plugin prints',
      { a: '{"ips":[{"address":"10.0.0.2/8"}]}', b: '{"interfaces":[{"name":"b"}]}' },
      { cniVersion: '1.0.0', interfaces: [{ name: 'b' }], ips: [] },
    ],
    [
      'nothing, if the last plugin prints an empty object',
      { a: '{"ips":[{"address":"10.0.0.2/8"}]}', b: '{}' },
      { cniVersion: '1.0.0', interfaces: [], ips: [] },
    ],
    [
      'everything, if the last plugin passes it on',
      {
        a: '{"ips":[{"address":"10.0.0.2/8"}]}',
        b: '{"ips":[{"address":"10.0.0.2/8"}],"dns":{"domain":"d"}}',
      },
      { cniVersion: '1.0.0', ips: [{ address: '10.0.0.2/8' }], dns: { domain: 'd' } },
    ],
  ];
  it.each(lasts)('A3: gives %s', async (_what, answers, result) => {
    for (const [type, stdout] of Object.entries(answers)) bench.answer(type, 'ADD', { stdout });
    expect(await add(['a', 'b'])).toMatchObject(result);
  });

  it('A8: may run again for the same attachment', async () => {
    expect(await add(['a', 'b'])).toEqual(await add(['a', 'b']));
    expect(bench.ran()).toEqual(['ADD a', 'ADD b', 'ADD a', 'ADD b']);
  });
});

describe('A: a failure', () => {
  const places: [plugins: string[], ran: string[]][] = [
    [['b', 'a', 'c'], ['ADD b']],
    [
      ['a', 'b', 'c'],
      ['ADD a', 'ADD b'],
    ],
    [
      ['a', 'c', 'b'],
      ['ADD a', 'ADD c', 'ADD b'],
    ],
  ];
  it.each(places)(
    'A4, A5, K3: of b in %j ends it; nothing is undone or cached',
    async (plugins, ran) => {
      bench.answer('b', 'ADD', failing);
      expect(await refusalText(() => add(plugins))).toBe(
        'plugin type="b" failed (add): no; really',
      );
      expect(bench.ran()).toEqual(ran);
      expect(existsSync(bench.at('cache'))).toBe(false);
    },
  );

  it('A5: leaves the entry of an earlier ADD as it is', async () => {
    await add(['a']);
    const before = bench.cached();
    bench.answer('b', 'ADD', failing);
    await refusalOf(() => add(['a', 'b']));
    expect(before).toContain('"networkName":"net"');
    expect(bench.cached()).toBe(before);
  });

  const told: [entry: Record<string, unknown>, text: string][] = [
    [{ type: 'b' }, 'plugin type="b" failed (add): no; really'],
    [{ type: 'b', name: '' }, 'plugin type="b" failed (add): no; really'],
    [{ type: 'b', name: 'own' }, 'plugin type="b" name="own" failed (add): no; really'],
    [{ type: 'b', name: 'net' }, 'plugin type="b" name="net" failed (add): no; really'],
    [
      { type: 'b', name: 'a "q"\n' },
      'plugin type="b" name="a \\"q\\"\\n" failed (add): no; really',
    ],
    [{ Type: 'b', NAME: 'own' }, 'plugin type="b" name="own" failed (add): no; really'],
  ];
  it.each(told)('A4: of the entry %j is told as %s', async (entry, text) => {
    bench.answer('b', 'ADD', failing);
    expect(await refusalText(() => add(['a', entry]))).toBe(text);
  });

  const wrapped: [what: string, plugin: string, rt: object, text: (bin: string) => string][] = [
    ['a missing executable', 'none', {}, (bin) => `failed to find plugin "none" in path [${bin}]`],
    ['a type with a slash', '../a', {}, () => 'invalid plugin name: ../a'],
    ['no container id', 'a', { containerId: '' }, () => 'missing containerID'],
    ['a bad interface', 'a', { ifName: '..' }, () => 'interface name is . or ..'],
  ];
  it.each(wrapped)('A4: %s is told in the same way', async (_what, type, rt, text) => {
    expect(await refusalText(() => bench.run('ADD', bench.list([type]), bench.rt(rt)))).toBe(
      `plugin type="${type}" failed (add): ${text(bench.at('bin'))}`,
    );
    expect(bench.ran()).toEqual([]);
  });

  it('A4, R1: so is a result that cannot be read, and the next plugin does not run', async () => {
    bench.answer('a', 'ADD', { stdout: '' });
    expect(await refusalText(() => add(['a', 'b']))).toBe(
      'plugin type="a" failed (add): failed to unmarshal raw result: unexpected end of JSON input',
    );
    expect(bench.ran()).toEqual(['ADD a']);
  });

  const kept: [stdout: string, fields: object][] = [
    [
      '{"code":7,"msg":"no","details":"really"}',
      { code: 7, msg: 'no', details: 'really', plugin: 'b' },
    ],
    ['{"code":11,"msg":"later"}', { code: 11, msg: 'later', plugin: 'b' }],
    [
      '{"code":100,"msg":"own","details":"<x>"}',
      { code: 100, msg: 'own', details: '<x>', plugin: 'b' },
    ],
    ['{"msg":"no code"}', { code: 0, msg: 'no code', plugin: 'b' }],
  ];
  it.each(kept)('A6: %s is there for programs', async (stdout, fields) => {
    bench.answer('b', 'ADD', { stdout, exit: 1 });
    const error = await refusalOf(() => add(['a', { type: 'b', name: 'own' }]));
    expect(error.toObject()).toEqual(fields);
  });

  it('A6: the codes of the library itself are there as well', async () => {
    const ids: [string, object][] = [
      ['', { code: 3, msg: 'missing containerID' }],
      ['-', { code: 4, msg: 'invalid characters in containerID', details: '-' }],
    ];
    for (const [containerId, fields] of ids) {
      const rt = bench.rt({ containerId });
      const error = await refusalOf(() => bench.run('ADD', bench.list(['a']), rt));
      expect(error.toObject()).toEqual({ ...fields, plugin: 'a' });
    }
  });

  const unwritable: [what: string, spoil: () => void, reason: () => string][] = [
    [
      'the cache folder is a file',
      () => bench.put('cache', ''),
      () => `mkdir ${bench.at('cache')}: not a directory`,
    ],
    [
      'the folder of results is a file',
      () => bench.put('cache/results', ''),
      () => `mkdir ${bench.at('cache/results')}: not a directory`,
    ],
    [
      'the entry is a folder',
      () => mkdirSync(bench.cacheFile(), { recursive: true }),
      () => `open ${bench.cacheFile()}: is a directory`,
    ],
  ];
  it.each(unwritable)(
    'A7, K5: it is one if %s, although all plugins ran',
    async (_what, spoil, reason) => {
      spoil();
      expect(await refusalText(() => add(['a', 'b']))).toBe(
        `failed to set network "net" cached result: ${reason()}`,
      );
      expect(bench.ran()).toEqual(['ADD a', 'ADD b']);
    },
  );
});

describe('A: one plugin without a list', () => {
  const text = '{ "type": "a", "name": "single", "cniVersion": "0.4.0", "x": 1.0 }\n';
  const addOne = (source = text) => bench.runtime().addNetwork(parsePlugin(source), bench.rt({}));

  it('A9: gets its own name and version', async () => {
    expect(await addOne()).toMatchObject({ cniVersion: '0.4.0', interfaces: [{ name: 'a' }] });
    expect(stdins()).toEqual(['{"cniVersion":"0.4.0","name":"single","type":"a","x":1}']);
  });

  it('A9, C16: has its own bytes in the cache', async () => {
    await addOne();
    const config = Buffer.from(text).toString('base64');
    expect(bench.cached('single-pod1-eth0')).toContain(`"config":"${config}"`);
  });

  const bare: [answer: Answer, text: string][] = [
    [failing, 'no; really'],
    [{ stdout: '', exit: 3 }, 'netplugin failed with no error message: exit status 3'],
    [{ stdout: '' }, 'failed to unmarshal raw result: unexpected end of JSON input'],
  ];
  it.each(bare)('A9: fails with %j as «%s», without a prefix', async (answer, message) => {
    bench.answer('a', 'ADD', answer);
    const error = await refusalOf(() => addOne());
    expect(error.message).toBe(message);
    expect(error.plugin).toBe('a');
    expect(existsSync(bench.at('cache'))).toBe(false);
  });

  it('A9: fails without a prefix if there is no executable, no good name, no cache', async () => {
    const bin = bench.at('bin');
    expect(await refusalText(() => addOne('{"type":"none","name":"n"}'))).toBe(
      `failed to find plugin "none" in path [${bin}]`,
    );
    expect(await refusalText(() => addOne('{"type":"a"}'))).toBe('missing network name:');
    bench.put('cache', '');
    expect(await refusalText(() => addOne())).toBe(
      `failed to set network "single" cached result: mkdir ${bench.at('cache')}: not a directory`,
    );
  });
});
