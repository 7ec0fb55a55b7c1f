import { expect, it } from 'vitest';
import { addressFamily, normalAddress, normalCidr } from './goNet.ts';

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
  ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::', 'fe80::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
])('R10: the address %s is printed as %s', (given, printed) => {
  expect(normalAddress(given)).toBe(printed);
});

it.each([
  '',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.01',
  '010.0.0.1',
  '1.2.3.4.5',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '12345::',
  'fe80::1%eth0',
  '1.2.3.4::',
  '::1.2.3',
  'g::',
  ' 10.0.0.1',
])('R9: %j is no address', (text) => {
  expect(normalAddress(text)).toBeUndefined();
});

it.each([
  ['10.1.2.3/8', '10.1.2.3/8'],
  ['::ffff:1.2.3.4/120', '1.2.3.4/24'],
  ['::ffff:1.2.3.4/64', '1.2.3.4/0'],
  ['FD00::0/064', 'fd00::/64'],
  ['0.0.0.0/0', '0.0.0.0/0'],
])('R10: %s is printed as %s', (given, printed) => {
  expect(normalCidr(given)).toBe(printed);
});

it.each(['10.0.0.1', '10.0.0.1/33', '10.0.0.1/-1', '10.0.0.1/', '::/129', '::1/x', '/8', ''])(
  'R9: %j is no address with prefix',
  (text) => expect(normalCidr(text)).toBeUndefined(),
);

it('tells the family of an address, with or without prefix', () => {
  expect(['1.2.3.4/8', 'fd00::1', '::ffff:1.2.3.4', 'x'].map(addressFamily)).toEqual([
    4,
    6,
    4,
    undefined,
  ]);
});
