import type { Change } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NftTransaction } from '../netlink/netfilter/nftTypes.ts';
import { createAttribution, type Attribution, type RunningStep } from './attribution.ts';

let attribution: Attribution;
beforeEach(() => {
  vi.useFakeTimers();
  attribution = createAttribution();
});
afterEach(() => void vi.useRealTimers());

const link = (index: number, name: string): Link => ({
  index,
  name,
  kind: 'veth',
  mtu: 1500,
  up: true,
  state: 'UP',
});
const namespace = (id: string, part: Partial<Namespace> = {}): Namespace => ({
  id,
  kind: 'host',
  links: [link(2, 'eth0')],
  addresses: [],
  routes: [],
  neighbours: [],
  policies: [],
  fdb: [],
  qdiscs: [],
  tables: [],
  ...part,
});
const linkNew = (id: string, index: number, name: string): Change => ({
  event: 'link.new',
  namespace: id,
  link: link(index, name),
});
const addressNew = (id: string, index: number): Change => ({
  event: 'address.new',
  namespace: id,
  address: { index, family: 6, address: 'fe80::1', prefix: 64, scope: 'link' },
});
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
