import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonNumber, parseJson, type Json } from '../cni/json.ts';
import { maxNodes } from './document.ts';
import { parseLab } from './parse.ts';
import { sameJson } from './path.ts';
import { inline, mapLines } from './writeYaml.ts';

const lab = (rest: string) => `cnilab: 1\nname: x\n${rest}`;
const network = (config: string) => lab(`hosts:\n  - name: n\n    networks:\n      - ${config}\n`);
const messages = (text: string) =>
  parseLab(text).diagnostics.map(
    ({ line, column, message }) => `${line ?? 0}:${column ?? 0} ${message}`,
  );
const codes = (text: string) => parseLab(text).diagnostics.map(({ code }) => code);
const compiledText = (text: string) => parseLab(text).compiled?.hosts[0]?.networks[0]?.text;

describe('a lab file', () => {
  it('is compiled when nothing is wrong', () => {
    const { compiled, diagnostics } = parseLab(lab('hosts: [{name: n}]'));
    expect(diagnostics).toEqual([]);
    expect(compiled?.hosts.map(({ name }) => name)).toEqual(['n']);
  });

  it('may be JSON, with tabs and a byte order mark', () => {
    const text = '\uFEFF{\n\t"cnilab": 1,\n\t"name": "x"\n}';
    expect(parseLab(text).compiled?.name).toBe('x');
  });

  it('treats an empty value as absent', () => {
    expect(parseLab(lab('hosts:\n  - name: n\n    pods:\n')).diagnostics).toEqual([]);
  });

  it('names the element, the line and the likely meaning of an unknown key', () => {
    const text = lab('hosts:\n  - name: n\n    interfaces: [{name: e, type: dummy, adresses: []}]');
    expect(messages(text)).toEqual([
      '5:41 Unknown key "adresses" in interface n/e. Did you mean "addresses"?',
    ]);
  });

  it('chooses the variant first, so that an error is about what was meant', () => {
    const text = lab(`hosts:
  - name: n
    interfaces:
      - {name: v, type: vlna, id: 3}
      - {name: w, type: vlan, id: 0, parent: v}
checks:
  - {name: c, from: n, pnig: 192.0.2.1}
  - {name: d, from: n, ping: 192.0.2.1, tcp: "192.0.2.1:1"}
  - {name: e, from: n, ping: 192.0.2.1, expect: reachabel}
`);
    expect(messages(text)).toEqual([
      '6:25 Interface n/v has the unknown type "vlna". Did you mean "vlan"?',
      '7:35 "id" of interface n/w must be at least 1; found 0.',
      '9:24 Unknown key "pnig" in check "c". Did you mean "ping"?',
      '10:46 Check "d" has several probes (ping, tcp): make one check of each.',
      '11:49 "expect" of check "e" must be one of reachable, unreachable; found "reachabel". Did you mean "reachable"?',
    ]);
  });

  it('says what a number should have been', () => {
    const text = lab(
      'hosts:\n  - name: n\n    pods: [{name: p, listen: [{protocol: htp, port: 1}]}]',
    );
    expect(messages(text)).toEqual([
      '5:42 "protocol" of listen number 1 of pod n/p must be one of http, tcp, udp; found "htp". Did you mean "http"?',
    ]);
  });

  it('tells a wrong version and a missing name', () => {
    expect(messages('cnilab: 2')).toEqual([
      '1:1 The lab has no "name": add it (text).',
      '1:9 This format version is not known here: write "cnilab: 1".',
    ]);
  });

  it('reports wrong references together with errors of the schema', () => {
    const text = lab('descripton: y\nchecks: [{name: a, from: nobody, ping: 192.0.2.1}]');
    expect(codes(text)).toEqual(['unknown-key', 'unknown-host']);
  });

  it('keeps a lab for the page when only a reference is wrong', () => {
    const { lab: read, compiled } = parseLab(lab('checks: [{name: a, from: n, ping: 192.0.2.1}]'));
    expect(read?.name).toBe('x');
    expect(compiled).toBeUndefined();
  });
});

describe('CNI configuration', () => {
  it('keeps the order of keys and the text of numbers', () => {
    const config =
      '{"2": 1.0, "1": 1e3, __proto__: 12345678901234567890, name: net, type: own, cniVersion: 1.0.0}';
    expect(compiledText(network(config))).toBe(
      '{\n  "2": 1.0,\n  "1": 1e3,\n  "__proto__": 12345678901234567890,\n  "name": "net",\n  "type": "own",\n  "cniVersion": "1.0.0"\n}\n',
    );
  });

  it('gets numbers that only YAML knows in the words of JSON', () => {
    const config =
      '{cniVersion: 1.0.0, name: n, type: t, a: 0x10, b: 0o17, c: +1.5, d: .5, e: 007}';
    const json = parseJson(compiledText(network(config)) ?? '');
    const numbers = json instanceof Map ? [...json.values()].slice(3) : [];
    expect(numbers.map((item) => (item instanceof JsonNumber ? item.text : item))).toEqual([
      '16',
      '15',
      '1.5',
      '0.5',
      '7',
    ]);
  });

  it('takes dates and version numbers as text', () => {
    const config = '{cniVersion: 1.0.0, name: n, type: t, date: 2026-01-31, word: yes}';
    expect(compiledText(network(config))).toContain('"date": "2026-01-31",\n  "word": "yes"');
  });

  it.each([
    ['{name: n, type: t, a: .inf}', 'number'],
    ['{name: n, type: t, a: !date 1}', 'tag'],
    ['{name: n, type: t, ? [a] : 1}', 'key'],
    ['{name: n, type: t, a: 1, a: 2}', 'duplicate-key'],
    ['{name: n, type: t, a: *b}', 'alias'],
    ['{name: n, type: t, a: &b [*b]}', 'alias'],
  ])('refuses %s, which JSON has no word for', (config, code) => {
    expect(codes(network(config))).toContain(code);
  });

  it('resolves anchors', () => {
    const config = '{cniVersion: 1.0.0, name: n, type: t, a: &x {b: 1}, c: *x}';
    expect(compiledText(network(config))).toContain('"c": {\n    "b": 1\n  }');
  });

  it('is a .conf for one plugin and a .conflist for a list', () => {
    const text = lab(`hosts:
  - name: n
    networks:
      - {cniVersion: 1.0.0, name: one, type: t}
      - {cniVersion: 1.0.0, name: two, plugins: [{type: t}]}
`);
    const files = parseLab(text).compiled?.hosts[0]?.networks.map(({ file }) => file);
    expect(files).toEqual(['one.conf', 'two.conflist']);
  });
});

describe('a network in a file of its own', () => {
  const text = network('{file: ./net.conflist}');
  const bytes = '{ "cniVersion": "1.0.0", "name":"f",\n "plugins":[{"type":"t"}] }';

  it('keeps the bytes of the file', () => {
    const { compiled } = parseLab(text, { readFile: () => bytes });
    expect(compiled?.hosts[0]?.networks).toEqual([{ name: 'f', file: 'f.conflist', text: bytes }]);
  });

  it('is refused where there are no files, or no such file', () => {
    expect(messages(text)).toEqual([
      '6:16 Network number 1 of host n names the file "./net.conflist", which is read only from the command line: put its text here instead.',
    ]);
    expect(parseLab(text, { readFile: () => undefined }).diagnostics[0]?.message).toContain(
      'cannot be read',
    );
  });

  it.each(['../x.conf', '/etc/x.conf', 'a/../../x.conf', 'C:\\x.conf'])(
    'is refused outside the folder: %s',
    (file) => {
      const { diagnostics } = parseLab(network(`{file: ${JSON.stringify(file)}}`), {
        readFile: () => bytes,
      });
      expect(diagnostics[0]?.message).toContain('not below');
    },
  );

  it('says why a file that is not JSON cannot be used', () => {
    const { diagnostics } = parseLab(text, { readFile: () => '{"name"' });
    expect(diagnostics[0]?.message).toContain('which is not JSON: expected ":"');
  });
});

describe('hostile texts', () => {
  it.each(['[', '{a: ', '- ', '? ', '&a [', '{"a":['])('do not exhaust the stack: %s…', (part) => {
    expect(codes(part.repeat(20_000))).toContain('too-large');
  });

  it('do not multiply through aliases', () => {
    const bomb = ['a0: &a0 [x, x]'];
    for (let level = 1; level < 40; level++) {
      bomb.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
    }
    const { diagnostics } = parseLab(bomb.join('\n'));
    expect(diagnostics.map(({ message }) => message)).toEqual([
      `More than ${maxNodes} values, aliases counted in full.`,
    ]);
  });

  it('are refused above 1 MiB', () => {
    expect(codes(`# ${'x'.repeat(1024 * 1024)}`)).toEqual(['too-large']);
  });

  it('never make it throw, and every finding has its place', () => {
    const soup = fc
      .array(
        fc.constantFrom(
          'cnilab: 1',
          'name: x',
          '\n',
          '  ',
          '- ',
          ': ',
          '{',
          '}',
          '[',
          ']',
          ',',
          '#',
          '"',
          "'",
          '|',
          '>',
          '&a',
          '*a',
          '!t',
          '?',
          '%YAML 1.1',
          '---',
          '\t',
          'hosts:',
          'checks:',
          'networks:',
          'null',
          '0x1',
          '\u0000',
          '\uFEFF',
          '\r\n',
          'pods:',
          'from: n',
          '<<',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
        for (const { line, column } of parseLab(text).diagnostics) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('never make it throw when a whole lab is shaped at random', () => {
    const word = fc.constantFrom(
      'name',
      'hosts',
      'interfaces',
      'networks',
      'pods',
      'attachments',
      'network',
      'plugins',
      'type',
      'checks',
      'from',
      'ping',
      'expect',
      'peer',
      'file',
      'routes',
      'to',
      'ipam',
      'capabilities',
      'portMappings',
      'subnet',
      'ranges',
      'bridge',
      'operation',
      'view',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 7 },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), word),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(word, tie('tree'), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(word, tree), (object) => {
        parseLab(JSON.stringify({ cnilab: 1, name: 'x', ...object }));
      }),
      { numRuns: 600 },
    );
  });
});

describe('writing YAML', () => {
  const numberText = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.constantFrom('1.0', '1e3', '-0', '12345678901234567890', '1E400', '0.10'),
  );
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(
          'yes',
          'null',
          '~',
          '1.0',
          '0x1',
          '- a',
          'a: b',
          'a #b',
          '=',
          '',
          '*a',
          '2:3',
        ),
        fc.boolean(),
        fc.constant(null),
        numberText.map((text) => new JsonNumber(text)),
      ),
      fc.array(tie('json'), { maxLength: 4 }),
      fc
        .array(
          fc.tuple(
            fc.oneof(fc.string(), fc.constantFrom('__proto__', '10', '9', 'a b')),
            tie('json'),
          ),
        )
        .map((entries): Json => new Map(entries)),
    ),
  }));

  it('keeps every value, number text and key order, in flow and in block style', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 4 }), (items) => {
        const config = new Map<string, Json>([
          ['cniVersion', '1.0.0'],
          ['name', 'n'],
          ['type', 't'],
          ...items.map((item, at): [string, Json] => [`k${at}`, item]),
        ]);
        const flow = compiledText(network(inline(config)));
        const block = compiledText(
          `cnilab: 1\nname: x\n${mapLines(
            new Map([
              [
                'hosts',
                [
                  new Map<string, Json>([
                    ['name', 'n'],
                    ['networks', [config]],
                  ]),
                ],
              ],
            ]),
            0,
          ).join('\n')}\n`,
        );
        expect(sameJson(parseJson(flow ?? 'null'), config)).toBe(true);
        expect(block).toBe(flow);
      }),
      { numRuns: 200 },
    );
  });
});
