import { expect, test } from 'vitest';
import type { recorded } from './netfilter.fixtures.ts';
import { decodeChange } from './ruleset.ts';
import { decoded } from './testMessages.ts';

const inFilter = { family: 'inet', table: 'filter' };

const elements = (name: keyof typeof recorded) =>
  decoded(name, decodeChange).flatMap((change) =>
    change.kind === 'elements.set' || change.kind === 'elements.del' ? change.elements : [],
  );

test('sets have the types of their keys and data by name, limits and comments', () => {
  expect(decoded('sets', decodeChange)).toEqual(
    [
      {
        name: 'allowed',
        handle: 6,
        flags: ['interval'],
        keyType: ['ipv4_addr'],
        keyLength: 4,
        comment: 'friends',
      },
      {
        name: 'seen',
        handle: 7,
        flags: ['timeout', 'dynamic'],
        keyType: ['ipv4_addr'],
        keyLength: 4,
        timeoutMs: 60_000,
        size: 100,
      },
      {
        name: 'ports',
        handle: 8,
        flags: ['map'],
        keyType: ['inet_service'],
        keyLength: 2,
        dataType: ['verdict'],
      },
      {
        name: 'moved',
        handle: 9,
        flags: ['map'],
        keyType: ['ipv4_addr', 'inet_service'],
        keyLength: 8,
        dataType: ['ipv4_addr', 'inet_service'],
      },
      {
        name: 'tally',
        handle: 10,
        flags: ['object'],
        keyType: ['ipv4_addr'],
        keyLength: 4,
        dataType: ['counter'],
      },
      {
        name: '__set0',
        handle: 17,
        flags: ['anonymous', 'constant'],
        keyType: ['inet_service'],
        keyLength: 2,
        size: 2,
      },
    ].map((set) => ({ kind: 'set.set', set: { ...inFilter, ...set } })),
  );
});

test('intervals come as their beginnings and ends', () => {
  expect(elements('elementsOfInterval')).toEqual([
    { key: 'c0a80106', intervalEnd: true },
    { key: 'c0a80105', intervalEnd: false, comment: 'printer' },
    { key: '0a000100', intervalEnd: true },
    { key: '0a000000', intervalEnd: false },
    { key: '00000000', intervalEnd: true },
  ]);
});

test('maps lead to verdicts, data or objects', () => {
  expect(elements('elementsOfVerdictMap')).toEqual([
    { key: '0050', value: { verdict: 'accept' }, intervalEnd: false },
    { key: '01bb', value: { verdict: 'jump', chain: 'shop' }, intervalEnd: false },
  ]);
  expect(elements('elementsOfConcatMap')).toEqual([
    { key: '0a09000100500000', value: { data: '0a0000021f900000' }, intervalEnd: false },
  ]);
  expect(elements('elementsOfObjectMap')).toEqual([
    { key: '0a000001', value: { object: 'web' }, intervalEnd: false },
  ]);
});

test('elements that expire tell when', () => {
  const [element, ...more] = elements('elementsWithTimeout');
  expect(more).toEqual([]);
  expect(element).toEqual({
    key: '0a070707',
    timeoutMs: 5000,
    expiresMs: 5000,
    intervalEnd: false,
  });
});

test('events tell which elements came and went', () => {
  expect(decoded('elementAdded', decodeChange)).toEqual([
    expect.objectContaining({ kind: 'elements.set', set: 'seen' }),
  ]);
  expect(decoded('elementDeleted', decodeChange)).toEqual([
    {
      kind: 'elements.del',
      ...inFilter,
      set: 'ports',
      elements: [{ key: '01bb', value: { verdict: 'jump', chain: 'shop' }, intervalEnd: false }],
    },
  ]);
});
