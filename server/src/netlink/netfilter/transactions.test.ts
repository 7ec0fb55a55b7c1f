import { describe, expect, test } from 'vitest';
import { numbered } from '../message.ts';
import { recorded } from './netfilter.fixtures.ts';
import { createTransactionReader } from './transactions.ts';

const bytesOf = (name: keyof typeof recorded) => Buffer.from(recorded[name], 'hex');
const read = (name: keyof typeof recorded) => createTransactionReader().read(bytesOf(name));

describe('a commit', () => {
  test('is one transaction with its generation, its committer and its changes in order', () => {
    const [transaction, ...more] = read('commit');
    expect(more).toEqual([]);
    expect(transaction).toMatchObject({ generation: 2, processName: 'nft' });
    expect(transaction?.port).toBeGreaterThan(0);
    const kinds = transaction?.changes.map(({ kind }) => kind) ?? [];
    const filled = ['set.set', 'elements.set'];
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual([
      'table.set',
      'chain.set',
      'object.set',
      ...[...filled, ...filled, ...filled, ...filled],
      'rule.set',
      'set.set',
      'elements.set',
      'rule.set',
      'table.set',
      'chain.set',
    ]);
  });

  test('may come in several datagrams, cut between any two messages', () => {
    const reader = createTransactionReader();
    const bytes = bytesOf('iptablesAppends');
    const first = bytes.readUInt32LE(0);
    expect(reader.read(bytes.subarray(0, first))).toEqual([]);
    expect(reader.read(bytes.subarray(first))).toEqual(read('iptablesAppends'));
  });

  test('of which a part was lost is forgotten', () => {
    const reader = createTransactionReader();
    const bytes = bytesOf('iptablesAppends');
    reader.read(bytes.subarray(0, bytes.readUInt32LE(0)));
    reader.reset();
    expect(reader.read(bytesOf('ruleDeleted'))).toEqual(read('ruleDeleted'));
  });

  test('follows another one in the same datagram', () => {
    const both = Buffer.concat([bytesOf('elementAdded'), bytesOf('elementDeleted')]);
    expect(createTransactionReader().read(both)).toEqual([
      ...read('elementAdded'),
      ...read('elementDeleted'),
    ]);
  });
});

test('a notice of the kernel, which no generation follows, stands alone', () => {
  const notice = bytesOf('objects').subarray(0, bytesOf('objects').readUInt32LE(0));
  numbered(notice, 0).writeUInt32LE(0, 12);
  const reader = createTransactionReader();
  const [told, ...more] = reader.read(notice);
  expect(more).toEqual([]);
  expect(told).toMatchObject({ generation: 0, port: 0, changes: [{ kind: 'object.set' }] });
  expect(reader.read(bytesOf('ruleDeleted'))).toEqual(read('ruleDeleted'));
});

test('what has gone is told by name and handle', () => {
  expect(read('ruleDeleted')[0]?.changes).toEqual([
    { kind: 'rule.del', family: 'inet', table: 'filter', chain: 'input', handle: 12 },
  ]);
  expect(read('tableDeleted')[0]?.changes).toEqual([
    { kind: 'chain.del', family: 'netdev', table: 'early', name: 'in', handle: 1 },
    { kind: 'table.del', family: 'netdev', name: 'early', handle: 2 },
  ]);
});

test('a replaced rule is told as such, one that was just inserted is not', () => {
  expect(read('iptablesReplaces')[0]?.changes).toEqual([
    expect.objectContaining({ kind: 'rule.del', handle: 2 }),
    expect.objectContaining({ kind: 'rule.set', replaces: 2 }),
  ]);
  const [inserted] = read('iptablesInserts')[0]?.changes ?? [];
  expect(inserted).toMatchObject({ kind: 'rule.set', appended: false, rule: { handle: 5 } });
  expect(inserted).not.toHaveProperty('replaces');
  expect(inserted).not.toHaveProperty('after');
});
