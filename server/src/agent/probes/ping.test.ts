import { describe, expect, test } from 'vitest';
import type { RunResult } from '../run.ts';
import { judgePing, readPing } from './ping.ts';

/** What ping of iputils 20221126 printed. */
const ended = (exit: number | null, stdout: string, stderr = ''): RunResult => ({
  exit,
  stdout,
  stderr,
  timedOut: false,
});
const noAnswer = `PING 203.0.113.4 (203.0.113.4) 56(84) bytes of data.

--- 203.0.113.4 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 0ms

`;

describe('readPing', () => {
  test.each([
    ['64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.152 ms', 0.152],
    ['64 bytes from fd00:10::2: icmp_seq=1 ttl=64 time=12 ms', 12],
  ])('reads the time of "%s"', (line, ms) => {
    expect(readPing(ended(0, `PING\n${line}\n\n--- statistics\n`))).toEqual({
      outcome: 'reachable',
      ms,
    });
  });

  test('gives no reason when nobody gave one', () => {
    expect(readPing(ended(1, noAnswer))).toEqual({ outcome: 'unreachable' });
  });

  test('gives the reason that a machine on the way sent', () => {
    const line = 'From 203.0.113.1 icmp_seq=1 Destination Host Unreachable\n';
    expect(readPing(ended(1, `${noAnswer}${line}`))).toEqual({
      outcome: 'unreachable',
      reason: '203.0.113.1 says: Destination Host Unreachable',
    });
  });

  test.each([
    ['/usr/bin/ping: connect: Network is unreachable\n', 'Network is unreachable'],
    ['ping: sendmsg: Operation not permitted\n', 'Operation not permitted'],
    [
      'ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n',
      'Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
    ],
  ])('gives the complaint of ping itself: %s', (stderr, reason) => {
    expect(readPing(ended(2, '', stderr))).toEqual({ outcome: 'unreachable', reason });
  });

  test('does not take a ping that did not run for an unreachable address', () => {
    expect(() => readPing({ ...ended(null, ''), failure: 'spawn ENOENT' })).toThrow(
      'ping did not run: spawn ENOENT (package iputils-ping)',
    );
  });
});

describe('judgePing', () => {
  test('says what it expected of a pod and what it saw', () => {
    const seen = { outcome: 'unreachable', reason: 'Network is unreachable' } as const;
    expect(judgePing('node1/web', '10.10.0.2', 'reachable', seen)).toEqual({
      ok: false,
      got: { address: '10.10.0.2', ...seen },
      message:
        'expected node1/web (10.10.0.2) to be reachable, but it is not: Network is unreachable',
    });
    expect(judgePing('10.10.0.2', '10.10.0.2', 'unreachable', seen).ok).toBe(true);
  });

  test('says how fast an unwanted answer came', () => {
    const seen = { outcome: 'reachable', ms: 0.5 } as const;
    expect(judgePing('10.10.0.2', '10.10.0.2', 'unreachable', seen).message).toBe(
      'expected 10.10.0.2 to be unreachable, but it answered after 0.5 ms',
    );
  });
});
