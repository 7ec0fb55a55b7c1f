import { describe, expect, test } from 'vitest';
import { nameAttribute, readMessages } from '../message.ts';
import { decodeCount } from './counters.ts';
import { be32, be64, nested, nfMessage } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import { nftType } from './requests.ts';
import { decodeChange } from './ruleset.ts';
import { decoded } from './testMessages.ts';

const inFilter = { family: 'inet', table: 'filter' };

describe('tables, chains and objects', () => {
  test('tables have flags, handles and comments', () => {
    expect(decoded('tables', decodeChange)).toEqual([
      {
        kind: 'table.set',
        table: { family: 'inet', name: 'filter', handle: 1, flags: [], comment: 'main' },
      },
      { kind: 'table.set', table: { family: 'netdev', name: 'early', handle: 2, flags: [] } },
    ]);
  });

  test('chains have hooks by name, priorities with their sign, policies and devices', () => {
    const nat = { type: 'nat', policy: 'accept' };
    expect(decoded('chains', decodeChange)).toEqual(
      [
        { ...inFilter, name: 'shop', handle: 1 },
        {
          ...inFilter,
          name: 'input',
          handle: 2,
          base: { type: 'filter', hook: 'input', priority: 0, policy: 'drop' },
        },
        {
          ...inFilter,
          name: 'pre',
          handle: 3,
          base: { ...nat, hook: 'prerouting', priority: -100 },
        },
        {
          ...inFilter,
          name: 'post',
          handle: 4,
          base: { ...nat, hook: 'postrouting', priority: 100 },
        },
        {
          family: 'netdev',
          table: 'early',
          name: 'in',
          handle: 1,
          base: {
            type: 'filter',
            hook: 'ingress',
            priority: 5,
            policy: 'accept',
            devices: ['lo'],
          },
        },
      ].map((chain) => ({ kind: 'chain.set', chain })),
    );
  });

  test('named counters come with their values', () => {
    expect(decoded('objects', decodeChange)).toEqual([
      {
        kind: 'object.set',
        object: {
          ...inFilter,
          name: 'web',
          handle: 5,
          object: 'counter',
          counter: { packets: 0, bytes: 0 },
          comment: 'named',
        },
      },
    ]);
  });
});

test('counters are told by handle, those of policies by the handle of the chain', () => {
  const chain = 'CNI-DN-0123456789';
  const none = { packets: 0, bytes: 0 };
  expect(decoded('iptablesRules', decodeCount)).toEqual([
    { of: 'rule', family: 'ip', table: 'nat', chain, handle: 5, ...none },
    { of: 'rule', family: 'ip', table: 'nat', chain, handle: 2, ...none },
    { of: 'rule', family: 'ip', table: 'nat', chain: 'OUTPUT', handle: 4, ...none },
    { of: 'rule', family: 'ip', table: 'nat', chain: 'POSTROUTING', handle: 7, ...none },
    { of: 'rule', family: 'ip', table: 'raw', chain: 'OUTPUT', handle: 2, ...none },
  ]);
  expect(decoded('iptablesChains', decodeCount)).toEqual([
    { of: 'chain', family: 'ip', table: 'filter', chain: 'FORWARD', handle: 1, ...none },
    { of: 'chain', family: 'ip', table: 'filter', chain: 'INPUT', handle: 2, ...none },
  ]);
});

test('counters beyond 32 bits keep their value', () => {
  const counter = nested(nft.NFTA_LIST_ELEM, [
    nameAttribute(nft.NFTA_EXPR_NAME, 'counter'),
    nested(nft.NFTA_EXPR_DATA, [
      be64(nft.NFTA_COUNTER_BYTES, 5_000_000_000_000),
      be64(nft.NFTA_COUNTER_PACKETS, 4_294_967_297),
    ]),
  ]);
  const bytes = nfMessage(nftType(nft.NFT_MSG_NEWRULE), 0, nf.NFPROTO_INET, [
    nameAttribute(nft.NFTA_RULE_TABLE, 't'),
    nameAttribute(nft.NFTA_RULE_CHAIN, 'c'),
    be64(nft.NFTA_RULE_HANDLE, 9),
    nested(nft.NFTA_RULE_COMPAT, [be32(nft.NFTA_RULE_COMPAT_PROTO, 6)]),
    nested(nft.NFTA_RULE_EXPRESSIONS, [counter]),
  ]);
  const counted = { packets: 4_294_967_297, bytes: 5_000_000_000_000 };
  const where = { family: 'inet', table: 't', chain: 'c', handle: 9 };
  expect(readMessages(bytes).map(decodeCount)).toEqual([{ of: 'rule', ...where, ...counted }]);
  expect(readMessages(bytes).map(decodeChange)).toEqual([
    {
      kind: 'rule.set',
      rule: {
        ...where,
        expressions: [{ type: 'counter', ...counted }],
        compat: { protocol: 6, inverted: false },
      },
      appended: false,
    },
  ]);
});

test('the quick reader of counters tells what the thorough one does', () => {
  const chain = decoded('iptablesChains', decodeChange).flatMap((change) =>
    change.kind === 'chain.set' ? (change.chain.base?.counter ?? []) : [],
  );
  const quick = ({ packets, bytes }: { packets: number; bytes: number }) => ({ packets, bytes });
  expect(decoded('iptablesChains', decodeCount).map(quick)).toEqual(chain);
  const told = decoded('commit', decodeChange).flatMap((change) =>
    change.kind === 'rule.set'
      ? change.rule.expressions.filter(({ type }) => type === 'counter')
      : [],
  );
  expect(told).toHaveLength(1);
  expect(decoded('commit', decodeCount).map(({ handle }) => handle)).toEqual([15]);
});
