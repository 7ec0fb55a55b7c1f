import { parseIp } from '@cnilab/shared/cni/ip';
import { describe, expect, test } from 'vitest';
import { endpointOf, socketAddress, splitEndpoint } from './sockets.ts';

describe('socketAddress', () => {
  test.each([
    ['192.0.2.1', '02001f90c00002010000000000000000'],
    ['2001:db8::1', '0a001f900000000020010db800000000000000000000000100000000'],
  ])('lays out %s as the kernel reads it', (text, hex) => {
    const ip = parseIp(text);
    expect(ip && socketAddress(ip, 8080).toString('hex')).toBe(hex);
  });
});

describe('splitEndpoint', () => {
  test.each([
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['[2001:db8::1]:8080', '2001:db8::1', 8080],
    ['node1/web:65535', 'node1/web', 65535],
  ])('splits %s', (text, host, port) => {
    expect(splitEndpoint(text)).toEqual({ host, port });
  });

  test.each(['192.0.2.1', '192.0.2.1:0', '192.0.2.1:65536', '2001:db8::1:80', ':80', 'a:b', ''])(
    'refuses "%s"',
    (text) => {
      expect(splitEndpoint(text)).toBeUndefined();
    },
  );
});

describe('endpointOf', () => {
  test.each(['192.0.2.1', '2001:db8::1', 'fe80::1'])('reads %s', (address) => {
    const ip = parseIp(address);
    expect(ip && endpointOf(socketAddress(ip, 8080))).toEqual({ address, port: 8080 });
  });

  test('writes IPv4-mapped addresses as IPv4', () => {
    const mapped = '0a001f900000000000000000000000000000ffff0a00000100000000';
    expect(endpointOf(Buffer.from(mapped, 'hex'))).toEqual({ address: '10.0.0.1', port: 8080 });
  });
});
