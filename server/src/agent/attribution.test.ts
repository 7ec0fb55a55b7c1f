import type { Change } from '@cnilab/shared/live/events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NftTransaction } from '../netlink/netfilter/nftTypes.ts';
import { createAttribution, type Attribution, type RunningStep } from './attribution.ts';
import { addressNew, link, linkNew, namespace } from './testChanges.ts';

let attribution: Attribution;
beforeEach(() => {
  vi.useFakeTimers();
  attribution = createAttribution();
});
afterEach(() => void vi.useRealTimers());

const begin = (host: string, pod?: string): RunningStep =>
  attribution.begin(host, pod, { operation: 1, step: 0, plugin: 'bridge', command: 'ADD' });
const more = vi.fn<() => void>();
const end = (step: RunningStep) => step.end([], more);

describe('changes while one step runs', () => {
  it('are its own, in its pod and on its host, and nowhere else', () => {
    const step = begin('node1', 'web');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);
    attribution.record(linkNew('node1/web', 2, 'eth0'), namespace('node1/web'), 77);
    attribution.record(linkNew('node1/db', 2, 'eth0'), namespace('node1/db'), 78);
    attribution.record(linkNew('node2', 3, 'br0'), namespace('node2'), 79);
    expect(end(step)).toEqual([
      { event: 'link.new', namespace: 'node1', name: 'br0' },
      { event: 'link.new', namespace: 'node1/web', name: 'eth0' },
    ]);
  });

  it('are its own in every pod if it is about a host', () => {
    const step = begin('node1');
    attribution.record(linkNew('node1/db', 2, 'eth0'), namespace('node1/db'), 78);
    attribution.record(linkNew('node10', 2, 'eth0'), namespace('node10'), 78);
    expect(end(step)).toMatchObject([{ namespace: 'node1/db' }]);
  });
});

it('changes while several steps run are shared, but for what a result names', () => {
  const [a, b] = [begin('node1', 'a'), begin('node1', 'b')];
  attribution.record(linkNew('node1', 3, 'vetha'), namespace('node1'), 77);
  attribution.record(linkNew('node1', 4, 'br0'), namespace('node1'), 77);
  expect(a.end(['vetha'], more)).toEqual([
    { event: 'link.new', namespace: 'node1', name: 'vetha' },
    { event: 'link.new', namespace: 'node1', name: 'br0', shared: true },
  ]);
  expect(end(b)).toMatchObject([{ shared: true }, { shared: true }]);
});

describe('what the kernel does by itself after a step', () => {
  it('is a late consequence if the step touched the link', () => {
    const step = begin('node1', 'web');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);
    const kernel = end(step);
    attribution.record(addressNew('node1', 3), namespace('node1', { links: [link(3, 'br0')] }), 0);
    attribution.record(addressNew('node1', 2), namespace('node1'), 0);
    expect(kernel.slice(1)).toEqual([
      { event: 'address.new', namespace: 'node1', name: 'fe80::1/64 dev br0', late: true },
    ]);
  });

  it('is told once after a burst', () => {
    more.mockClear();
    const step = begin('node1', 'web');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);
    end(step);
    for (let i = 0; i < 5; i++) attribution.record(addressNew('node1', 3), namespace('node1'), 0);
    expect(more).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(more).toHaveBeenCalledTimes(1);
  });

  it('is nobody’s when it comes too late, or when somebody asked for it', () => {
    const step = begin('node1', 'web');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);
    const kernel = end(step);
    attribution.record(addressNew('node1', 3), namespace('node1'), 99);
    vi.advanceTimersByTime(5000);
    attribution.record(addressNew('node1', 3), namespace('node1'), 0);
    expect(kernel).toHaveLength(1);
  });

  it('is of the step that runs, if something goes: the other end of a veth pair, say', () => {
    const first = begin('node1', 'a');
    attribution.record(linkNew('node1', 3, 'veth1'), namespace('node1'), 77);
    const kernel = end(first);
    const second = begin('node1', 'a');
    const gone: Change = { event: 'link.del', namespace: 'node1', index: 3, name: 'veth1' };
    attribution.record(gone, namespace('node1'), 0);
    expect(kernel).toHaveLength(1);
    expect(end(second)).toMatchObject([{ event: 'link.del', name: 'veth1' }]);
  });

  it('is of the step that runs, if that one has touched the link too', () => {
    const first = begin('node1', 'a');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);
    const kernel = end(first);
    const second = begin('node1', 'b');
    attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 78);
    attribution.record(addressNew('node1', 3), namespace('node1'), 0);
    expect(kernel).toHaveLength(1);
    expect(end(second)).toMatchObject([{ event: 'link.new' }, { event: 'address.new' }]);
  });
});

describe('rules', () => {
  const nat = { backend: 'nf_tables', family: 'ip', name: 'nat' } as const;
  const place = { family: 'ip', table: 'nat', chain: 'POSTROUTING' } as const;
  const commit = (...changes: NftTransaction['changes']): NftTransaction[] => [
    { generation: 5, port: 31, processName: 'iptables', changes },
  ];
  const added = (handle: number) =>
    commit({ kind: 'rule.set', rule: { ...place, handle, expressions: [] }, appended: true });
  const rule = (id: number, text: string) => ({ id, text, packets: 0, bytes: 0 });

  it('are put in words when these are known, also after the step', () => {
    more.mockClear();
    const step = begin('node1', 'web');
    attribution.recordRules(namespace('node1'), added(7));
    const kernel = end(step);
    expect(kernel).toMatchObject([{ event: 'rule.new', name: 'ip nat POSTROUTING rule 7' }]);
    const change = {
      change: 'rule.new' as const,
      table: nat,
      chain: 'POSTROUTING',
      rule: rule(7, '-A POSTROUTING -j MASQUERADE'),
      after: null,
    };
    attribution.record(
      { event: 'firewall.change', namespace: 'node1', changes: [change] },
      undefined,
    );
    expect(kernel).toEqual([
      { event: 'rule.new', namespace: 'node1', name: '-A POSTROUTING -j MASQUERADE' },
    ]);
    vi.advanceTimersByTime(1000);
    expect(more).toHaveBeenCalledTimes(1);
  });

  it('that went are told in the words that they had', () => {
    const chain = { name: 'POSTROUTING', packets: 0, bytes: 0, rules: [rule(7, '-A POSTROUTING')] };
    const tables = [{ ...nat, syntax: 'iptables' as const, chains: [chain] }];
    const step = begin('node1', 'web');
    const gone = commit({ kind: 'rule.del', ...place, handle: 7 });
    attribution.recordRules(namespace('node1', { tables }), gone);
    expect(end(step)).toEqual([{ event: 'rule.del', namespace: 'node1', name: '-A POSTROUTING' }]);
  });
});

it('lists no more than a thousand changes of one step', () => {
  const step = begin('node1', 'web');
  for (let i = 0; i < 1500; i++) {
    attribution.record(linkNew('node1', i, `v${i}`), namespace('node1'), 77);
  }
  const kernel = end(step);
  expect(kernel).toHaveLength(1001);
  expect(kernel.at(-1)?.event).toBe('more');
});
