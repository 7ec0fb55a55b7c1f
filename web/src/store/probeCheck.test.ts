import { emptySnapshot } from '@cnilab/shared/live/reducer';
import { expect, test } from 'vitest';
import { probeCheck } from './probeCheck.ts';

const namespace = (id: string, addresses: [string, 4 | 6, string][]) => ({
  id,
  kind: 'host' as const,
  links: [],
  routes: [],
  neighbours: [],
  policies: [],
  fdb: [],
  qdiscs: [],
  tables: [],
  addresses: addresses.map(([address, family, scope], index) => ({
    address,
    family,
    scope,
    index,
    prefix: 24,
  })),
});
const live = {
  ...emptySnapshot('run'),
  namespaces: {
    a: namespace('a', []),
    b: namespace('b', [
      ['127.0.0.1', 4, 'host'],
      ['2001:db8::1', 6, 'global'],
      ['192.0.2.1', 4, 'global'],
    ]),
    six: namespace('six', [
      ['fe80::1', 6, 'link'],
      ['2001:db8::2', 6, 'global'],
    ]),
  },
};
const base = { from: 'a', port: 80 };

test.each([
  [{ ...base, kind: 'ping' as const, to: 'b' }, { ping: '192.0.2.1' }],
  [{ ...base, kind: 'tcp' as const, to: 'six' }, { tcp: '[2001:db8::2]:80' }],
  [{ ...base, kind: 'udp' as const, to: '10.0.0.1', port: 53 }, { udp: '10.0.0.1:53' }],
  [{ ...base, kind: 'http' as const, to: 'b', port: 8080 }, { http: 'http://192.0.2.1:8080/' }],
  [{ ...base, kind: 'http' as const, to: 'http://b/x' }, { http: 'http://b/x' }],
])('%j becomes the check %j', (draft, wanted) => {
  expect(probeCheck(draft, live)).toMatchObject({ from: 'a', ...wanted });
});

test.each([
  [{ ...base, kind: 'ping' as const, from: '', to: 'b' }, 'Choose where the probe starts.'],
  [{ ...base, kind: 'ping' as const, from: 'gone', to: 'b' }, '“gone” does not run'],
  [{ ...base, kind: 'ping' as const, to: '' }, 'Choose where the probe goes.'],
  [{ ...base, kind: 'ping' as const, to: '10.1' }, '“10.1” is no address'],
])('%j is refused in a sentence', (draft, message) => {
  expect(() => probeCheck(draft, live)).toThrow(message);
});
