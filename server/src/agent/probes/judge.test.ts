import { parseTables } from '@cnilab/shared/live/iptables';
import { describe, expect, test } from 'vitest';
import type { RunResult } from '../run.ts';
import { excerpt, textMatcher } from './attempt.ts';
import { judgeExec } from './exec.ts';
import { judgeInterface, type InterfaceSeen } from './interface.ts';
import { judgeRoute } from './route.ts';
import { judgeRules, matchingRules } from './rules.ts';

describe('textMatcher', () => {
  test.each([
    ['eth0', 'dev eth0 up', true],
    ['/eth[0-9]/', 'dev eth0 up', true],
    ['/^dev$/m', 'a\ndev\nb', true],
    ['/DEV/i', 'dev', true],
    ['/DEV/', 'dev', false],
    ['/etc/cni', 'in /etc/cni/net.d', true],
    ['/', 'a/b', true],
    ['eth.', 'eth0', false],
  ])('%s in "%s": %s', (pattern, text, expected) => {
    expect(textMatcher(pattern)(text)).toBe(expected);
  });

  test('finds the same in every line, with the flag g as well', () => {
    const matches = textMatcher('/a/g');
    expect([matches('xxa'), matches('a')]).toEqual([true, true]);
  });
});

test('excerpt is one short line', () => {
  expect(excerpt(' a\n  b ')).toBe('a b');
  expect(excerpt('x'.repeat(30), 10)).toBe(`${'x'.repeat(10)}…`);
});

describe('judgeExec', () => {
  const seen: RunResult = { exit: 0, stdout: 'mynet0 UP\n', stderr: '', timedOut: false };
  const argv = ['ip', 'link'];

  test('wants exit code 0 unless another one is given', () => {
    expect(judgeExec(argv, {}, seen).ok).toBe(true);
    expect(judgeExec(argv, { exit: 1 }, seen).ok).toBe(false);
    expect(judgeExec(argv, { exit: 1 }, { ...seen, exit: 1 }).ok).toBe(true);
  });

  test('wants the output as well', () => {
    expect(judgeExec(argv, { stdout: '/^mynet0/' }, seen).ok).toBe(true);
    expect(judgeExec(argv, { stdout: 'mynet1' }, seen).message).toBe(
      'expected ip link to end with exit code 0 and output with mynet1, but its output is "mynet0 UP"',
    );
  });

  test('says why a command ended otherwise', () => {
    const failed = { ...seen, exit: 2, stderr: 'no such device\n' };
    expect(judgeExec(argv, {}, failed).message).toBe(
      'expected ip link to end with exit code 0, but its exit code is 2: no such device',
    );
    const missing = { ...seen, exit: null, failure: 'spawn ip ENOENT' };
    expect(judgeExec(argv, {}, missing)).toMatchObject({
      ok: false,
      message: 'expected ip link to end with exit code 0, but there is no program ip',
    });
  });
});

describe('rules', () => {
  const tables = parseTables(
    'ip',
    'nf_tables',
    '*nat\n:A - [0:0]\n[1:2] -A A -p tcp -j B\n[0:0] -A A -p udp -j B\nCOMMIT\n*filter\n:A - [0:0]\n-A A -j C\nCOMMIT\n',
  );
  const query = { table: 'nat', chain: 'A' };

  test('are counted in one chain of one table', () => {
    expect(matchingRules(tables, query)).toEqual(['-A A -p tcp -j B', '-A A -p udp -j B']);
    expect(matchingRules(tables, { ...query, match: '-p udp' })).toEqual(['-A A -p udp -j B']);
    expect(matchingRules(tables, { ...query, match: '/^-A A .* -j B$/' })).toHaveLength(2);
  });

  test('are none in a chain or a table that is not there', () => {
    expect(matchingRules(tables, { table: 'nat', chain: 'Z' })).toEqual([]);
    expect(matchingRules(tables, { table: 'raw', chain: 'A' })).toEqual([]);
  });

  test('are judged by their exact or their least number', () => {
    const lines = ['-A A -j B'];
    expect(judgeRules(query, { count: 1 }, lines).ok).toBe(true);
    expect(judgeRules(query, { count: 0 }, lines).ok).toBe(false);
    expect(judgeRules(query, { atLeast: 1 }, lines).ok).toBe(true);
    expect(judgeRules({ ...query, match: 'x' }, { atLeast: 2 }, lines)).toEqual({
      ok: false,
      got: { count: 1, lines },
      message: 'expected at least 2 rules with x in chain A of table nat, but there is 1',
    });
  });
});

describe('judgeRoute', () => {
  const seen = { type: 'unicast', via: '2001:db8::1', dev: 'eth0', source: '2001:db8::5' };

  test('compares what is given, addresses by their meaning', () => {
    expect(judgeRoute('::1', {}, seen).ok).toBe(true);
    expect(judgeRoute('::1', { via: '2001:DB8:0::1', dev: 'eth0' }, seen).ok).toBe(true);
    expect(judgeRoute('::1', { source: '2001:db8::6' }, seen).ok).toBe(false);
    expect(judgeRoute('10.0.0.1', { via: '10.0.0.9' }, { type: 'unicast', dev: 'eth0' })).toEqual({
      ok: false,
      got: { type: 'unicast', dev: 'eth0' },
      message: 'expected the route to 10.0.0.1 to go via 10.0.0.9, but it goes dev eth0',
    });
  });

  test('does not hold without a route', () => {
    expect(judgeRoute('10.0.0.1', {}, { error: 'Network is unreachable' })).toMatchObject({
      ok: false,
      message:
        'expected the route to 10.0.0.1 to go any way, but there is none: Network is unreachable',
    });
  });
});

describe('judgeInterface', () => {
  const seen: InterfaceSeen = {
    type: 'veth',
    master: 'mynet0',
    state: 'UP',
    addresses: ['10.10.0.1/16', 'fe80::1/64'],
    vlan: 20,
  };

  test('compares what is given', () => {
    const expected = { type: 'veth', master: 'mynet0', state: 'up', vlan: 20 };
    expect(judgeInterface('v', expected, seen).ok).toBe(true);
    expect(judgeInterface('v', {}, seen).ok).toBe(true);
    expect(judgeInterface('v', { master: 'cni0', vlan: 30 }, seen)).toMatchObject({
      ok: false,
      message: 'expected of interface v: master cni0, but it is mynet0; vlan 30, but it is 20',
    });
  });

  test('wants the listed addresses to be among those that are there', () => {
    const ok = (addresses: string[]) => judgeInterface('v', { addresses }, seen).ok;
    expect(ok(['10.10.0.1/16'])).toBe(true);
    expect(ok(['10.10.0.1'])).toBe(true);
    expect(ok(['FE80:0::1/64', '10.10.0.1/16'])).toBe(true);
    expect(ok(['10.10.0.1/24'])).toBe(false);
    expect(ok(['10.10.0.1/16', '10.10.0.2/16'])).toBe(false);
  });

  test('takes an empty list for no addresses but the one that every link gets', () => {
    expect(judgeInterface('v', { addresses: [] }, seen).ok).toBe(false);
    const bare = { ...seen, addresses: ['fe80::1/64'] };
    expect(judgeInterface('v', { addresses: [] }, bare).ok).toBe(true);
  });

  test('tells absent from present', () => {
    expect(judgeInterface('v', 'absent', undefined)).toMatchObject({
      ok: true,
      got: { absent: true },
    });
    expect(judgeInterface('v', 'absent', seen).message).toBe(
      'expected no interface v, but there is one of type veth',
    );
    expect(judgeInterface('v', {}, undefined)).toMatchObject({
      ok: false,
      message: 'expected an interface v, but there is none',
    });
  });
});
