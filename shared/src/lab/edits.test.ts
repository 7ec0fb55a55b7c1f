import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, toPlain, type Json } from '../cni/json.ts';
import { applyEdit } from './applyEdit.ts';
import { readText } from './document.ts';
import { applyEdits, type Edit } from './edits.ts';
import { sameJson } from './path.ts';

const document = `# A lab
cnilab: 1   # version
name: x

segments:
  - name: lan

hosts:
  # the first
  - name: node1
    interfaces:   # links
      - {name: eth0, segment: lan, addresses: [192.0.2.11/24, "2001:db8::11/64"], mtu: 1500}
      # uplink
      - { name: eth1, type: dummy }  # dum
    networks:
      - cniVersion: 1.0.0
        name: mynet
        big: 12345678901234567890
        plugins:
          - {type: bridge, bridge: mynet0, isDefaultGateway: true, ipMasq: true,
             ipam: {type: host-local, subnet: 10.10.0.0/16}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods:
      - name: web
        attachments:
          - network: mynet
            interface: eth0       # default
        listen: [{protocol: http, port: 80},]

  # the second
  - name: node2
    pods:
    sysctls: &forward
      net.ipv4.ip_forward: 1
  - name: node3
    sysctls: *forward
    description: |
      two
      lines

view: {}
`;

/** Lines that went and came. */
function difference(before: string, after: string): string[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  const rest = Math.min(a.length, b.length) - start;
  while (end < rest && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [
    ...a.slice(start, a.length - end).map((line) => `- ${line}`),
    ...b.slice(start, b.length - end).map((line) => `+ ${line}`),
  ];
}

const changed = (edit: Edit, text = document) => difference(text, applyEdits(text, [edit]));

describe('applyEdits', () => {
  it('changes nothing when there are no edits', () => {
    expect(applyEdits(document, [])).toBe(document);
  });

  it('changes nothing when the value is already there', () => {
    const edit: Edit = { edit: 'set', path: ['hosts', 0, 'name'], value: 'node1' };
    expect(applyEdits(document, [edit])).toBe(document);
  });

  it('sets a value in a flow map and leaves the rest of the line alone', () => {
    const path = ['hosts', 0, 'interfaces', 0, 'mtu'];
    expect(changed({ edit: 'set', path, value: 9000 })).toEqual([
      '-       - {name: eth0, segment: lan, addresses: [192.0.2.11/24, "2001:db8::11/64"], mtu: 1500}',
      '+       - {name: eth0, segment: lan, addresses: [192.0.2.11/24, "2001:db8::11/64"], mtu: 9000}',
    ]);
  });

  it('appends to a block list in the style of the entries that are there', () => {
    const value = { name: 'eth2', type: 'dummy' };
    expect(changed({ edit: 'append', path: ['hosts', 0, 'interfaces'], value })).toEqual([
      '+       - {name: eth2, type: dummy}',
    ]);
  });

  it('turns an empty value into a block list', () => {
    const value = { name: 'p', attachments: [{ network: 'mynet' }] };
    expect(changed({ edit: 'append', path: ['hosts', 1, 'pods'], value })).toEqual([
      '+       - name: p',
      '+         attachments:',
      '+           - network: mynet',
    ]);
  });

  it('puts a new key where people look for it', () => {
    expect(changed({ edit: 'set', path: ['description'], value: 'a: b' })).toEqual([
      '+ description: "a: b"',
    ]);
    const after = applyEdits(document, [{ edit: 'set', path: ['description'], value: 'a' }]);
    expect(after).toContain('name: x\ndescription: a\n');
  });

  it('deletes an entry together with the comment above it', () => {
    expect(changed({ edit: 'delete', path: ['hosts', 0, 'interfaces', 1] })).toEqual([
      '-       # uplink',
      '-       - { name: eth1, type: dummy }  # dum',
    ]);
  });

  it('leaves an empty list when the last entry goes', () => {
    expect(changed({ edit: 'delete', path: ['hosts', 0, 'pods', 0] })).toContain('+     pods: []');
  });

  it('keeps JSON documents JSON', () => {
    const json = '{\n  "cnilab": 1,\n  "hosts": [\n    {\n      "name": "a"\n    }\n  ]\n}\n';
    const edits: Edit[] = [
      { edit: 'append', path: ['hosts'], value: { name: 'b' } },
      { edit: 'set', path: ['hosts', 0, 'pods', 0], value: { name: 'p' } },
      { edit: 'delete', path: ['cnilab'] },
    ];
    const after = applyEdits(json, edits);
    expect(toPlain(parseJson(after))).toEqual({
      hosts: [{ name: 'a', pods: [{ name: 'p' }] }, { name: 'b' }],
    });
  });

  it('edits one use of an alias without the others', () => {
    const path = ['hosts', 2, 'sysctls', 'net.ipv4.ip_forward'];
    const after = applyEdits(document, [{ edit: 'set', path, value: 0 }]);
    expect(after).toContain('sysctls: {net.ipv4.ip_forward: 0}');
    expect(after).toContain('# the second');
    expect(after).toContain('net.ipv4.ip_forward: 1');
  });

  it('deletes an anchor that is in use', () => {
    const after = applyEdits(document, [{ edit: 'delete', path: ['hosts', 1] }]);
    expect(after).toContain('sysctls: {net.ipv4.ip_forward: 1}');
    expect(after).toContain('# the first');
  });

  it('keeps a byte order mark and Windows line ends', () => {
    const text = '\uFEFFname: x\r\nhosts:\r\n  - name: a\r\n';
    const after = applyEdits(text, [{ edit: 'append', path: ['hosts'], value: { name: 'b' } }]);
    expect(after).toBe('\uFEFFname: x\r\nhosts:\r\n  - name: a\r\n  - name: b\r\n');
  });

  it('keeps numbers that JavaScript cannot hold', () => {
    const path = ['hosts', 0, 'networks', 0, 'name'];
    const after = applyEdits(document, [{ edit: 'set', path, value: 'other' }]);
    expect(after).toContain('big: 12345678901234567890');
  });

  it('refuses an edit that leads through a text, or a text that has errors', () => {
    const through: Edit = { edit: 'set', path: ['name', 'x'], value: 1 };
    expect(() => applyEdits(document, [through])).toThrow('name is neither a map nor a list');
    const any: Edit = { edit: 'set', path: ['name'], value: 'y' };
    expect(() => applyEdits('a: [1', [any])).toThrow('has an error that must be mended first');
  });
});

describe('random edits', () => {
  const value = fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.parse(JSON.stringify(json)));
  const paths = (json: Json, path: (string | number)[] = []): (string | number)[][] => [
    path,
    ...(Array.isArray(json)
      ? json.flatMap((item, at) => paths(item, [...path, at]))
      : json instanceof Map
        ? [...json].flatMap(([key, item]) => paths(item, [...path, key]))
        : []),
  ];

  it('mean what they say and leave a document that can be read', { timeout: 60_000 }, () => {
    const start = readText(document).root ?? null;
    const step = fc.record({
      kind: fc.constantFrom('set', 'append', 'delete', 'add'),
      pick: fc.nat(),
      key: fc.string(),
      value,
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        let text = document;
        let root = start;
        for (const { kind, pick, key, value } of steps) {
          const all = paths(root).slice(1);
          const path = all[pick % Math.max(all.length, 1)] ?? ['name'];
          const edit: Edit =
            kind === 'delete'
              ? { edit: 'delete', path }
              : kind === 'append'
                ? { edit: 'append', path, value }
                : { edit: 'set', path: kind === 'add' ? [...path, key] : path, value };
          try {
            root = applyEdit(root, edit);
          } catch {
            continue;
          }
          text = applyEdits(text, [edit]);
        }
        const read = readText(text);
        expect(read.problems).toEqual([]);
        expect(sameJson(read.root, root)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
