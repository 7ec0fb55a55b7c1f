import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressOf,
  contains,
  formatCidr,
  formatIp,
  fromBytes,
  last,
  network,
  overlaps,
  parseCidr,
  parseIp,
  toBytes,
  type Cidr,
  type Ip,
} from './ip.ts';

const roundTrip = (text: string) => {
  const ip = parseIp(text);
  return ip && formatIp(ip);
};
const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a CIDR: ${text}`);
  return parsed;
};

test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['::10.0.0.1', '::a00:1'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ['1:2:3:4:5:6:10.0.0.1', '1:2:3:4:5:6:a00:1'],
])('reads %s and prints %s as Go does', (text, printed) => {
  expect(roundTrip(text)).toBe(printed);
});

test.each([
  '',
  '10.1',
  '10.0.0',
  '10.0.0.0.0',
  '010.0.0.1',
  '10.0.0.00',
  '10.0.0.256',
  '10.0.0.1 ',
  '+1.0.0.0',
  '0x1.0.0.0',
  '٣.0.0.1',
  ':',
  ':::',
  '1:::2',
  '1::2::3',
  ':1::',
  '1::2:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '12345::',
  'g::',
  'fe80::1%eth0',
  '10.0.0.1::',
  '::10.0.0.1:1',
  '::10.0.0.01',
  '1:2:3:4:5:6:7:10.0.0.1',
])('refuses %j as Go does', (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test.each([
  ['10.0.0.7/24', '10.0.0.7/24', '10.0.0.0/24', '10.0.0.255'],
  ['10.0.0.7/32', '10.0.0.7/32', '10.0.0.7/32', '10.0.0.7'],
  ['10.0.0.7/0', '10.0.0.7/0', '0.0.0.0/0', '255.255.255.255'],
  ['10.0.0.7/024', '10.0.0.7/24', '10.0.0.0/24', '10.0.0.255'],
  ['fd00::7/64', 'fd00::7/64', 'fd00::/64', 'fd00::ffff:ffff:ffff:ffff'],
  ['::ffff:10.0.0.7/120', '10.0.0.7/24', '10.0.0.0/24', '10.0.0.255'],
])('reads the prefix %s', (text, printed, net, end) => {
  const parsed = cidr(text);
  expect(formatCidr(parsed)).toBe(printed);
  expect(formatCidr(network(parsed))).toBe(net);
  expect(formatIp(last(parsed))).toBe(end);
});

test('a prefix that covers more than the IPv4-mapped addresses stays IPv6', () => {
  expect(network(cidr('::ffff:10.0.0.7/90'))).toEqual({
    family: 6,
    address: 0xffc0n << 32n,
    prefix: 90,
  });
});

test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '::/129', '10.0.0/8', '::/+1'])(
  'refuses the prefix %j',
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

const ip: fc.Arbitrary<Ip> = fc.oneof(
  fc.bigInt(0n, 2n ** 32n - 1n).map((value): Ip => ({ family: 4, value })),
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
      minLength: 8,
      maxLength: 8,
    })
    .map((groups) => groups.reduce((sum, n) => (sum << 16n) | BigInt(n), 0n))
    .filter((value) => value >> 32n !== 0xffffn)
    .map((value): Ip => ({ family: 6, value })),
);
const prefixed: fc.Arbitrary<Cidr> = ip.chain(({ family, value }) =>
  fc
    .integer({ min: 0, max: family === 4 ? 32 : 128 })
    .map((prefix): Cidr => ({ family, address: value, prefix })),
);

test('every address survives text and bytes', () => {
  fc.assert(
    fc.property(ip, (address) => {
      expect(parseIp(formatIp(address))).toEqual(address);
      expect(fromBytes(toBytes(address))).toEqual(address);
    }),
  );
});

test('IPv6 text has no leading zeros and shortens one longest run of zero groups', () => {
  fc.assert(
    fc.property(
      ip.filter(({ family }) => family === 6),
      (address) => {
        const text = formatIp(address);
        expect(text).toMatch(/^(?:(?:0|[1-9a-f][0-9a-f]{0,3})(?::{1,2}|$)|^::)*$/);
        const zeroRuns = [...address.value.toString(16).padStart(32, '0').matchAll(/.{4}/g)]
          .map(([group]) => (group === '0000' ? '0' : 'x'))
          .join('')
          .match(/0+/g);
        const longest = Math.max(0, ...(zeroRuns ?? []).map((run) => run.length));
        const groups = text.split(':').filter((group) => group !== '').length;
        expect(groups).toBe(longest > 1 ? 8 - longest : 8);
      },
    ),
  );
});

test('a prefix contains its first and last address and nothing outside', () => {
  fc.assert(
    fc.property(prefixed, ip, (range, address) => {
      const first = addressOf(network(range));
      const end = last(range);
      expect(contains(range, first) && contains(range, end)).toBe(true);
      const inside =
        address.family === range.family &&
        address.value >= first.value &&
        address.value <= end.value;
      expect(contains(range, address)).toBe(inside);
    }),
  );
});

test('prefixes overlap exactly when their ranges of addresses meet', () => {
  fc.assert(
    fc.property(prefixed, prefixed, (a, b) => {
      const meet =
        a.family === b.family &&
        network(a).address <= last(b).value &&
        network(b).address <= last(a).value;
      expect(overlaps(a, b)).toBe(meet);
      expect(overlaps(b, a)).toBe(meet);
      expect(overlaps(a, { ...a, prefix: 0 })).toBe(true);
    }),
  );
});

test('random text never throws and what is read prints as something readable', () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcf:./%')),
    maxLength: 45,
  });
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseIp(input);
      if (parsed) expect(parseIp(formatIp(parsed))).toEqual(parsed);
      const range = parseCidr(input);
      if (range) expect(range.prefix).toBeLessThanOrEqual(128);
    }),
    { numRuns: 2000 },
  );
});
