import type { RunResult } from '../run.ts';
import { run } from '../run.ts';
import type { Space } from '../space.ts';
import type { Attempt } from './attempt.ts';
import { silentNeighbour } from './neighbour.ts';

export interface PingSeen {
  outcome: 'reachable' | 'unreachable';
  /** Round trip time. */
  ms?: number;
  reason?: string;
}

/** Sends one echo request and waits at most `timeoutMs` for the answer. */
export async function ping(space: Space, address: string, timeoutMs: number): Promise<PingSeen> {
  const seconds = String(Math.max(timeoutMs, 10) / 1000);
  const result = await run(space, ['/usr/bin/ping', '-n', '-c1', `-W${seconds}`, address], {
    timeoutMs: timeoutMs + 1000,
  });
  const seen = readPing(result);
  if (seen.reason !== undefined || seen.outcome === 'reachable') return seen;
  return { ...seen, reason: silentNeighbour(space, address) ?? 'no answer came' };
}

/**
 * What ping of iputils said. Throws when ping itself could not run, which tells nothing about the
 * network.
 */
export function readPing({ exit, stdout, stderr, failure }: RunResult): PingSeen {
  const time = /^\d+ bytes from .* time[=<]([\d.]+) ms/m.exec(stdout);
  if (exit === 0 && time) return { outcome: 'reachable', ms: Number(time[1]) };
  if (exit === null) {
    throw new Error(`ping did not run: ${failure ?? 'a signal ended it'} (package iputils-ping)`);
  }
  const complaint = /^\S*ping: (?:connect: |sendmsg: )?(.+)$/m.exec(stderr)?.[1];
  const report = /^From (\S+):? icmp_seq=\d+ (.+)$/m.exec(stdout);
  const reason = report ? `${report[1]} says: ${report[2]}` : complaint;
  return { outcome: 'unreachable', ...(reason === undefined ? {} : { reason }) };
}

/** Whether an attempt saw what the check expects. `target` is as the lab file writes it. */
export function judgePing(
  target: string,
  address: string,
  expected: PingSeen['outcome'],
  seen: PingSeen,
): Attempt {
  const name = target === address ? address : `${target} (${address})`;
  const found =
    seen.outcome === 'reachable'
      ? `it answered after ${seen.ms} ms`
      : `it is not: ${seen.reason ?? 'no answer came'}`;
  return {
    ok: seen.outcome === expected,
    got: { address, ...seen },
    message: `expected ${name} to be ${expected}, but ${found}`,
  };
}
