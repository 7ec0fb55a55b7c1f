import type { Change } from '@cnilab/shared/live/events';
import type { Link } from '@cnilab/shared/live/namespace';
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

const begin = (host: string, pod: string): RunningStep =>
  attribution.begin(host, pod, { operation: 1, step: 0, plugin: 'bridge', command: 'ADD' });
const end = (step: RunningStep) => step.end([], () => {});

describe('the cause of a change', () => {
  const step = { by: 'step', operation: 1, step: 0, plugin: 'bridge', command: 'ADD' } as const;
  const by = (process: string) => ({ by: 'command', process, line: `line ${process}` });
  const run = (target: string, process: string, since?: number) =>
    attribution.beginCommand(target, { process, line: `line ${process}` }, since);
  /** Causes of what is told when somebody with this port makes a link. */
  const causes = (id: string, port: number | 'agent' | undefined = 77, index = 3) =>
    attribution.record(linkNew(id, index, 'br0'), namespace(id), port).map(({ cause }) => cause);

  it('is the step that runs there, in doubt if there are several', () => {
    const a = begin('node1', 'a');
    expect(causes('node1/a')).toEqual([{ ...step, pod: 'a' }]);
    begin('node1', 'b');
    expect(causes('node1')).toEqual([{ ...step, pod: 'b', shared: true }]);
    expect(causes('node1/a')).toEqual([{ ...step, pod: 'a' }]);
    end(a);
    expect(causes('node1')).toEqual([{ ...step, pod: 'b' }]);
    expect(causes('node2')).toEqual([undefined]);
  });

  it('is a step whose link the kernel changes a little later', () => {
    const a = begin('node1', 'a');
    causes('node1');
    end(a);
    const told = attribution.record(addressNew('node1', 3), namespace('node1'), 0);
    expect(told).toMatchObject([{ cause: { ...step, pod: 'a', late: true } }]);
  });

  it('is the agent for its own requests, even while a step runs, and for what follows them', () => {
    const a = begin('node1', 'a');
    expect(causes('node1', 'agent', 5)).toEqual([{ by: 'agent' }]);
    expect(end(a)).toEqual([]);
    vi.advanceTimersByTime(2000);
    const late = () => attribution.record(addressNew('node1', 5), namespace('node1'), 0);
    expect(late()).toMatchObject([{ cause: { by: 'agent', late: true } }]);
    vi.advanceTimersByTime(2000);
    expect(late()).toEqual([{ change: addressNew('node1', 5) }]);
  });

  it('is the agent for what comes of its requests in the name of nobody', () => {
    expect(causes('node1', 0)).toEqual([undefined]);
    attribution.whileAgentActs(() => expect(causes('node1', 0)).toEqual([{ by: 'agent' }]));
    expect(causes('node1', 0)).toEqual([undefined]);
  });

  it('is the command that runs on that host or in that pod, if no step does', () => {
    const onHost = run('node1', '1');
    expect(causes('node1')).toEqual([by('1')]);
    expect(causes('node1/web')).toEqual([by('1')]);
    expect(causes('node10')).toEqual([undefined]);
    const inPod = run('node1/web', '2');
    expect(causes('node1/web')).toEqual([{ ...by('2'), shared: true }]);
    expect(causes('node1')).toEqual([by('1')]);
    const a = begin('node1', 'web');
    expect(causes('node1')).toEqual([{ ...step, pod: 'web' }]);
    end(a);
    onHost.end();
    expect(causes('node1')).toEqual([undefined]);
    expect(causes('node1/web')).toEqual([by('2')]);
    inPod.end();
    expect(causes('node1/web')).toEqual([undefined]);
  });

  it('is a command for as long as it runs, but not of what the kernel does by itself', () => {
    run('node1', '1');
    vi.advanceTimersByTime(3_600_000);
    expect(causes('node1')).toEqual([by('1')]);
    const carrier: Change = {
      event: 'link.change',
      namespace: 'node1',
      link: { ...link(2, 'eth0'), state: 'LOWERLAYERDOWN' },
    };
    expect(attribution.record(carrier, namespace('node1'), 0)).toEqual([{ change: carrier }]);
    expect(attribution.record(addressNew('node1', 2), namespace('node1'), 0)).toEqual([
      { change: addressNew('node1', 2) },
    ]);
    // On a link of its own it is.
    expect(attribution.record(addressNew('node1', 3), namespace('node1'), 0)).toMatchObject([
      { cause: by('1') },
    ]);
  });

  it('is a command for what old tools ask for in another way than by netlink', () => {
    run('node1', '1');
    expect(causes('node1', 0)).toEqual([by('1')]);
    const down: Change = {
      event: 'link.change',
      namespace: 'node1',
      link: { ...link(2, 'eth0'), up: false, state: 'DOWN' },
    };
    expect(attribution.record(down, namespace('node1'), 0)).toMatchObject([{ cause: by('1') }]);
  });

  it('is nobody for neighbours, unless somebody asked for them', () => {
    run('node1', '1');
    const neighbour: Change = {
      event: 'neighbour.new',
      namespace: 'node1',
      neighbour: { index: 2, family: 4, address: '192.0.2.1', state: 'REACHABLE' },
    };
    const cause = (port: number) =>
      attribution.record(neighbour, namespace('node1'), port).map((told) => told.cause);
    expect(cause(0)).toEqual([undefined]);
    expect(cause(31)).toEqual([by('1')]);
  });

  it('is a command in a pod for what becomes of the other end of its veth pair', () => {
    run('node1/web', '1');
    const peer: Link = { ...link(4, 'veth4'), link: 2, linkNamespace: 'node1/web' };
    const host = namespace('node1', { links: [peer] });
    const carrier: Change = {
      event: 'link.change',
      namespace: 'node1',
      link: { ...peer, state: 'LOWERLAYERDOWN' },
    };
    expect(attribution.record(carrier, host, 0)).toMatchObject([{ cause: by('1') }]);
    const gone: Change = { event: 'link.del', namespace: 'node1', index: 4, name: 'veth4' };
    expect(attribution.record(gone, host, 77)).toMatchObject([{ cause: by('1') }]);
  });

  it('is who ran a moment ago for a namespace that was found', () => {
    const found: Change = { event: 'namespace.new', info: { id: 'node1/x', kind: 'foreign' } };
    const cause = () => attribution.record(found, undefined).map((told) => told.cause);
    const a = begin('node1', 'a');
    end(a);
    vi.advanceTimersByTime(10);
    run('node1', '1').end();
    vi.advanceTimersByTime(50);
    expect(cause()).toEqual([by('1')]);
    run('node2', '2');
    vi.advanceTimersByTime(100);
    expect(cause()).toEqual([undefined]);
  });

  describe('while a terminal is open', () => {
    const peek = () => attribution.record(linkNew('node1', 3, 'br0'), namespace('node1'), 77);

    it('may be a command that becomes known a moment later', () => {
      expect(peek()).toEqual([{ change: linkNew('node1', 3, 'br0') }]);
      const close = attribution.openTerminal('node1/web');
      vi.advanceTimersByTime(1000);
      const before = peek();
      vi.advanceTimersByTime(2);
      const since = Date.now() + 0.4;
      const told = peek();
      vi.advanceTimersByTime(2);
      expect(told).toMatchObject([{ mayBeClaimed: true }]);
      const command = run('node1', '1', since);
      expect(told).toMatchObject([{ cause: by('1') }]);
      expect(before).not.toMatchObject([{ cause: by('1') }]);
      command.end();
      close();
      expect(peek()[0]?.mayBeClaimed).toBeUndefined();
    });

    it('is in doubt if another command claimed it before', () => {
      attribution.openTerminal('node1');
      run('node1', '1');
      const told = peek();
      expect(told).toMatchObject([{ cause: by('1') }]);
      run('node1', '2', Date.now());
      expect(told).toMatchObject([{ cause: { ...by('1'), shared: true } }]);
    });

    it('is not claimed when it is too old, elsewhere, or the doing of a step or the agent', () => {
      attribution.openTerminal('node1');
      const since = Date.now();
      const old = peek();
      const a = begin('node1', 'a');
      vi.advanceTimersByTime(1000);
      const steps = peek();
      end(a);
      const own = attribution.record(linkNew('node1', 9, 'up0'), namespace('node1'), 'agent');
      const elsewhere = attribution.record(linkNew('node2', 3, 'x'), namespace('node2'), 77);
      run('node1', '1', since);
      expect(old[0]?.cause).toBeUndefined();
      expect(steps[0]?.cause).toMatchObject({ by: 'step' });
      expect(own[0]?.cause).toEqual({ by: 'agent' });
      expect(elsewhere[0]?.cause).toBeUndefined();
    });
  });

  it('is known of the last ten thousand links of one command', () => {
    run('node1', '1');
    for (let index = 1; index <= 10_001; index++) causes('node1', 77, index);
    const cause = (index: number) =>
      attribution.record(addressNew('node1', index), namespace('node1'), 0)[0]?.cause;
    expect(cause(10_001)).toEqual(by('1'));
    expect(cause(2)).toEqual(by('1'));
    expect(cause(1)).toBeUndefined();
  });

  it('is told rule by rule, from the commits, once the rules have been read', () => {
    const nat = { backend: 'nf_tables', family: 'ip', name: 'nat' } as const;
    const place = { family: 'ip', table: 'nat', chain: 'POSTROUTING' } as const;
    const commit = (handle: number): NftTransaction[] => [
      {
        generation: 5,
        port: 31,
        processName: 'iptables',
        changes: [
          { kind: 'rule.set', rule: { ...place, handle, expressions: [] }, appended: true },
        ],
      },
    ];
    const rule = (id: number) => ({
      change: 'rule.new' as const,
      table: nat,
      chain: 'POSTROUTING',
      rule: { id, text: `rule ${id}`, packets: 0, bytes: 0 },
      after: null,
    });
    const a = begin('node1', 'a');
    attribution.recordRules(namespace('node1'), commit(1));
    attribution.recordRules(namespace('node1'), commit(2));
    end(a);
    const command = run('node1', '1');
    attribution.recordRules(namespace('node1'), commit(3));
    command.end();
    attribution.openTerminal('node1');
    const since = Date.now();
    attribution.recordRules(namespace('node1'), commit(4));
    run('node1', '2', since);
    vi.advanceTimersByTime(200);
    const changes = [1, 2, 3, 4, 5].map(rule);
    expect(
      attribution.record({ event: 'firewall.change', namespace: 'node1', changes }, undefined),
    ).toEqual([
      {
        change: { event: 'firewall.change', namespace: 'node1', changes: [rule(1), rule(2)] },
        cause: { ...step, pod: 'a' },
      },
      {
        change: { event: 'firewall.change', namespace: 'node1', changes: [rule(3)] },
        cause: by('1'),
      },
      {
        change: { event: 'firewall.change', namespace: 'node1', changes: [rule(4)] },
        cause: by('2'),
      },
      { change: { event: 'firewall.change', namespace: 'node1', changes: [rule(5)] } },
    ]);
  });
});
