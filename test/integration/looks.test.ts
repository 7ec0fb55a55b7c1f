import { describe, expect, test } from 'vitest';
import type { Flow, FlowsSeen } from '@cnilab/shared/live/flows';
import { foldSeen, lookKey, type Look, type Seen } from '@cnilab/shared/live/look';
import { agentPid, eventually, openBox, type TestBox } from './support/box.ts';

/** What was told, folded as a browser does it. */
function follow(box: TestBox) {
  const seen = new Map<string, Seen>();
  const updates: { look: Look; seen: Seen }[] = [];
  box.onNotice((notice) => {
    if (notice.notice !== 'seen') return;
    updates.push(notice);
    const key = lookKey(notice.look);
    seen.set(key, foldSeen(seen.get(key), notice.seen));
  });
  const flows = (namespace: string): FlowsSeen => {
    const found = seen.get(lookKey({ namespace, at: 'flows' }));
    if (found?.at !== 'flows') throw new Error(`no connections of ${namespace}: ${found?.at}`);
    return found;
  };
  return { seen, updates, flows };
}

const look = (box: TestBox, at: Look['at'], namespace: string, isOn = true) =>
  box.request('look', { look: { at, namespace }, isOn });

/** What conntrack lists, as the text that `wordsOf` makes of a connection. */
async function tracked(box: TestBox, host: string): Promise<string[]> {
  const text = await box.sh(host, 'conntrack -L -o id 2>/dev/null');
  return text.split('\n').filter(isWorded).map(wordsOfLine).toSorted();
}

/** conntrack has no words for IGMP. */
const isWorded = (line: string) => /^(tcp|udp)/.test(line);

function wordsOfLine(line: string): string {
  const [protocol] = line.split(' ');
  const all = (key: string) =>
    [...line.matchAll(new RegExp(`${key}=(\\S+)`, 'g'))].map((m) => m[1]);
  const state = /^tcp +6 \d+ (\S+)/.exec(line)?.[1];
  const tuples = [0, 1].map((at) =>
    ['src', 'dst', 'sport', 'dport'].map((key) => all(key)[at] ?? '').join(' '),
  );
  const counters = [0, 1].map((at) => `${all('packets')[at]} ${all('bytes')[at]}`);
  return [protocol, ...tuples, ...counters, state ?? ''].join('|');
}

function wordsOf({ protocol, original, reply, counters, tcpState }: Flow): string {
  const tuples = [original, reply].map(({ source, destination, sourcePort, destinationPort }) =>
    [source, destination, sourcePort ?? '', destinationPort ?? ''].join(' '),
  );
  const counts = [counters?.original, counters?.reply].map((c) => `${c?.packets} ${c?.bytes}`);
  return [protocol, ...tuples, ...counts, tcpState ?? ''].join('|');
}

const portMapped = `cnilab: 1
name: looked
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - type: bridge
            bridge: mynet0
            isDefaultGateway: true
            ipMasq: true
            ipam: {type: host-local, subnet: 10.10.0.0/16}
          - type: portmap
            capabilities: {portMappings: true}
    pods:
      - name: web
        attachments:
          - network: mynet
            capabilities:
              portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]
        listen: [{protocol: http, port: 80}]
      - name: app
        attachments: [{network: mynet}]
`;
/** Lists those who listen to connections (the first three groups of netfilter) in a namespace. */
const listeners = `awk '$2 == 12 && $4 == "00000007" { print "drops " $9 }' /proc/net/netlink`;
const tracking = 'iptables -A INPUT -m conntrack --ctstate INVALID -j DROP';
const hostOnly = 'cnilab: 1\nname: looked\nhosts: [{name: node1}]\n';

const openTracking = async (): Promise<TestBox> => {
  const box = await openBox();
  await box.apply(hostOnly);
  await box.sh('node1', tracking);
  return box;
};

describe('the connections of a host', () => {
  test('show what a port map and masquerading make of the addresses', async () => {
    const box = await openBox();
    expect(await box.apply(portMapped)).toMatchObject({ ok: true });
    const { flows, updates } = follow(box);
    await look(box, 'flows', 'node1');
    await eventually(() => flows('node1'));
    const check = 'checks: [{name: c, from: node1/app, http: "http://10.10.0.1:8080/"}]';
    const [result] = await box.checks(`${portMapped}${check}\n`);
    expect(result).toMatchObject({ ok: true });
    const mapped = await eventually(() => {
      const found = flows('node1').flows.find(
        ({ original, tcpState }) => original.destinationPort === 8080 && tcpState === 'TIME_WAIT',
      );
      if (!found) throw new Error('not there yet');
      return found;
    });
    expect(mapped.original).toMatchObject({ source: '10.10.0.3', destination: '10.10.0.1' });
    expect(mapped.reply).toMatchObject({ source: '10.10.0.2', sourcePort: 80 });
    expect(mapped.status).toContain('DNAT');
    expect(mapped.translation?.destination).toEqual({
      from: { address: '10.10.0.1', port: 8080 },
      to: { address: '10.10.0.2', port: 80 },
    });
    await eventually(async () =>
      expect(flows('node1').flows.map(wordsOf).filter(isWorded).toSorted()).toEqual(
        await tracked(box, 'node1'),
      ),
    );
    // Nothing of it is in the run's own history.
    expect(box.changes.some((change) => JSON.stringify(change).includes('SEEN_REPLY'))).toBe(false);
    expect(updates.filter(({ seen }) => seen.at === 'flows' && seen.whole)).toHaveLength(1);
  });

  test('end as they end in the kernel, also those from before somebody looked', async () => {
    const box = await openTracking();
    const { flows } = follow(box);
    const send = (port: number) => box.sh('node1', `bash -c 'echo x > /dev/udp/127.0.0.1/${port}'`);
    await send(1001);
    await look(box, 'flows', 'node1');
    await eventually(() => expect(flows('node1').flows).toHaveLength(1));
    await send(1002);
    await eventually(() => expect(flows('node1').flows).toHaveLength(2));
    await box.sh('node1', 'conntrack -F');
    await eventually(() => expect(flows('node1').flows).toEqual([]));
  });

  test('are right again after more events than the kernel keeps', async () => {
    const box = await openTracking();
    const { flows } = follow(box);
    await look(box, 'flows', 'node1');
    await eventually(() => flows('node1'));
    // While the agent stands still, the kernel has more to tell it than it keeps.
    const agent = await agentPid(box, 'node1');
    const dropped = await box.sh(
      'node1',
      `kill -STOP ${agent}
       bash -c 'for p in {1001..1900}; do echo x > /dev/udp/127.0.0.1/$p; done'
       conntrack -F 2> /dev/null
       bash -c 'for p in {2001..2900}; do echo x > /dev/udp/127.0.0.1/$p; done'
       conntrack -D -p udp --dport 2500 > /dev/null 2>&1
       ${listeners}
       kill -CONT ${agent}`,
    );
    expect(dropped).toMatch(/^drops [1-9]\d*$/);
    await eventually(async () => {
      expect(flows('node1').flows).toHaveLength(899);
      expect(flows('node1').flows.map(wordsOf).toSorted()).toEqual(await tracked(box, 'node1'));
    });
    // One that listens again: the drops are those of its socket.
    expect(await box.sh('node1', listeners)).toBe('drops 0');
  });

  test('are at most a thousand; how many more there are is said', async () => {
    const box = await openTracking();
    const { flows } = follow(box);
    await box.sh(
      'node1',
      `bash -c 'for p in {1001..2200}; do echo x > /dev/udp/127.0.0.1/$p; done'`,
    );
    await look(box, 'flows', 'node1');
    await eventually(() => {
      expect(flows('node1').flows).toHaveLength(1000);
      expect(flows('node1').more).toBe(200);
    });
    await box.sh('node1', 'conntrack -F && bash -c "echo x > /dev/udp/127.0.0.1/9"');
    await eventually(async () => {
      const { flows: left, more } = flows('node1');
      expect(left.map(wordsOf)).toEqual(await tracked(box, 'node1'));
      expect(more).toBe(0);
    });
  });

  test('of a pod that is made anew are looked at again', async () => {
    const box = await openBox();
    await box.apply(portMapped);
    const { flows } = follow(box);
    await look(box, 'flows', 'node1/app');
    const use = async () => {
      await box.sh('node1/app', `${tracking}; ping -c 1 -W 1 127.0.0.1`);
      await eventually(() =>
        expect(flows('node1/app').flows.map(({ protocol }) => protocol)).toContain('icmp'),
      );
    };
    await use();
    const without = portMapped.replace(/ {6}- name: app\n.*\n/, '');
    await box.apply(without);
    await eventually(() => expect(flows('node1/app').flows).toEqual([]));
    await box.apply(portMapped);
    await use();
  });
});

describe('while nobody looks', () => {
  test('the agent holds nothing for it', async () => {
    const box = await openTracking();
    expect(await box.sh('node1', listeners)).toBe('');
    for (const at of ['flows', 'rates', 'rules'] as const) await look(box, at, 'node1');
    await look(box, 'flows', 'node1');
    expect(await box.sh('node1', listeners)).toBe('drops 0');
    for (const at of ['flows', 'rates', 'rules'] as const) await look(box, at, 'node1', false);
    expect(await box.sh('node1', listeners)).toBe('');
  });

  test('nothing is told', async () => {
    const box = await openTracking();
    const { updates, flows } = follow(box);
    await look(box, 'flows', 'node1');
    await eventually(() => flows('node1'));
    await look(box, 'flows', 'node1', false);
    const before = updates.length;
    await box.sh('node1', "bash -c 'echo x > /dev/udp/127.0.0.1/9'");
    await look(box, 'flows', 'node1/none');
    expect(updates.slice(before).map(({ look: { namespace } }) => namespace)).toEqual([
      'node1/none',
    ]);
  });
});

test('rates are those of what goes through an interface', async () => {
  const box = await openBox();
  await box.apply(hostOnly);
  const { seen } = follow(box);
  const rates = () => {
    const found = seen.get(lookKey({ namespace: 'node1', at: 'rates' }));
    const [lo] = found?.at === 'rates' ? found.links : [];
    if (!lo) throw new Error('nothing is told yet');
    return lo;
  };
  await look(box, 'rates', 'node1');
  await eventually(() => expect(rates().rate).toBeDefined());
  const before = rates();
  await box.sh('node1', 'ping -c 3 -i 0.1 -s 972 127.0.0.1');
  await eventually(() => {
    const { rxPackets, txBytes, rate } = rates();
    expect([rxPackets - before.rxPackets, txBytes - before.txBytes]).toEqual([6, 6 * 1000]);
    expect(rate).toEqual({ rxBits: 0, rxPackets: 0, txBits: 0, txPackets: 0 });
  });
});
