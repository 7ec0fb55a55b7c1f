import { describe, expect, test } from 'vitest';
import { agentPid, eventually, finish, openBox, type TestBox } from './support/box.ts';

const lab = `
cnilab: 1
name: processes
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24},
         dns: {nameservers: [10.1.0.53], domain: lab.test, search: [a.test, b.test], options: ['ndots:2']}}
    pods: [{name: web, attachments: [{network: net}]}, {name: alone}]
`;

async function openLab(): Promise<TestBox> {
  const box = await openBox();
  expect(await box.apply(lab)).toMatchObject({ ok: true });
  return box;
}

const encode = (text: string) => Buffer.from(text).toString('base64');

/** A process on a terminal of 80×24, what it has shown, and its end. */
async function openTerminal(box: TestBox, process: string, target: string, argv: string[]) {
  let shown = '';
  box.onNotice((notice) => {
    if (notice.notice !== 'output' || notice.process !== process) return;
    shown += Buffer.from(notice.data, 'base64').toString('utf8');
  });
  const ended = finish(box, process);
  // What a test does not wait for ends with its box.
  ended.catch(() => undefined);
  await box.request('spawn', { process, target, argv, terminal: { columns: 80, rows: 24 } });
  return {
    ended,
    shows: (pattern: RegExp | string) => eventually(() => expect(shown).toMatch(pattern)),
    type: (text: string) => box.request('input', { process, data: encode(text) }),
    resize: (columns: number, rows: number) => box.request('resize', { process, columns, rows }),
  };
}

describe('a command on pipes', () => {
  test.each(['node1', 'node1/web'])(
    'runs in %s and gives its output, errors and exit code',
    async (target) => {
      const box = await openLab();
      const result = await box.exec(
        target,
        'sh',
        '-c',
        'cat /etc/hostname; echo wrong >&2; exit 3',
      );
      const name = target.split('/').at(-1);
      expect(result).toEqual({ code: 3, stdout: `${name}\n`, stderr: 'wrong\n' });
      expect(await box.sh(target, 'hostname')).toBe(name);
      const where = target === 'node1' ? 'br0 lo' : 'eth0 lo';
      expect(await box.sh(target, 'ls /sys/class/net | grep -v veth | xargs')).toBe(where);
    },
  );

  test('has the places of system tools in its PATH', async () => {
    const box = await openLab();
    for (const target of ['node1', 'node1/web']) {
      const path = await box.sh(target, 'echo $PATH');
      expect(path.split(':')).toEqual(
        expect.arrayContaining(['/usr/sbin', '/usr/bin', '/sbin', '/bin']),
      );
      expect(await box.sh(target, 'command -v ip iptables')).toContain('/ip');
    }
  });

  test('gets what is typed, byte by byte, and the end of it', async () => {
    const box = await openLab();
    const ended = finish(box, 'copy');
    await box.request('spawn', { process: 'copy', target: 'node1', argv: ['cat'] });
    await box.request('input', { process: 'copy', data: encode('one\\n\\0two') });
    await box.request('closeInput', { process: 'copy' });
    expect(await ended).toEqual({ code: 0, stdout: 'one\\n\\0two', stderr: '' });
    await expect(box.request('input', { process: 'copy', data: '' })).rejects.toThrow(
      'it has ended',
    );
  });

  test('ends with 127 when there is no such command', async () => {
    const box = await openLab();
    expect(await box.exec('node1', 'no-such-command')).toEqual({
      code: 127,
      stdout: '',
      stderr: 'no-such-command: command not found\n',
    });
    expect(await box.exec('node1', '/etc/hostname')).toMatchObject({ code: 126 });
  });

  test('ends by the signal that it is sent, with what it started', async () => {
    const box = await openLab();
    const ended = finish(box, 'long');
    const argv = ['sh', '-c', 'sleep 14142 & sleep 14142 & echo ready; wait'];
    await box.request('spawn', { process: 'long', target: 'node1/web', argv });
    await eventually(async () =>
      expect(await box.sh('node1', 'ps -eo args | grep -c "^sleep 14142" || :')).toBe('2'),
    );
    await box.request('kill', { process: 'long', signal: 'SIGTERM' });
    expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM', stdout: 'ready\n' });
    expect(await box.sh('node1', 'ps -eo args | grep -c "^sleep 14142" || :')).toBe('0');
    await expect(box.request('kill', { process: 'long', signal: 'SIGWHAT' })).rejects.toThrow(
      'not a signal',
    );
  });

  test('ends although it left something running that holds its output', async () => {
    const box = await openLab();
    expect(await box.exec('node1', 'sh', '-c', 'sleep 14142 & echo left')).toEqual({
      code: 0,
      stdout: 'left\n',
      stderr: '',
    });
  });

  test('waits while nobody reads it', async () => {
    const box = await openLab();
    let bytes = 0;
    box.onNotice((notice) => {
      if (notice.notice === 'output' && notice.process === 'flood') bytes += notice.data.length;
    });
    const argv = ['sh', '-c', 'read go; head -c 8000000 /dev/zero; touch /tmp/done'];
    const ended = finish(box, 'flood');
    await box.request('spawn', { process: 'flood', target: 'node1', argv });
    await box.request('pause', { process: 'flood', paused: true });
    await box.request('input', { process: 'flood', data: encode('go\n') });
    await eventually(async () =>
      expect(await box.sh('node1', 'ps -eo args | grep -c "^head -c 8000000" || :')).toBe('1'),
    );
    expect(bytes).toBe(0);
    expect((await box.exec('node1', 'test', '-e', '/tmp/done')).code).toBe(1);
    await box.request('pause', { process: 'flood', paused: false });
    expect((await ended).stdout).toHaveLength(8_000_000);
  });

  test('is refused when two hundred run already', async () => {
    const box = await openLab();
    const start = (process: string) =>
      box.request('spawn', { process, target: 'node1', argv: ['sleep', '14142'] });
    for (let i = 0; i < 200; i++) await start(`many-${i}`);
    await expect(start('one-more')).rejects.toThrow('200 processes run already');
    const ended = finish(box, 'many-7');
    await box.request('kill', { process: 'many-7', signal: 'SIGKILL' });
    await ended;
    await start('one-more');
    await expect(box.exec('nowhere', 'true')).rejects.toThrow('spawn true');
  });
});

describe('a command on a terminal', () => {
  test.each(['node1', 'node1/web'])(
    'in %s prompts, answers, resizes, stops at Ctrl-C and ends',
    async (target) => {
      const box = await openLab();
      const terminal = await openTerminal(box, 'shell', target, ['bash']);
      await terminal.shows(`root@${target}\u001b[0m:~# `);
      await terminal.type('stty size\n');
      await terminal.shows('24 80');
      await terminal.resize(132, 50);
      await terminal.type('stty size\n');
      await terminal.shows('50 132');
      await terminal.type('sleep 14142; echo "ended $?"\n');
      await eventually(async () =>
        expect(await box.sh('node1', 'ps -eo args | grep -c "^sleep 14142" || :')).toBe('1'),
      );
      await terminal.type('\u0003');
      await terminal.type('echo "ended $?"; tty\n');
      await terminal.shows(/ended 130\r\n\/dev\/pts\/\d/);
      await terminal.type('ip -br link | cut -c1-4 | xargs; echo "größe ✓"\n');
      await terminal.shows(target === 'node1' ? /lo br0/ : /lo eth0/);
      await terminal.shows(/\ngröße ✓/);
      await terminal.type('exit 5\n');
      expect(await terminal.ended).toMatchObject({ code: 5 });
    },
  );

  test('ends with 127 when there is no such command', async () => {
    const box = await openLab();
    const terminal = await openTerminal(box, 'none', 'node1/web', ['no-such-command']);
    expect(await terminal.ended).toEqual({
      code: 127,
      stdout: 'no-such-command: command not found\r\n',
      stderr: '',
    });
  });

  test('ends with its pod', async () => {
    const box = await openLab();
    const terminal = await openTerminal(box, 'shell', 'node1/web', ['bash']);
    await terminal.shows('root@node1/web\u001b[0m:~# ');
    await box.apply(lab.replace('{name: web, attachments: [{network: net}]}, ', ''));
    expect(await terminal.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });
});

describe('a pod', () => {
  test('has the name servers of its results, and loses them with the attachment', async () => {
    const box = await openLab();
    const first = 'domain lab.test\nsearch a.test b.test\nnameserver 10.1.0.53\noptions ndots:2';
    expect(await box.sh('node1/web', 'cat /etc/resolv.conf')).toBe(first);
    expect(await box.sh('node1/alone', 'cat /etc/resolv.conf')).toBe('');
    expect(await box.sh('node1', 'cat /etc/resolv.conf')).toBe('');
    await box.apply(lab.replace('attachments: [{network: net}]', 'attachments: []'));
    expect(await box.sh('node1/web', 'cat /etc/resolv.conf')).toBe('');
  });

  test('has files, a name and links of its own', async () => {
    const box = await openLab();
    expect(await box.sh('node1/web', 'cat /etc/hosts')).toContain('web');
    expect(await box.sh('node1/alone', 'ls /sys/class/net')).toBe('lo');
    expect(await box.sh('node1/web', 'ls /sys/class/net')).toBe('eth0\nlo');
    expect(await box.sh('node1', 'ip netns exec web ls /sys/class/net')).toBe('eth0\nlo');
    expect(await box.sh('node1/web', 'ls /run/netns')).toBe('');
    expect(await box.sh('node1', 'ls /run/netns')).toBe('alone\nweb');
    await box.sh('node1/web', 'hostname other');
    expect(await box.sh('node1', 'hostname')).toBe('node1');
  });

  test('gives its namespace back even if somebody called ip netns for the first time meanwhile', async () => {
    const box = await openLab();
    await box.sh('node1', 'ip netns add extra; ip netns del extra');
    await box.apply(lab.replace(/pods: .*/, 'pods: []'));
    expect(await box.sh('node1', 'grep -c nsfs /proc/self/mountinfo || :')).toBe('0');
  });
});

test('a command that writes faster than anybody reads does not fill the memory of the agent', async () => {
  const box = await openBox();
  await box.apply('cnilab: 1\nname: flooded\nhosts: [{name: node1}]\n');
  const agent = await agentPid(box, 'node1');
  const process = 'flood';
  const ended = finish(box, process);
  await box.request('spawn', {
    process,
    target: 'node1',
    argv: ['head', '-c', '200000000', '/dev/zero'],
  });
  // Nobody reads for a while: this process does nothing else.
  const until = performance.now() + 2000;
  while (performance.now() < until);
  const { code, stdout } = await ended;
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: 200_000_000 });
  const peak = await box.sh('node1', `awk '/VmHWM/ {print $2}' /proc/${agent}/status`);
  expect(Number(peak) / 1024).toBeLessThan(260);
});
