import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kernelNeeds } from '@cnilab/shared/lab/needs';
import { boxIdentity } from '../../server/src/box/identity.ts';
import { agentPid, compile, eventually, openBox, type TestBox } from './support/box.ts';
import {
  copyProgram,
  descendants,
  isAlive,
  isRoot,
  machineState,
  makeFolder,
  startProgram,
  stateOf,
  writeLab,
  type OuterProcess,
} from './support/outside.ts';

const oneHost = 'cnilab: 1\nname: one\nhosts: [{name: node1}]\n';

/** Runs until it is killed, with processes of every kind in it. */
const stubborn = `
cnilab: 1
name: stubborn
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true, ipMasq: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    pods: [{name: web, attachments: [{network: net}], listen: [{protocol: http, port: 80}]}]
checks:
  - name: a process that leaves its group and ignores what it is asked
    from: node1
    exec:
      - sh
      - -c
      - |
        setsid sh -c 'trap "" TERM HUP INT; touch /tmp/one; while :; do sleep 31415; done' > /dev/null 2>&1 &
        until test -e /tmp/one; do sleep 0.01; done
  - name: one in a pod
    from: node1/web
    exec:
      - sh
      - -c
      - |
        setsid sh -c 'touch /tmp/two; exec sleep 27182' > /dev/null 2>&1 &
        until test -e /tmp/two; do sleep 0.01; done
  - name: never
    from: node1
    exec: ['false']
    within: 1h
`;

const works = `
cnilab: 1
name: works
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    pods: [{name: web, attachments: [{network: net}]}]
checks:
  - {name: the host reaches its pod, from: node1, ping: node1/web}
`;

describe('a box', () => {
  test('is root inside and an ordinary user outside', async () => {
    const box = await openBox();
    expect(box.startMs).toBeGreaterThan(0);
    await box.apply(oneHost);
    expect(await box.sh('node1', 'id -u; id -g')).toBe('0\n0');
    const own = descendants(process.pid).filter(({ command }) =>
      command.includes('/agent/agent.js'),
    );
    expect(own.length).toBeGreaterThanOrEqual(3); // bubblewrap twice and the agent
    for (const { uids, command } of own) {
      expect(uids.includes('0'), `${command} is root outside`).toBe(false);
      expect(new Set(uids).size).toBe(1);
      expect(uids[0]).toBe(String(boxIdentity().uid ?? process.getuid?.()));
    }
    const groups = await box.sh('node1', 'grep ^Groups: /proc/self/status');
    if (isRoot) expect(groups.trim()).toBe('Groups:');
  });

  test('shows nothing of this machine', async () => {
    const box = await openBox();
    await box.apply(oneHost);
    expect(await box.sh('node1', 'ls /sys/class/net')).toBe('lo');
    expect(await box.sh('node1', 'ls /sys/devices/virtual/net')).toBe('lo');
    expect(await box.sh('node1', 'ip -br link | wc -l')).toBe('1');
    const seen = await box.sh('node1', 'cat /proc/[0-9]*/comm | sort -u');
    const allowed = ['bwrap', 'cat', 'node', 'sh', 'sort'];
    expect(
      seen
        .split('\n')
        .filter((name) => !allowed.includes(name) && !/^(MainThread|node.*)$/.test(name)),
    ).toEqual([]);
    for (const path of [
      '/etc/shadow',
      '/etc/machine-id',
      '/home',
      '/boot',
      '/mnt',
      '/srv',
      '/opt/cnilab',
    ]) {
      expect((await box.exec('node1', 'test', '-e', path)).code, path).toBe(1);
    }
    expect(await box.sh('node1', 'ls -A /root /tmp /var/tmp')).not.toContain('cnilab');
    expect((await box.exec('node1', 'touch', '/usr/x')).stderr).toContain('Read-only');
    expect((await box.exec('node1', 'mknod', '/tmp/disk', 'b', '8', '0')).code).not.toBe(0);
    expect((await box.exec('node1', 'dmesg')).code).not.toBe(0);
  });

  test('reaches no network', async () => {
    const box = await openBox();
    await box.apply(oneHost);
    const pid = await agentPid(box, 'node1');
    expect(
      await box.sh('node1', `ip route show table all; nsenter --net=/proc/1/ns/net ip -4 route`),
    ).not.toContain('default');
    const answer = await box.exec('node1', 'ping', '-c', '1', '-W', '1', '192.0.2.1');
    expect(answer.stderr).toContain('Network is unreachable');
    expect(Number(pid)).toBeGreaterThan(1);
  });

  test('limits processes and network namespaces', async () => {
    const box = await openBox();
    await box.apply(oneHost);
    expect(await box.sh('node1', "bash -c 'ulimit -u'")).toBe('4096');
    expect((await box.exec('node1', 'bash', '-c', 'ulimit -u 5000')).code).not.toBe(0);
    await box.sh('node1', 'echo 8 > /proc/sys/user/max_net_namespaces');
    const made = await box.sh(
      'node1',
      'i=0; while [ $i -lt 20 ] && ip netns add n$i 2> /tmp/error; do i=$((i + 1)); done; echo $i; cat /tmp/error',
    );
    expect(Number(made.split('\n')[0])).toBeLessThan(8);
    expect(made).toContain('No space left on device');
  });

  test('stops within two seconds, also when its agent does not run any more', async () => {
    const box = await openBox();
    await box.apply(stubborn);
    const own = descendants(process.pid).filter(({ command }) => !command.includes('vitest'));
    await box.sh(
      'node1',
      'setsid sh -c "trap \'\' TERM HUP INT; while :; do sleep 31415; done" > /dev/null 2>&1 & :',
    );
    await box.sh(
      'node1',
      `(sleep 0.05; kill -STOP ${await agentPid(box, 'node1')}) > /dev/null 2>&1 & :`,
    );
    const agent = own.find(isAgent);
    if (!agent) throw new Error('there is no agent');
    await eventually(() => expect(stateOf(agent)).toBe('T'));
    const started = performance.now();
    await box.stop();
    expect(performance.now() - started).toBeLessThan(2000);
    await eventually(() => expect(own.filter(isAlive)).toEqual([]));
    await box.stop();
    await expect(box.request('apply', { lab: compile(oneHost) })).rejects.toThrow('stopped');
  });

  test.each(['garbage', '[]', 'null', '{"notice":"root"}', '{"notice":"output"}', '{"id":"x"}'])(
    'ends with a reason when somebody in it writes %s into the stream of the agent',
    async (line) => {
      const box = await openBox();
      await box.apply(oneHost);
      const [{ reason }, error] = await Promise.all([
        box.ended,
        never(box).catch((thrown: unknown) => thrown),
        writeAsAgent(box, line),
      ]);
      expect(reason).toContain('not its protocol');
      expect(String(error)).toContain('not its protocol');
    },
  );

  test('ends with a reason when an answer does not fit its question', async () => {
    const box = await openBox();
    await box.apply(oneHost);
    const answers = Array.from({ length: 100 }, (_, id) => `{"id":${id},"result":{"ok":"yes"}}`);
    const [{ reason }, error] = await Promise.all([
      box.ended,
      never(box).catch((thrown: unknown) => thrown),
      writeAsAgent(box, answers.join('\n')),
    ]);
    expect(reason).toContain('not its protocol');
    expect(String(error)).toContain('not its protocol');
  });

  test('is refused with element and feature exactly when the kernel lacks what a lab needs', async () => {
    const lab = compile(`
cnilab: 1
name: tagged
hosts:
  - name: node1
    interfaces:
      - {name: br0, type: bridge}
      - {name: br0.20, type: vlan, parent: br0, id: 20}
`);
    const needs = kernelNeeds(lab);
    expect(needs.map(({ element }) => element)).toEqual(['interface:node1/br0.20']);
    const box = await openBox();
    const { failures } = await box.request('apply', { lab });
    const refusal: unknown = await openBox({ needs }).then(
      ({ features }) => features,
      (error: unknown) => error,
    );
    const [failure] = failures;
    if (!failure) {
      expect(refusal).toEqual({ vlan: true });
      return;
    }
    expect(failures).toHaveLength(1);
    expect(failure.element).toBe('interface:node1/br0.20');
    expect(failure.error).toContain("This machine's kernel has no 802.1Q VLANs");
    expect(refusal).toMatchObject({
      name: 'BoxError',
      message: expect.stringContaining('interface:node1/br0.20 needs 802.1Q VLANs'),
      remedy: expect.stringContaining('kernel module'),
    });
  });
});

describe('nothing stays of a box', () => {
  /** Starts a lab by the command line and waits until all of its processes are there. */
  async function startStubborn(): Promise<{ pid: number; own: OuterProcess[] }> {
    const { pid } = startProgram(['test', writeLab(stubborn)]);
    const own = await eventually(() => {
      const now = descendants(pid);
      for (const mark of ['sleep 31415', 'sleep 27182', 'node /agent/agent.js']) {
        expect(now.filter(({ command }) => command.includes(mark)).length, mark).toBeGreaterThan(0);
      }
      return now;
    });
    return { pid, own };
  }

  test.each([
    ['the process that started it', ({ pid }: Victims) => pid],
    ['bubblewrap', ({ own }: Victims) => own[0]?.pid],
    ["the box's first process", ({ own }: Victims) => own[1]?.pid],
    ['the agent', ({ own }: Victims) => own.find(isAgent)?.pid],
  ])('after kill -9 of %s', async (_name, choose) => {
    const before = machineState();
    const running = await startStubborn();
    const victim = choose(running);
    if (victim === undefined) throw new Error('there is no such process');
    process.kill(victim, 'SIGKILL');
    await eventually(() => expect(running.own.filter(isAlive)).toEqual([]));
    expect(machineState()).toEqual(before);
  });

  test('after it ends by itself', async () => {
    const before = machineState();
    const { ended, pid } = startProgram(['test', writeLab(works)]);
    await eventually(() => expect(descendants(pid).some(isAgent)).toBe(true));
    const own = descendants(pid);
    const { code, output } = await ended;
    expect(code, output).toBe(0);
    await eventually(() => expect(own.filter(isAlive)).toEqual([]));
    expect(machineState()).toEqual(before);
  });
});

describe('a box starts', () => {
  test('from a folder that only its owner can read', async () => {
    const cli = copyProgram(makeFolder(0o700));
    const folder = '/var/cache/cnilab';
    const list = () => (existsSync(folder) ? readdirSync(folder) : []);
    const before = list();
    onTestFinished(() => {
      for (const name of list()) {
        if (!before.includes(name)) rmSync(join(folder, name), { recursive: true });
      }
      if (before.length === 0) rmSync(folder, { recursive: true, force: true });
    });
    const umask = process.umask(0o077); // as careful people have it
    onTestFinished(() => void process.umask(umask));
    for (const round of ['copied', 'kept']) {
      const { code, output } = await startProgram(['test', writeLab(works)], { cli }).ended;
      expect(code, `${round}: ${output}`).toBe(0);
    }
    // Copied once, and only where the box is somebody else.
    expect(list().length - before.length).toBeLessThanOrEqual(isRoot ? 1 : 0);
    expect(list().filter((name) => name.startsWith('new-'))).toEqual([]);
  });

  test.runIf(isRoot)('for an ordinary user who is nobody in particular', async () => {
    const cli = copyProgram(makeFolder());
    const { ended, pid } = startProgram(['test', writeLab(works)], { cli, uid: 54321 });
    await eventually(() => expect(descendants(pid).some(isAgent)).toBe(true));
    for (const { uids } of descendants(pid)) expect(new Set(uids)).toEqual(new Set(['54321']));
    const { code, output } = await ended;
    expect(code, output).toBe(0);
  });
});

interface Victims {
  pid: number;
  own: OuterProcess[];
}

const isAgent = ({ command }: OuterProcess) => /^\S*node \/agent\/agent\.js/.test(command);

/** A request that is open for an hour. */
const never = (box: TestBox) =>
  box.request('check', { check: { name: 'never', from: 'node1', exec: ['false'], within: '1h' } });

/** What root in a box can do: take the agent's end of the stream and write to it. */
async function writeAsAgent(box: TestBox, text: string): Promise<void> {
  const agent = await agentPid(box, 'node1');
  const node = await box.sh('node1', `readlink /proc/${agent}/exe`);
  const script = `
    const syscall = require('/agent/node_modules/koffi').load(null).func('long syscall(long, ...)');
    const call = (number, ...values) => syscall(number, ...values.flatMap((value) => ['long', value]));
    const [pidfdOpen, pidfdGetfd] = [434, 438];
    const stream = call(pidfdGetfd, call(pidfdOpen, ${agent}, 0), 1, 0);
    require('fs').writeSync(stream, ${JSON.stringify(`${text}\n`)});`;
  // The end of the box is the end of this process as well.
  await box.exec('node1', node, '-e', script).catch(() => undefined);
}
