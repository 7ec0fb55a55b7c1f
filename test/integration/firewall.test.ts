import { describe, expect, test } from 'vitest';
import type { Change } from '@cnilab/shared/live/events';
import type { Table } from '@cnilab/shared/live/firewall';
import { eventually, openBox, type TestBox } from './support/box.ts';

const lab = 'cnilab: 1\nname: ruled\nhosts: [{name: node1}]\n';

const openRuled = async (): Promise<TestBox> => {
  const box = await openBox();
  await box.apply(lab);
  return box;
};
const look = (box: TestBox, isOn: boolean) =>
  box.request('look', { look: { namespace: 'node1', at: 'rules' }, isOn });
const tablesOf = (box: TestBox): Table[] => box.state().namespaces['node1']?.tables ?? [];
const textsOf = (box: TestBox, chain: string): string[] =>
  tablesOf(box)
    .flatMap(({ chains }) => chains)
    .filter(({ name }) => name === chain)
    .flatMap(({ rules }) => rules.map(({ text }) => text));
const changesSince = (box: TestBox, count: number): Change[] =>
  box.changes.slice(count).filter(({ event }) => event.startsWith('firewall.'));

describe('the rules of a host', () => {
  test('are told one by one: the others keep their identity when one is put in between', async () => {
    const box = await openRuled();
    await box.sh(
      'node1',
      'iptables -A INPUT -s 192.0.2.1 -j DROP; iptables -A INPUT -s 192.0.2.3 -j DROP',
    );
    await eventually(() => expect(textsOf(box, 'INPUT')).toHaveLength(2));
    const ids = () => tablesOf(box)[0]?.chains[0]?.rules.map(({ id }) => id);
    const [first, last] = ids() ?? [];
    const before = box.changes.length;
    await box.sh('node1', 'iptables -I INPUT 2 -s 192.0.2.2 -j DROP');
    await eventually(() => expect(textsOf(box, 'INPUT')).toHaveLength(3));
    expect(changesSince(box, before)).toEqual([
      {
        event: 'firewall.change',
        namespace: 'node1',
        changes: [
          expect.objectContaining({
            change: 'rule.new',
            after: first,
            rule: expect.objectContaining({ text: '-A INPUT -s 192.0.2.2/32 -j DROP' }),
          }),
        ],
      },
    ]);
    expect(ids()).toEqual([first, expect.any(Number), last]);
  });

  test('tell their counters when somebody looks, and nothing else', async () => {
    const box = await openRuled();
    await box.sh('node1', 'iptables -A INPUT -i lo -p udp -j ACCEPT');
    await eventually(() => expect(textsOf(box, 'INPUT')).toHaveLength(1));
    const before = box.changes.length;
    await box.sh('node1', "bash -c 'echo x > /dev/udp/127.0.0.1/9'");
    await look(box, true);
    await eventually(() =>
      expect(tablesOf(box)[0]?.chains.find(({ name }) => name === 'INPUT')?.rules[0]?.packets).toBe(
        1,
      ),
    );
    const told = changesSince(box, before);
    expect(told.map(({ event }) => event)).toEqual(['firewall.count']);
    // Reads once more, since somebody else looks.
    await look(box, false);
    await look(box, true);
    expect(changesSince(box, before)).toEqual(told);
  });

  test('are those of nft too, in its own words', async () => {
    const box = await openRuled();
    await box.sh(
      'node1',
      `nft -f - <<'END'
table inet own {
  chain in {
    type filter hook input priority 0; policy drop;
    tcp dport { 80, 443 } counter accept comment "web"
    ct state established accept
  }
}
END`,
    );
    await eventually(() =>
      expect(tablesOf(box)).toMatchObject([
        {
          ...{ backend: 'nf_tables', family: 'inet', name: 'own', syntax: 'nft' },
          chains: [{ name: 'in', hook: 'input', priority: 0, policy: 'drop' }],
        },
      ]),
    );
    expect(textsOf(box, 'in')).toEqual([
      'tcp dport { 80, 443 } counter accept comment "web"',
      'ct state established accept',
    ]);
    await box.sh('node1', 'nft delete table inet own');
    await eventually(() => expect(tablesOf(box)).toEqual([]));
  });

  test('are those of a table that iptables does not understand, in the words of nft', async () => {
    const box = await openRuled();
    await box.sh('node1', 'iptables -A INPUT -j ACCEPT');
    await box.sh('node1', 'nft add rule ip filter INPUT meta hour 08:00-17:00 counter accept');
    await eventually(() => expect(textsOf(box, 'INPUT')).toHaveLength(2));
    expect(
      tablesOf(box)[0]
        ?.chains.find(({ name }) => name === 'INPUT')
        ?.rules.map(({ text }) => text.length > 0),
    ).toEqual([true, true]);
  });

  test('end up as the kernel has them after a storm of commits', async () => {
    const box = await openRuled();
    await box.sh(
      'node1',
      `iptables -N STORM
       for i in $(seq 1 40); do
         iptables -A STORM -s 10.0.0.$i -j RETURN
         [ $((i % 3)) -ne 0 ] || iptables -D STORM 1
         [ $((i % 7)) -ne 0 ] || iptables -I STORM 2 -d 10.0.0.$i -j ACCEPT
       done
       iptables -t nat -A POSTROUTING -j MASQUERADE; ip6tables -A FORWARD -j DROP`,
    );
    const kernel = await box.sh('node1', "{ iptables-nft-save; ip6tables-nft-save; } | grep '^-A'");
    await eventually(() =>
      expect(
        tablesOf(box)
          .flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.map(({ text }) => text)))
          .toSorted(),
      ).toEqual(kernel.split('\n').toSorted()),
    );
    expect(textsOf(box, 'STORM')).toEqual(
      kernel.split('\n').filter((line) => line.startsWith('-A STORM')),
    );
  });
});

test('legacy tables are read when somebody looks, and their rules keep their identity', async () => {
  const box = await openRuled();
  const { code, stderr } = await box.exec(
    'node1',
    'iptables-legacy',
    '-A',
    'INPUT',
    '-s',
    '192.0.2.1',
    '-j',
    'DROP',
  );
  // A kernel without the old packet filter says so; then there is nothing to read.
  if (code !== 0) {
    expect(stderr).toMatch(/Table does not exist|Permission denied|can't initialize/);
    return;
  }
  await look(box, true);
  await eventually(() =>
    expect(textsOf(box, 'INPUT')).toEqual(['-A INPUT -s 192.0.2.1/32 -j DROP']),
  );
  expect(tablesOf(box)[0]?.backend).toBe('legacy');
  const before = box.changes.length;
  await box.sh('node1', 'iptables-legacy -I INPUT -s 192.0.2.2 -j DROP');
  await eventually(() => expect(textsOf(box, 'INPUT')).toHaveLength(2));
  expect(changesSince(box, before)).toMatchObject([
    {
      changes: [
        { change: 'rule.new', after: null, rule: { text: '-A INPUT -s 192.0.2.2/32 -j DROP' } },
      ],
    },
  ]);
});
