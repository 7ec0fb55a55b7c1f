import { describe, expect, test } from 'vitest';
import { recorded } from './netfilter.fixtures.ts';
import type { NftExpression, NftRule } from './nftTypes.ts';
import { decodeChange } from './ruleset.ts';
import { decoded } from './testMessages.ts';
import { createTransactionReader } from './transactions.ts';

const inFilter = { family: 'inet', table: 'filter' };

/** The whole scenario, as its one commit told it. */
const commit = createTransactionReader().read(Buffer.from(recorded.commit, 'hex'));
const rules: NftRule[] = commit.flatMap(({ changes }) =>
  changes.flatMap((change) => (change.kind === 'rule.set' ? change.rule : [])),
);
const ruleAt = (handle: number) => rules.find((rule) => rule.handle === handle);
const expressionsOf = (handle: number) => ruleAt(handle)?.expressions;

/** `tcp dport PORT` */
const tcpTo = (port: string): NftExpression[] => [
  { type: 'meta', key: 'l4proto', dreg: 1 },
  { type: 'cmp', op: 'eq', sreg: 1, data: '06' },
  { type: 'payload', base: 'transport', offset: 2, length: 2, dreg: 1 },
  { type: 'cmp', op: 'eq', sreg: 1, data: port },
];
const ipv4Only: NftExpression[] = [
  { type: 'meta', key: 'nfproto', dreg: 1 },
  { type: 'cmp', op: 'eq', sreg: 1, data: '02' },
];
const accept: NftExpression = { type: 'immediate', dreg: 0, verdict: 'accept' };

describe('expressions of rules', () => {
  test('comments of nft are read, and references to named objects', () => {
    expect(ruleAt(11)).toEqual({
      ...inFilter,
      chain: 'shop',
      handle: 11,
      expressions: [{ type: 'objref', object: 'counter', name: 'web' }, accept],
      comment: 'shoppers',
    });
  });

  test.each<[string, number, NftExpression[]]>([
    [
      'ct state established,related accept',
      12,
      [
        { type: 'ct', key: 'state', dreg: 1 },
        {
          type: 'bitwise',
          op: 'bool',
          sreg: 1,
          dreg: 1,
          length: 4,
          mask: '06000000',
          xor: '00000000',
        },
        { type: 'cmp', op: 'neq', sreg: 1, data: '00000000' },
        accept,
      ],
    ],
    [
      'ip saddr @allowed tcp dport vmap @ports',
      14,
      [
        ...ipv4Only,
        { type: 'payload', base: 'network', offset: 12, length: 4, dreg: 1 },
        { type: 'lookup', set: 'allowed', sreg: 1, inverted: false },
        ...tcpTo('').slice(0, 3),
        { type: 'lookup', set: 'ports', sreg: 1, dreg: 0, inverted: false },
      ],
    ],
    [
      'tcp dport 1000-2000 limit rate 10/second burst 5 packets log prefix "hey " level warn accept',
      16,
      [
        ...tcpTo('').slice(0, 3),
        { type: 'cmp', op: 'gte', sreg: 1, data: '03e8' },
        { type: 'cmp', op: 'lte', sreg: 1, data: '07d0' },
        { type: 'limit', rate: 10, seconds: 1, burst: 5, of: 'packets', inverted: false },
        { type: 'log', prefix: 'hey ', level: 'warn' },
        accept,
      ],
    ],
    [
      'tcp dport { 22, 23 } reject with tcp reset',
      18,
      [
        ...tcpTo('').slice(0, 3),
        { type: 'lookup', set: '__set0', sreg: 1, inverted: false },
        { type: 'reject', with: 'tcp reset' },
      ],
    ],
    [
      'meta mark set 0x10',
      21,
      [
        { type: 'immediate', dreg: 1, data: '10000000' },
        { type: 'meta', key: 'mark', sreg: 1 },
      ],
    ],
    [
      'quota over 1 mbytes drop',
      24,
      [
        { type: 'quota', bytes: 1_048_576, used: 0, inverted: true },
        { type: 'immediate', dreg: 0, verdict: 'drop' },
      ],
    ],
    [
      'ct original ip saddr 10.0.0.7 accept',
      26,
      [
        { type: 'ct', key: 'saddr', direction: 'original', dreg: 1 },
        { type: 'cmp', op: 'eq', sreg: 1, data: '0a000007' },
        accept,
      ],
    ],
    ['goto shop', 29, [{ type: 'immediate', dreg: 0, verdict: 'goto', chain: 'shop' }]],
    [
      'tcp dport 8080 dnat ip to 10.0.0.2:80',
      31,
      [
        ...tcpTo('1f90'),
        { type: 'immediate', dreg: 1, data: '0a000002' },
        { type: 'immediate', dreg: 2, data: '0050' },
        {
          type: 'nat',
          nat: 'dnat',
          family: 'ip',
          addressMin: 1,
          addressMax: 1,
          portMin: 2,
          portMax: 2,
          flags: [],
        },
      ],
    ],
    [
      'tcp dport 81 redirect to :8081',
      32,
      [
        ...tcpTo('0051'),
        { type: 'immediate', dreg: 1, data: '1f91' },
        { type: 'redir', portMin: 1, portMax: 1, flags: [] },
      ],
    ],
  ])('%s', (_, handle, expressions) => {
    expect(expressionsOf(handle)).toEqual(expressions);
  });

  test.each<[string, number, NftExpression]>([
    ['udp dport 53 reject', 19, { type: 'reject', with: 'icmpx', code: 1 }],
    [
      'add @seen { ip saddr timeout 10s }',
      20,
      { type: 'dynset', op: 'add', set: 'seen', sreg: 1, timeoutMs: 10_000 },
    ],
    ['ct mark set meta mark', 22, { type: 'ct', key: 'mark', sreg: 1 }],
    ['fib daddr type local', 23, { type: 'fib', result: 'type', flags: ['daddr'], dreg: 1 }],
    ['counter name ip saddr map @tally', 27, { type: 'objref', set: 'tally', sreg: 1 }],
    ['masquerade random', 33, { type: 'masq', flags: ['random'] }],
    [
      'snat ip6 to fd00::1',
      34,
      { type: 'nat', nat: 'snat', family: 'ip6', addressMin: 1, addressMax: 1, flags: [] },
    ],
  ])('%s', (_, handle, expression) => {
    expect(expressionsOf(handle)).toContainEqual(expression);
  });

  test('those that the library does not know keep their names and bytes', () => {
    expect(expressionsOf(28)?.[0]).toEqual({
      type: 'other',
      name: 'rt',
      data: '08000200000000010800010000000001',
    });
  });

  test('extensions of iptables keep their struct; their comment is that of the rule', () => {
    const output = decoded('iptablesRules', decodeChange).flatMap((change) =>
      change.kind === 'rule.set' && change.rule.handle === 4 ? change.rule : [],
    )[0];
    expect(output?.comment).toBe('dnat name: "web" id: "c1"');
    expect(output?.expressions).toEqual([
      ...tcpTo('').slice(0, 2),
      { type: 'match', name: 'addrtype', revision: 1, info: '0000040000000000' },
      expect.objectContaining({ type: 'match', name: 'comment' }),
      expect.objectContaining({
        type: 'match',
        name: 'multiport',
        revision: 1,
        info: `0102901f911f${'0'.repeat(84)}`,
      }),
      { type: 'counter', packets: 0, bytes: 0 },
      { type: 'immediate', dreg: 0, verdict: 'jump', chain: 'CNI-DN-0123456789' },
    ]);
  });
});
