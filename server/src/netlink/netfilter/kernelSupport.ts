import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { formatIp, parseIp } from '@cnilab/shared/cni/ip';
import type { Flow, FlowTuple } from './conntrack.ts';
import type { NetfilterSocket } from './netfilterSocket.ts';
import type { NftRule, NftTransaction } from './nftTypes.ts';
import { orderAfter } from './ruleOrder.ts';

/** What the kernel cases share; all of it acts on the network namespace of the calling thread. */

export type NetfilterCases = Record<string, (netfilter: NetfilterSocket) => void | Promise<void>>;

export const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Each line is a command without quotes. */
export function runAll(lines: string): void {
  for (const line of lines.trim().split('\n')) {
    const [command, ...args] = line.trim().split(/\s+/);
    if (command) run(command, ...args);
  }
}

/** Applies a script of nft in one transaction; the process that did. */
export function nft(script: string): number {
  const { pid, status, stderr } = spawnSync('nft', ['-f', '-'], {
    input: script,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return pid;
}

/** What `nft -j list ruleset` tells, by kind. */
export function nftObjects(kind: string): Record<string, unknown>[] {
  const { nftables } = JSON.parse(run('nft', '-j', '-a', 'list', 'ruleset'));
  assert.ok(Array.isArray(nftables));
  return nftables.flatMap((entry) => entry[kind] ?? []);
}

export const without = (object: Record<string, unknown>, key: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

/** Addresses on `lo`, with accounting and times of connections on. */
export function addresses(): void {
  runAll(`
    ip link set lo up
    ip address add 10.0.0.1/32 dev lo
    ip address add 10.0.0.9/32 dev lo
    ip address add fd00::1/128 dev lo nodad`);
  runAll(`
    sysctl -qw net.netfilter.nf_conntrack_acct=1
    sysctl -qw net.netfilter.nf_conntrack_timestamp=1`);
}

/** One connection that is answered and closed, to `port`, where `listening` is the server's. */
export async function connection(host: string, port: number, listening: number): Promise<void> {
  const server = net.createServer((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => {
    server.listen(listening, host, resolve);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = net.connect(port, host);
      socket.on('error', reject).on('close', () => resolve());
      socket.on('end', () => socket.end()).resume();
    });
  } finally {
    server.close();
  }
}

/** Connections as conntrack tells them, or the kernel itself where it is not installed. */
export function trackedLines(): string[] {
  const lines = ['/usr/sbin/conntrack', '/usr/bin/conntrack', '/sbin/conntrack'].some(existsSync)
    ? ['ipv4', 'ipv6'].map((family) => run('conntrack', '-L', '-f', family, '-o', 'extended'))
    : [readFileSync('/proc/thread-self/net/nf_conntrack', 'utf8')];
  return lines.flatMap((text) => text.trim().split('\n')).filter((line) => line !== '');
}

/** A connection in the words that conntrack's lines have. */
export function flowWords({ family, original, reply, status, ...flow }: Flow): string {
  const tuple = ({ source, destination, sourcePort, destinationPort, icmp }: FlowTuple) => [
    `src=${source} dst=${destination}`,
    ...(sourcePort === undefined ? [] : [`sport=${sourcePort} dport=${destinationPort}`]),
    ...(icmp ? [`type=${icmp.type} code=${icmp.code} id=${icmp.id}`] : []),
  ];
  const counted = (way: 'original' | 'reply') => {
    const counter = flow.counters?.[way];
    return counter ? [`packets=${counter.packets} bytes=${counter.bytes}`] : [];
  };
  return [
    `ipv${family} ${original.protocol}`,
    ...(flow.tcpState === undefined ? [] : [flow.tcpState]),
    ...[...tuple(original), ...counted('original')],
    ...(status?.includes('SEEN_REPLY') ? [] : ['[UNREPLIED]']),
    ...[...tuple(reply), ...counted('reply')],
    ...(status?.includes('ASSURED') ? ['[ASSURED]'] : []),
    `mark=${flow.mark ?? 0}`,
    ...(flow.zone === undefined ? [] : [`zone=${flow.zone}`]),
  ].join(' ');
}

/** `ipv4  2 tcp  6 119 TIME_WAIT src=… mark=0 delta-time=1 use=1`, without what changes by itself. */
export const trackedWords = (line: string): string =>
  line
    .replace(/^(ipv[46])\s+\d+\s+(\S+)\s+\d+ \d+/, '$1 $2')
    // The kernel itself writes IPv6 in full.
    .replaceAll(/(?<=(?:src|dst)=)\S*:\S*/g, (text) => {
      const ip = parseIp(text);
      return ip ? formatIp(ip) : text;
    })
    .replaceAll(/ (?:delta-time|use)=\d+/g, '')
    .trim();

/** Rules as a listener of commits knows them. */
export interface RuleModel {
  apply(transaction: NftTransaction): void;
  /** In the order of a dump, which is that of the chains. */
  rules(chains: readonly { family: string; table: string; name: string }[]): NftRule[];
}

export function createRuleModel(): RuleModel {
  const byKey = new Map<string, { order: number[]; rules: Map<number, NftRule> }>();
  return {
    apply({ changes }) {
      const named = new Map(
        changes.flatMap((change) => {
          const where =
            change.kind === 'rule.set'
              ? change.rule
              : change.kind === 'rule.del'
                ? change
                : undefined;
          if (!where) return [];
          const { family, table, chain } = where;
          return [[`${family} ${table} ${chain}`, { family, table, chain }] as const];
        }),
      );
      for (const [key, name] of named) {
        const known = byKey.get(key) ?? { order: [], rules: new Map<number, NftRule>() };
        byKey.set(key, known);
        known.order = orderAfter(known.order, name, changes);
        for (const change of changes) {
          if (change.kind !== 'rule.set') continue;
          const { family, table, chain, handle } = change.rule;
          if (`${family} ${table} ${chain}` === key) known.rules.set(handle, change.rule);
        }
      }
    },
    rules: (chains) =>
      chains.flatMap(({ family, table, name }) => {
        const known = byKey.get(`${family} ${table} ${name}`);
        return known?.order.flatMap((handle) => known.rules.get(handle) ?? []) ?? [];
      }),
  };
}

/** Reproducible random numbers from 0 to `below` - 1. */
export function randomNumbers(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}
