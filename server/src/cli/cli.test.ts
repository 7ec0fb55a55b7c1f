import { execFileSync } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation } from '@cnilab/shared/live/operation';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startServer, type RunningServer } from '../http/serve.ts';
import { createFakeBox, type FakeBox } from '../labs/fakeBox.ts';
import { main } from './cli.ts';

let folder: string;

/** Starts the command line in this process; `written` fills while it runs. */
function start(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((data) => {
      written[stream] += String(data);
      return true;
    }),
  );
  const exit = main(args).finally(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return { written, exit };
}

/** Runs the command line to its end. */
async function cli(...args: string[]) {
  const { written, exit } = start(...args);
  return { exit: await exit, ...written };
}

const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
};

const conflist = `{
  "cniVersion": "1.0.0",
  "name": "mynet",
  "plugins": [{"type": "bridge", "mtu": 1500.0, "10": 1, "2": 2, "ipam": {"type": "host-local", "subnet": "10.10.0.0/16"}}]
}
`;
const withFile = `cnilab: 1
name: with-file
hosts:
  - name: node1
    networks:
      - {file: ./mynet.conflist} # kept apart
    pods:
      - name: web
        attachments: [{network: mynet}]
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnilab-cli-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

describe('arguments', () => {
  it.each([
    [[], /Usage: cnilab COMMAND/],
    [['vaildate'], /no command vaildate\. Did you mean "validate"\?/],
    [['--colour'], /no option --colour/],
    [['constructor'], /no command constructor/],
    [['validate'], /FILE is missing/],
    [['test'], /FILE is missing/],
    [['test', 'x', '--bx', 'vm'], /--bx/],
    [['test', 'x', '--box', 'docker'], /"sandbox" or "vm"/],
    [['test', 'x', '--box'], /--box/],
    [['compile', 'x'], /--out DIR is missing/],
    [['compile', 'x', 'y', '--out', 'z'], /"y"/],
    [['serve', '--port', '99999'], /0 to 65535/],
    [['serve', 'x'], /"x"/],
    [['state'], /NAME is missing/],
    [['exec', 'lab', '--', 'true'], /HOST\[\/POD\] is missing/],
    [['ls', '--server', 'ftp://x'], /--server needs an address/],
    [['doctor', '--jsno'], /--jsno/],
  ])('that are wrong end with code 2 and a hint: %j', async (args, message) => {
    const { exit, stdout, stderr } = await cli(...args);
    expect(exit).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  it.each([
    'serve',
    'test',
    'up',
    'ls',
    'down',
    'state',
    'exec',
    'events',
    'validate',
    'compile',
    'import',
    'doctor',
  ])('of %s are explained by --help', async (name) => {
    const { exit, stdout } = await cli(name, '--help');
    expect(exit).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: cnilab ${name} `));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await cli('--help')).stdout).toContain(`  ${name} `);
  });

  it('can ask for the version', async () => {
    expect((await cli('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('validate', () => {
  it('accepts a right file and names line and remedy of what is wrong', async () => {
    const right = await file('right.lab.yaml', 'cnilab: 1\nname: right\n');
    const wrong = await file('wrong.lab.yaml', 'cnilab: 1\nname: wrong\nhots: []\n');
    expect(await cli('validate', right)).toMatchObject({ exit: 0, stderr: '' });
    const { exit, stdout } = await cli('validate', right, wrong);
    expect(exit).toBe(1);
    expect(stdout).toContain(`${wrong}:3:`);
    expect(stdout).toContain('hosts');
  });

  it('gives JSON, also for a file that is not there', async () => {
    const { exit, stdout } = await cli('validate', '--json', join(folder, 'none'));
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, files: [{ ok: false }] });
  });

  it('reads networks beside the lab file, and nothing outside of its folder', async () => {
    await file('mynet.conflist', conflist);
    expect((await cli('validate', await file('a.lab.yaml', withFile))).exit).toBe(0);
    const outside = withFile.replace('./mynet.conflist', '../mynet.conflist');
    const { exit, stdout } = await cli('validate', await file('sub/a.lab.yaml', outside));
    expect(exit).toBe(1);
    expect(stdout).toMatch(/below the lab file's folder/);
  });

  it('waits for no pipe that a lab file names', async () => {
    execFileSync('mkfifo', [join(folder, 'mynet.conflist')]);
    const { exit, stdout } = await cli('validate', await file('a.lab.yaml', withFile));
    expect(exit).toBe(1);
    expect(stdout).toContain('cannot be read');
  });
});

describe('test', () => {
  it('ends with 2 for wrong files and goes on with --keep-going', async () => {
    const wrong = await file('wrong.lab.yaml', 'cnilab: 1\nname: wrong\nhots: []\n');
    const none = join(folder, 'none.lab.yaml');
    const first = await cli('test', none, wrong, '--json');
    expect(first.exit).toBe(2);
    expect(JSON.parse(first.stdout)).toMatchObject({
      ok: false,
      labs: [{ file: none, ok: false }],
    });
    const all = await cli('test', none, wrong, '--json', '--keep-going');
    expect(JSON.parse(all.stdout)).toMatchObject({
      labs: [{ file: none }, { file: wrong, checks: [], deploy: null, diagnostics: [{ line: 3 }] }],
    });
    expect((await cli('test', wrong)).stderr).toContain(`${wrong}:3:`);
  });

  it('ends with 3 where no such box can run', async () => {
    const lab = await file('right.lab.yaml', 'cnilab: 1\nname: right\n');
    const { exit, stderr } = await cli('test', lab, '--box', 'vm');
    expect(exit).toBe(3);
    expect(stderr).toContain('This machine cannot run it');
  });
});

describe('compile and import', () => {
  it('write the configuration files and make a lab of them again', async () => {
    await file('mynet.conflist', conflist);
    const out = join(folder, 'out');
    const { exit } = await cli('compile', await file('a.lab.yaml', withFile), '--out', out);
    expect(exit).toBe(0);
    const written = join(out, 'node1', 'etc', 'cni', 'net.d', 'mynet.conflist');
    expect(await readFile(written, 'utf8')).toBe(conflist);
    expect(await readFile(join(out, 'README'), 'utf8')).toContain('node1/etc/cni/net.d/');
    const imported = join(folder, 'imported.lab.yaml');
    expect((await cli('import', written, '--out', imported)).exit).toBe(0);
    expect((await cli('validate', imported)).exit).toBe(0);
    expect(await readFile(imported, 'utf8')).toMatch(/1500\.0[\s\S]*"?10"?[\s\S]*"?2"?/);
    const again = await cli('import', written, '--out', imported);
    expect(again).toMatchObject({ exit: 2 });
    expect(again.stderr).toContain('is there already');
  });

  it('refuse what cannot be used', async () => {
    expect((await cli('import', await file('x.conflist', '{"name": 1}'))).exit).toBe(2);
    expect((await cli('import', join(folder, 'none'))).exit).toBe(2);
    const wrong = await file('wrong.lab.yaml', 'cnilab: 2\n');
    expect((await cli('compile', wrong, '--out', join(folder, 'out'))).exit).toBe(2);
    const right = await file('right.lab.yaml', 'cnilab: 1\nname: right\n');
    // Where Node's own way to make folders would never come back.
    const nowhere = await cli('compile', right, '--out', '/proc/none/out');
    expect(nowhere).toMatchObject({ exit: 2 });
    expect(nowhere.stderr).toContain('/proc/none/out cannot be written');
  });
});

/** An operation that went well, but for GC, which did so in part. */
function operationOf({ op, host }: OperationRequest): Operation {
  const about = { id: 1, op, host, pod: '', network: 'net', interface: '', started: 1, ms: 1 };
  const ended = { ...about, done: true, ok: true, steps: [], error: null };
  if (op === 'VERSION')
    return { ...ended, versions: [{ plugin: 'bridge', versions: ['0.4.0', '1.0.0'] }] };
  if (op === 'STATUS') return { ...ended, notAsked: 'why' };
  if (op !== 'GC') return ended;
  const removed = [{ containerId: 'old', interface: 'eth0' }];
  return { ...ended, ok: false, error: { code: 0, msg: 'one\ntwo' }, removed };
}

describe('against a server', () => {
  let server: RunningServer;
  let boxes: FakeBox[];

  beforeEach(async () => {
    boxes = [];
    server = await startServer({
      port: 0,
      host: '0.0.0.0',
      data: join(folder, 'data'),
      startBox: async () => {
        const box = createFakeBox({
          spawn: ({ process: id, argv }) => answerSpawn(box, id, argv),
          operate: (request) => ({ operations: [operationOf(request)] }),
        });
        boxes.push(box);
        return box;
      },
    });
    server.url = server.url.replace(/\/\/[^:]+:/, '//127.0.0.1:');
  });
  afterEach(() => server.close());

  /** A process that prints its arguments and ends with as many as its code. */
  function answerSpawn(box: FakeBox, id: string, argv: string[]) {
    const data = Buffer.from(`${argv.join(' ')}\n`).toString('base64');
    box.notify({ notice: 'output', process: id, stream: 'stdout', data });
    box.notify({ notice: 'exit', process: id, code: argv.length });
    return {};
  }

  it('uploads, deploys, lists, shows and ends a lab, with networks of files in its text', async () => {
    await file('mynet.conflist', conflist);
    const lab = await file('a.lab.yaml', withFile);
    const to = ['--server', server.url];
    expect(await cli('up', lab, ...to)).toMatchObject({ exit: 0, stderr: '' });
    expect((await cli('up', lab, ...to)).exit).toBe(0);
    expect(boxes).toHaveLength(1);
    expect(boxes[0]?.requests[0]).toMatchObject({
      params: { lab: { hosts: [{ networks: [{ name: 'mynet', file: 'mynet.conflist' }] }] } },
    });
    const stored = await readFile(join(folder, 'data/labs/with-file.lab.yaml'), 'utf8');
    expect(stored).toMatch(/1500\.0[\s\S]*"?10"?: 1[\s\S]*"?2"?: 2/);
    expect((await cli('ls', ...to)).stdout).toMatch(/with-file +running +1 +1/);
    expect((await cli('state', 'with-file', ...to)).stdout).toContain('with-file  running');
    expect(JSON.parse((await cli('state', 'with-file', '--json', ...to)).stdout)).toMatchObject({
      state: 'running',
    });
    expect((await cli('down', 'with-file', ...to)).exit).toBe(0);
    expect((await cli('state', 'with-file', ...to)).stderr).toContain('does not run: deploy it');
    expect(await cli('state', 'with-fiel', ...to)).toMatchObject({
      exit: 1,
      stderr: 'cnilab state: There is no lab called "with-fiel" here.\n',
    });
  });

  it('passes output and exit code of a command', async () => {
    vi.stubEnv('CNILAB_TOKEN', server.token ?? '');
    const to = ['--server', server.url.replace(/\?.*/, '')];
    await cli('up', await file('a.lab.yaml', 'cnilab: 1\nname: small\n'), ...to);
    const run = await cli('exec', 'small', 'node1', ...to, '--', 'ls', '--help', '-x');
    expect(run).toEqual({ exit: 3, stdout: 'ls --help -x\n', stderr: '' });
  });

  it('runs CNI operations and tells what came of them', async () => {
    const to = ['--server', server.url];
    await cli('up', await file('a.lab.yaml', 'cnilab: 1\nname: small\n'), ...to);
    const cni = (...args: string[]) => cli('cni', 'small', ...args, ...to);
    expect(await cni('check', 'node1/web', 'eth1')).toMatchObject({ exit: 0, stderr: '' });
    expect(boxes[0]?.requests.at(-1)).toEqual({
      method: 'operate',
      params: { op: 'CHECK', host: 'node1', pod: 'web', interface: 'eth1' },
    });
    expect((await cni('status', 'node1')).stdout).toMatch(
      /✓ STATUS node1 net .*\n {4}not asked: why\n/,
    );
    expect((await cni('version', 'node1', 'net')).stdout).toContain(
      '    bridge takes 0.4.0, 1.0.0',
    );
    const gc = await cni('gc', 'node1');
    expect(gc).toMatchObject({ exit: 1 });
    expect(gc.stdout).toMatch(/✗ GC node1 net .*\n {4}one\n {4}two\n {4}removed old eth0\n$/);
    expect(JSON.parse((await cni('gc', 'node1', '--json')).stdout)).toMatchObject([{ op: 'GC' }]);
  });

  it.each([
    [['check', 'node1'], 'Write "node1" as HOST/POD.'],
    [['gc', 'node1/web'], 'gc is about a host: write "node1" in the place of "node1/web".'],
    [['stauts', 'node1'], 'There is no operation stauts. Did you mean "status"?'],
    [['gc'], 'HOST is missing.'],
    [['gc', 'node1', 'net', 'more'], 'Nothing is known to do with "more".'],
  ])('refuses the operation %j', async (args, message) => {
    const { exit, stderr } = await cli('cni', 'small', ...args, '--server', server.url);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
  });

  it('prints events as they come until the lab stops', async () => {
    const to = ['--server', server.url];
    await cli('up', await file('a.lab.yaml', 'cnilab: 1\nname: small\n'), ...to);
    const { written, exit } = start('events', 'small', '--json', ...to);
    await vi.waitFor(() => {
      boxes[0]?.changes({ event: 'namespace.del', namespace: 'gone' });
      expect(written.stdout).not.toBe('');
    });
    await fetch(new URL('/api/labs/small/stop', server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(await exit).toBe(0);
    expect(written.stderr).toBe('small was stopped.\n');
    const lines = written.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines[0]).toMatchObject({ event: 'namespace.del', namespace: 'gone' });
  });

  it('says how to start one when none answers', async () => {
    await server.close();
    for (const args of [['ls'], ['exec', 'x', 'y', '--', 'true'], ['events', 'x']]) {
      const end = args.indexOf('--');
      const place = end === -1 ? args.length : end;
      const given = [...args.slice(0, place), '--server', server.url, ...args.slice(place)];
      const { exit, stderr } = await cli(...given);
      expect(exit).toBe(3);
      expect(stderr).toContain('Start one with: cnilab serve');
    }
  });

  it('refuses without the token, and says what to do', async () => {
    for (const args of [['ls'], ['events', 'x'], ['exec', 'x', 'y']]) {
      const to = ['--server', new URL(server.url).origin];
      const { exit, stderr } = await cli(
        ...args,
        ...to,
        ...(args[0] === 'exec' ? ['--', 'true'] : []),
      );
      expect(exit).toBe(1);
      expect(stderr).toContain('token');
    }
  });
});
