import { describe, expect, test } from 'vitest';
import { readMessages } from '../message.ts';
import type { NftExpression } from './nftTypes.ts';
import { decodeChange } from './ruleset.ts';
import { traceTableDeletion, traceTableRequests, type TraceMatch } from './traceTable.ts';

/** The requests as the library itself reads them; the kernel adds the handles. */
const readBack = (requests: readonly Buffer[]) =>
  readMessages(Buffer.concat(requests)).map(({ header }) => header.type & 0xff);

/** The expressions of the rule in front of `meta nftrace set 1`; tests see what the kernel sees. */
function matching(match: TraceMatch, family: 'inet' | 'bridge' = 'inet'): NftExpression[] {
  const rules = readMessages(Buffer.concat(traceTableRequests({ matches: [match], family })))
    .map(withHandle)
    .flatMap((message) => {
      const change = decodeChange(message);
      return change?.kind === 'rule.set' ? change.rule : [];
    });
  expect(rules.map(({ chain }) => chain)).toEqual(['prerouting', 'output']);
  const [first, second] = rules.map(({ expressions }) => expressions);
  expect(first).toEqual(second);
  expect(first?.slice(-2)).toEqual([
    { type: 'immediate', dreg: 1, data: '01' },
    { type: 'meta', key: 'nftrace', sreg: 1 },
  ]);
  return first?.slice(0, -2) ?? [];
}

/** NFTA_RULE_HANDLE 1 at the end. */
function withHandle(message: ReturnType<typeof readMessages>[number]) {
  const handle = Buffer.from('0c0003000000000000000001', 'hex');
  return { ...message, payload: Buffer.concat([message.payload, handle]) };
}

const equals = (data: string): NftExpression => ({ type: 'cmp', op: 'eq', sreg: 1, data });

describe('the trace table', () => {
  test('replaces the one that is there in the same transaction', () => {
    expect(readBack(traceTableRequests())).toEqual([0, 2, 0, 3, 3, 6, 6]);
    expect(readBack(traceTableDeletion())).toEqual([2]);
  });

  test('traces everything, or what one of the matches picks', () => {
    expect(matching({})).toEqual([]);
    const requests = traceTableRequests({ matches: [{ protocol: 'tcp' }, { protocol: 'udp' }] });
    expect(readBack(requests)).toEqual([0, 2, 0, 3, 3, 6, 6, 6, 6]);
  });

  test('has chains without rules behind all others, to follow the path of a packet', () => {
    const requests = traceTableRequests({ path: true, matches: [] });
    expect(readBack(requests)).toEqual([0, 2, 0, 3, 3, 3, 3, 3]);
  });

  test('matches addresses, protocols and ports', () => {
    expect(
      matching({
        protocol: 'tcp',
        source: '10.0.0.1',
        destination: '10.1.2.3',
        sourcePort: 1,
        destinationPort: 8080,
      }),
    ).toEqual([
      { type: 'meta', key: 'nfproto', dreg: 1 },
      equals('02'),
      { type: 'meta', key: 'l4proto', dreg: 1 },
      equals('06'),
      { type: 'payload', base: 'network', offset: 12, length: 4, dreg: 1 },
      equals('0a000001'),
      { type: 'payload', base: 'network', offset: 16, length: 4, dreg: 1 },
      equals('0a010203'),
      { type: 'payload', base: 'transport', offset: 0, length: 2, dreg: 1 },
      equals('0001'),
      { type: 'payload', base: 'transport', offset: 2, length: 2, dreg: 1 },
      equals('1f90'),
    ]);
  });

  test('matches prefixes by a mask, in frames by their type', () => {
    expect(matching({ destination: 'fd00::12:3/112' }, 'bridge')).toEqual([
      { type: 'meta', key: 'protocol', dreg: 1 },
      equals('86dd'),
      { type: 'payload', base: 'network', offset: 24, length: 16, dreg: 1 },
      {
        type: 'bitwise',
        op: 'bool',
        sreg: 1,
        dreg: 1,
        length: 16,
        mask: 'ffffffffffffffffffffffffffff0000',
        xor: '00000000000000000000000000000000',
      },
      equals('fd000000000000000000000000120000'),
    ]);
    expect(matching({ source: '0.0.0.0/0' }, 'bridge')).toEqual([
      { type: 'meta', key: 'protocol', dreg: 1 },
      equals('0800'),
    ]);
  });

  test.each<[TraceMatch, RegExp]>([
    [{ source: 'web' }, /web is no address: give one such as/],
    [{ source: '10.0.0.1', destination: 'fd00::1' }, /two addresses of one family/],
    [{ destinationPort: 80 }, /a port needs a protocol: give tcp or udp/],
    [{ protocol: 'udp', sourcePort: 65_536 }, /there is no port 65536: give one from 0/],
    [{ protocol: 'tcq' }, /tcq is no protocol: give tcp/],
    [{ protocol: 256 }, /256 is no protocol/],
  ])('refuses %o with its reason and remedy', (match, reason) => {
    expect(() => traceTableRequests({ matches: [match] })).toThrow(reason);
  });
});
