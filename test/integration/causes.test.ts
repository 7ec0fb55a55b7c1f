import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cause } from '@cnilab/shared/live/events';
import type { TimedChange } from '@cnilab/shared/protocol/agent';
import { eventually, openBox, type TestBox } from './support/box.ts';

const lab = `
cnilab: 1
name: causes
segments: [{name: lan}]
hosts:
  - name: node1
    interfaces: [{name: up0, segment: lan, addresses: [192.0.2.1/24]}]
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true, ipMasq: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    pods: [{name: web, attachments: [{network: net}]}]
  - name: node2
    interfaces: [{name: up0, segment: lan, addresses: [192.0.2.2/24]}]
`;

/** A box with a deployed lab, and what it told with whose doing it was. */
async function openLab() {
  const box = await openBox();
  const told: TimedChange[] = [];
  box.onNotice((notice) => {
    if (notice.notice === 'changes') told.push(...notice.changes);
  });
  expect(await box.apply(lab)).toMatchObject({ ok: true });
  return { box, told };
}

/** `link.new node1 d0` */
function nameOf({ change }: TimedChange): string {
  const { event } = change;
  switch (change.event) {
    case 'link.new':
    case 'link.change':
      return `${event} ${change.namespace} ${change.link.name}`;
    case 'link.del':
    case 'link.move':
      return `${event} ${change.namespace} ${change.name}`;
    case 'address.new':
    case 'address.del': {
      const { address, prefix } = change.address;
      return `${event} ${change.namespace} ${address}/${prefix}`;
    }
    case 'route.new':
    case 'route.del':
      return `${event} ${change.namespace} ${change.route.to}`;
    case 'neighbour.new':
      return `${event} ${change.namespace} ${change.neighbour.address}`;
    case 'namespace.new':
      return `${event} ${change.info.id}`;
    case 'firewall.change':
      return `${event} ${change.namespace} ${JSON.stringify(change.changes)}`;
    default:
      return event;
  }
}

const causesOf = (told: readonly TimedChange[], name: string | RegExp): (Cause | undefined)[] =>
  told
    .filter((item) => (typeof name === 'string' ? nameOf(item) === name : name.test(nameOf(item))))
    .map(({ cause }) => cause);

let lastTerminal = 0;

/** A shell on a terminal that can be typed into. */
async function openTerminal(box: TestBox, target: string) {
  const process = `terminal-${++lastTerminal}`;
  let shown = '';
  onTestFinished(
    box.onNotice((notice) => {
      if (notice.notice !== 'output' || notice.process !== process) return;
      shown += Buffer.from(notice.data, 'base64').toString('utf8');
    }),
  );
  const argv = ['bash', '-l'];
  await box.request('spawn', { process, target, argv, terminal: { columns: 300, rows: 24 } });
  const shows = (pattern: string | RegExp) => eventually(() => expect(shown).toMatch(pattern));
  await shows(/# $/);
  return {
    process,
    shows,
    shown: () => shown,
    send: (text: string) =>
      box.request('input', { process, data: Buffer.from(text).toString('base64') }),
    /** Types a line and waits until the shell prompts again. */
    async type(line: string) {
      shown = '';
      await this.send(`${line}\n`);
      await shows(/\n[^]*# $/);
    },
  };
}

describe('an event tells that it is the doing of', () => {
  test('the agent, for what a deploy makes by itself', async () => {
    const { told } = await openLab();
    const agent = { by: 'agent' };
    expect(causesOf(told, 'namespace.new node1')).toEqual([agent]);
    expect(causesOf(told, 'namespace.new node1/web')).toEqual([agent]);
    expect(causesOf(told, 'link.new node1 up0')).toEqual([agent]);
    expect(causesOf(told, 'address.new node1 192.0.2.1/24')).toEqual([agent]);
    expect(causesOf(told, /^link.new {2}seg\d/)).toEqual([agent]);
  });

  test('a step, for what its plugin makes, rules too', async () => {
    const { box, told } = await openLab();
    const id = box.state().operations[0]?.id;
    const step = {
      by: 'step',
      operation: id,
      step: 0,
      plugin: 'bridge',
      command: 'ADD',
      pod: 'web',
    };
    expect(causesOf(told, 'link.new node1 br0')).toEqual([step]);
    expect(causesOf(told, 'link.new node1/web eth0')).toEqual([step]);
    expect(causesOf(told, 'address.new node1 10.1.0.1/24')).toEqual([step]);
    await eventually(() => {
      const rules = causesOf(told, /^firewall.change node1 .*10\.1\.0\.2/);
      expect(rules.length).toBeGreaterThan(0);
      expect(rules).toEqual(rules.map(() => step));
    });
    // Duplicate address detection ends a second later.
    await eventually(() =>
      expect(causesOf(told, /^address.new node1 fe80:/)).toContainEqual({ ...step, late: true }),
    );
  });

  test('a command that was executed, with what the kernel does later because of it', async () => {
    const { box, told } = await openLab();
    told.length = 0;
    await box.sh('node1', 'ip link add d0 type bridge; ip link set d0 up; iptables -N MINE');
    const line = "sh -ec 'ip link add d0 type bridge; ip link set d0 up; iptables -N MINE'";
    const command = { by: 'command', process: expect.stringMatching(/^test-/), line };
    expect(causesOf(told, 'link.new node1 d0')).toEqual([command]);
    await eventually(() => {
      expect(causesOf(told, /^firewall.change node1 .*"MINE"/)).toEqual([command]);
      const index = box.state().namespaces['node1']?.links.find(({ name }) => name === 'd0')?.index;
      const onLink = told.filter(
        ({ change }) => change.event === 'address.new' && change.address.index === index,
      );
      // The kernel gives it an address of its own once it knows that nobody else has it.
      expect(causesOf(onLink, /^address.new node1 fe80:/)).toContainEqual({
        ...command,
        late: true,
      });
    });
    await box.exec('node1/web', 'ip', 'address', 'add', '203.0.113.9/32', 'dev', 'eth0');
    expect(causesOf(told, 'address.new node1/web 203.0.113.9/32')).toEqual([
      { ...command, line: 'ip address add 203.0.113.9/32 dev eth0' },
    ]);
  });

  test('a command in a pod whose end on the host goes with it', async () => {
    const { box, told } = await openLab();
    told.length = 0;
    await box.exec('node1/web', 'ip', 'link', 'del', 'eth0');
    const gone = causesOf(told, /^link.del node1 veth/);
    expect(gone).toMatchObject([{ by: 'command', line: 'ip link del eth0' }]);
  });

  test('a command that was typed, and only while it runs', async () => {
    const { box, told } = await openLab();
    const terminal = await openTerminal(box, 'node1');
    const by = (line: string) => [{ by: 'command', process: terminal.process, line }];
    for (let i = 0; i < 20; i++) {
      await terminal.type(`ip link add t${i} type bridge`);
      expect(causesOf(told, `link.new node1 t${i}`)).toEqual(by(`ip link add t${i} type bridge`));
    }
    await terminal.type('ip link set t0 name größe && ip link add b0 type bridge | cat');
    expect(causesOf(told, 'link.change node1 größe')).toEqual(
      by('ip link set t0 name größe && ip link add b0 type bridge | cat'),
    );
    await box.exec('node1', 'ip', 'link', 'del', 't1');
    expect(causesOf(told, 'link.del node1 t1')).toMatchObject([{ line: 'ip link del t1' }]);
    expect(terminal.shown()).not.toContain('7717');
  });

  test('a command that moves a link, adds a routing policy or an entry of a bridge', async () => {
    const { box, told } = await openLab();
    told.length = 0;
    const mac = '02:00:00:00:00:09';
    const line = [
      'ip link add m0 type veth peer name m1',
      'ip link set m1 netns web',
      'ip link set m0 master br0',
      'ip rule add from 192.0.2.0/24 table 100',
      `bridge fdb add ${mac} dev m0 master static`,
    ].join(' && ');
    await box.sh('node1', line);
    // Of the bridge's table there is more: what the kernel adds by itself.
    const links = ['m0', 'm1', mac];
    const kinds = ['link.new', 'link.move', 'link.change', 'policy.new', 'fdb.new'];
    const ours = told.filter(
      ({ change }) =>
        kinds.includes(change.event) &&
        (change.event === 'policy.new' ||
          links.some((name) => JSON.stringify(change).includes(name))),
    );
    expect(new Set(ours.map(({ change }) => change.event))).toEqual(new Set(kinds));
    expect(ours.filter(({ cause }) => cause?.by !== 'command')).toEqual([]);
  });

  test('one of several commands, in doubt', async () => {
    const { box, told } = await openLab();
    const terminal = await openTerminal(box, 'node1');
    await terminal.send('echo go"es"; sleep 14142\n');
    await terminal.shows('goes');
    await box.exec('node1', 'ip', 'link', 'add', 'd0', 'type', 'bridge');
    expect(causesOf(told, 'link.new node1 d0')).toMatchObject([
      { by: 'command', line: 'ip link add d0 type bridge', shared: true },
    ]);
    await box.exec('node1/web', 'ip', 'link', 'add', 'd1', 'type', 'bridge');
    await box.exec('node2', 'ip', 'link', 'add', 'd1', 'type', 'bridge');
    expect(causesOf(told, 'link.new node2 d1')).toMatchObject([{ by: 'command' }]);
    expect(causesOf(told, 'link.new node2 d1')).not.toMatchObject([{ shared: true }]);
  });

  test('a command in the background of a shell, also while that one waits', async () => {
    const { box, told } = await openLab();
    const terminal = await openTerminal(box, 'node1');
    const line = 'while [ ! -e /tmp/go ]; do sleep 0.02; done; ip link add late0 type bridge';
    await terminal.type(`(${line}) &`);
    await terminal.type('true');
    await box.exec('node2', 'true');
    await terminal.send('touch /tmp/go; read wait\n');
    await eventually(() =>
      expect(causesOf(told, 'link.new node1 late0')).toMatchObject([
        { by: 'command', process: terminal.process, shared: true },
      ]),
    );
  });

  test('a command that made a namespace by hand', async () => {
    const { box, told } = await openLab();
    const terminal = await openTerminal(box, 'node1');
    await terminal.type('ip netns add byhand');
    await eventually(() =>
      expect(causesOf(told, 'namespace.new node1/byhand')).toMatchObject([
        { by: 'command', line: 'ip netns add byhand' },
      ]),
    );
  });

  test('nobody, for what traffic does', async () => {
    const { box, told } = await openLab();
    const terminal = await openTerminal(box, 'node1');
    await terminal.type('ping -c 1 -W 1 192.0.2.2 >/dev/null');
    await eventually(() =>
      expect(causesOf(told, 'neighbour.new node1 192.0.2.2').length).toBeGreaterThan(0),
    );
    expect(causesOf(told, 'neighbour.new node1 192.0.2.2').filter(Boolean)).toEqual([]);
    expect(causesOf(told, 'neighbour.new node2 192.0.2.1').filter(Boolean)).toEqual([]);
    await terminal.type('ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:01 dev up0');
    expect(causesOf(told, 'neighbour.new node1 192.0.2.77')).toMatchObject([
      { by: 'command', line: expect.stringContaining('ip neigh add') },
    ]);
  });
});
