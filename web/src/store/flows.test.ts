import type { Flow } from '@cnilab/shared/live/flows';
import { emptyLists, type Namespace } from '@cnilab/shared/live/namespace';
import { describe, expect, test } from 'vitest';
import {
  addressNames,
  endpointText,
  flowState,
  flowText,
  spanText,
  translationTexts,
} from './flows.ts';

const flow: Flow = {
  id: '1',
  family: 4,
  protocol: 'tcp',
  original: {
    source: '10.10.0.3',
    sourcePort: 40312,
    destination: '192.0.2.11',
    destinationPort: 8080,
  },
  reply: {
    source: '10.10.0.2',
    sourcePort: 80,
    destination: '192.0.2.11',
    destinationPort: 40312,
  },
  translation: {
    source: {
      from: { address: '10.10.0.3', port: 40312 },
      to: { address: '192.0.2.11', port: 40312 },
    },
    destination: {
      from: { address: '192.0.2.11', port: 8080 },
      to: { address: '10.10.0.2', port: 80 },
    },
  },
  status: ['SEEN_REPLY', 'ASSURED', 'SNAT', 'DNAT'],
  tcpState: 'ESTABLISHED',
};

const namespace = (id: string, ...addresses: string[]): Namespace => ({
  id,
  kind: id === '' ? 'segments' : id.includes('/') ? 'pod' : 'host',
  ...emptyLists(),
  addresses: addresses.map((address, index) => ({
    index,
    family: 4,
    address,
    prefix: 16,
    scope: address.startsWith('127.') ? 'host' : 'global',
  })),
});
const namespaces = Object.fromEntries(
  [
    namespace('', '10.9.9.9'),
    namespace('node1', '127.0.0.1', '192.0.2.11', '10.10.0.1'),
    namespace('node1/web', '127.0.0.1', '10.10.0.2'),
    namespace('node1/app', '127.0.0.1', '10.10.0.3'),
    namespace('node2', '127.0.0.1', '192.0.2.12', '10.10.0.1'),
    namespace('node2/web', '127.0.0.1', '10.10.0.2', '10.10.0.8'),
    namespace('node3/web', '127.0.0.1', '10.10.0.8'),
  ].map((item) => [item.id, item]),
);

describe('the name of an address', () => {
  const nameFrom = (id: string, address: string) => addressNames(namespaces, id).get(address);
  test.each([
    ['node1', '10.10.0.2', 'web'],
    ['node2/web', '10.10.0.3', 'node1/app'],
    ['node1/app', '10.10.0.1', 'node1'],
    ['node2', '192.0.2.11', 'node1'],
    ['node1/web', '127.0.0.1', 'web'],
    ['node1', '10.10.0.8', undefined],
    ['node1', '10.9.9.9', undefined],
    ['node1', '203.0.113.1', undefined],
  ])('from %s, %s is %s', (id, address, name) => {
    expect(nameFrom(id, address)).toBe(name);
  });
});

test('a translation says who is meant, and how the sender looks outside', () => {
  expect(translationTexts(flow, addressNames(namespaces, 'node1'))).toEqual([
    'to 192.0.2.11:8080 is 10.10.0.2:80 (web)',
    'leaves as 192.0.2.11:40312 (node1)',
  ]);
  const { translation: _, ...plain } = flow;
  expect(translationTexts(plain, new Map())).toEqual([]);
});

test.each<[Partial<Flow>, string]>([
  [{}, 'connected'],
  [{ tcpState: 'SYN_SENT', status: [] }, 'asks to connect, no answer'],
  [{ tcpState: 'TIME_WAIT' }, 'closed'],
  [{ tcpState: 'CLOSE', status: [] }, 'reset'],
  [{ tcpState: 'NEW_ONE' }, 'NEW_ONE'],
])('a TCP connection that is %j is said to be %s', (part, words) => {
  expect(flowState({ ...flow, ...part })).toBe(words);
});

test('a connection without states is known by its answers', () => {
  const { tcpState: _, ...udp } = { ...flow, protocol: 'udp' };
  const words = [[], ['SEEN_REPLY'], ['SEEN_REPLY', 'ASSURED']].map((status) =>
    flowState({ ...udp, status }),
  );
  expect(words).toEqual(['no answer', 'answered', 'both ways']);
});

test('an address of IPv6 with a port is in brackets, one without is as it is', () => {
  expect(endpointText({ address: 'fd00::2', port: 80 })).toBe('[fd00::2]:80');
  expect(endpointText({ address: 'fd00::2' })).toBe('fd00::2');
});

test('times are as exact as one needs them', () => {
  expect([-3, 58.4, 119, 120, 7199, 7200, 432_000].map(spanText)).toEqual([
    '0 s',
    '58 s',
    '119 s',
    '2 min',
    '120 min',
    '2 h',
    '5 days',
  ]);
});

test('a filter finds names, addresses, words and the words of the kernel', () => {
  const text = flowText(flow, addressNames(namespaces, 'node1'));
  for (const part of ['tcp', 'app', '10.10.0.2:80', 'connected', 'established', 'dnat']) {
    expect(text).toContain(part);
  }
});
