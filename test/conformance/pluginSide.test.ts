import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../server/src/cni/execute.ts';
import { useBench } from './support/bench.ts';
import { useProgram } from './support/bundle.ts';
import { refusalOf } from './support/refusal.ts';

// N: a plugin in TypeScript on `runPlugin`, as a process: what it prints, how it ends, and that it
// does nothing of its work before all is well.

const bench = useBench();
const plugin = useProgram('typescriptPlugin.ts');

const versions = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'];
const attachment = {
  CNI_CONTAINERID: 'pod1',
  CNI_NETNS: '/run/netns/pod1',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/opt/cni/bin',
};
const empty = { CNI_CONTAINERID: '', CNI_NETNS: '', CNI_IFNAME: '', CNI_PATH: '' };
const config = (keys: Record<string, unknown> = {}) =>
  JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'own', log: bench.at('log'), ...keys });
/** Runs it with all that a call needs, except for what is told. */
async function call(CNI_COMMAND: string, env: Record<string, string> = {}, stdin = config()) {
  const PATH = process.env['PATH'] ?? '';
  const { stdout, stderr, exit } = await createExec().execute({
    path: plugin.path,
    stdin,
    env: { PATH, ...attachment, CNI_COMMAND, ...env },
  });
  return { exit, stdout, stderr };
}
const worked = () => (existsSync(bench.at('log')) ? readFileSync(bench.at('log'), 'utf8') : '');
/** The error that it prints instead of working. */
async function refused(...args: Parameters<typeof call>): Promise<unknown> {
  const { exit, stdout, stderr } = await call(...args);
  expect({ exit, stderr, worked: worked() }).toEqual({ exit: 1, stderr: '', worked: '' });
  return JSON.parse(stdout);
}
const verbs = ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'] as const;

describe('N: without a command', () => {
  it('N1: it tells about itself on stderr', async () => {
    expect(await call('')).toEqual({
      exit: 0,
      stdout: '',
      stderr: 'A plugin of a test.\nCNI protocol versions supported: 0.3.1, 0.4.0, 1.0.0, 1.1.0\n',
    });
  });

  it('N1, N2: it misses the command if it has nothing to tell', async () => {
    expect(await refused('', { TEST_ABOUT: '' })).toEqual({
      code: 4,
      msg: 'required env variables [CNI_COMMAND] missing',
    });
  });
});

describe('N: the variables', () => {
  const needed: [command: string, names: string][] = [
    ['ADD', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['CHECK', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['DEL', 'CNI_CONTAINERID,CNI_IFNAME,CNI_PATH'],
    ['GC', 'CNI_PATH'],
    ['STATUS', 'CNI_PATH'],
  ];
  it.each(needed)('N2: %s needs %s', async (command, names) => {
    const msg = `required env variables [${names}] missing`;
    expect(await refused(command, empty)).toEqual({ code: 4, msg });
  });

  it.each(['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'])(
    'N2: ADD tells that %s alone is missing',
    async (name) => {
      const msg = `required env variables [${name}] missing`;
      expect(await refused('ADD', { [name]: '' })).toEqual({ code: 4, msg });
    },
  );

  it.each(verbs)('N2: %s works with what it needs', async (command) => {
    const needs: readonly string[] =
      needed.find(([verb]) => verb === command)?.[1].split(',') ?? [];
    const without = Object.keys(attachment).filter((name) => !needs.includes(name));
    const env = Object.fromEntries(without.map((name) => [name, '']));
    expect(await call(command, env)).toMatchObject({ exit: 0, stderr: '' });
    expect(worked()).toBe(`${command}\n`);
  });

  const names: [command: string, env: Record<string, string>, error: object][] = [
    [
      'ADD',
      { CNI_CONTAINERID: '-x' },
      { code: 4, msg: 'invalid characters in containerID', details: '-x' },
    ],
    [
      'CHECK',
      { CNI_CONTAINERID: 'a/b' },
      { code: 4, msg: 'invalid characters in containerID', details: 'a/b' },
    ],
    [
      'DEL',
      { CNI_IFNAME: 'a/b' },
      { code: 4, msg: 'interface name contains / or : or whitespace characters' },
    ],
    ['DEL', { CNI_IFNAME: '..' }, { code: 4, msg: 'interface name is . or ..' }],
    [
      'ADD',
      { CNI_IFNAME: 'x'.repeat(16) },
      {
        code: 4,
        msg: 'interface name is too long',
        details: 'interface name should be less than 16 characters',
      },
    ],
  ];
  it.each(names)('N3, V1, V3: %s refuses %j', async (command, env, error) => {
    expect(await refused(command, env)).toEqual(error);
  });

  it.each(['GC', 'STATUS'])(
    'N3: %s does not look at names that it does not need',
    async (command) => {
      const env = { CNI_CONTAINERID: '-', CNI_IFNAME: 'a/b' };
      expect(await call(command, env)).toMatchObject({ exit: 0 });
    },
  );
});

describe('N: the configuration', () => {
  const unread = 'error unmarshall network config: ';
  const bad: [stdin: string, code: number, msg: string, details?: string][] = [
    ['', 6, `${unread}unexpected end of JSON input`],
    ['garbage', 6, `${unread}invalid character 'g' looking for beginning of value`],
    [
      '[]',
      6,
      `${unread}json: cannot unmarshal array into Go value of type struct { Name string "json:\\"name\\"" }`,
    ],
    [
      '{"name":1}',
      6,
      `${unread}json: cannot unmarshal number into Go struct field .name of type string`,
    ],
    [
      '{"name":"net","cniVersion":1}',
      6,
      'decoding version from network config: json: cannot unmarshal number into Go struct field .cniVersion of type string',
    ],
    ['{"name":"net"} {}', 6, `${unread}invalid character '{' after top-level value`],
    ['{}', 7, 'missing network name'],
    ['null', 7, 'missing network name'],
    ['{"name":""}', 7, 'missing network name'],
    ['{"name":"-"}', 7, 'invalid characters found in network name', '-'],
    ['{"name":"a b"}', 7, 'invalid characters found in network name', 'a b'],
  ];
  it.each(bad)('N3, V2: %s is refused with code %d', async (stdin, code, msg, details) => {
    expect(await refused('ADD', {}, stdin)).toEqual({
      code,
      msg,
      ...(details === undefined ? {} : { details }),
    });
  });

  it.each(['0.2.0', '0.3.0', '1.2.0', '1.0', ''])(
    'N5: its version "%s" is refused',
    async (cniVersion) => {
      const own = versions.map((version) => `"${version}"`).join(' ');
      expect(await refused('ADD', {}, config({ cniVersion }))).toEqual({
        code: 1,
        msg: 'incompatible CNI versions',
        details: `config is "${cniVersion || '0.1.0'}", plugin supports [${own}]`,
      });
    },
  );

  it.each(versions)('N5: its version %s is taken', async (cniVersion) => {
    const { exit, stdout } = await call('ADD', {}, config({ cniVersion }));
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ cniVersion, interfaces: [{ name: 'own' }] });
  });

  const early: [command: string, cniVersion: string][] = [
    ['CHECK', '0.3.1'],
    ['CHECK', ''],
    ['GC', '1.0.0'],
    ['GC', '0.4.0'],
    ['STATUS', '1.0.0'],
    ['STATUS', '0.3.1'],
  ];
  it.each(early)('N6: %s is not there in version "%s"', async (command, cniVersion) => {
    expect(await refused(command, {}, config({ cniVersion }))).toEqual({
      code: 1,
      msg: `config version does not allow ${command}`,
    });
  });

  it.each(['CHECK', 'GC', 'STATUS'])(
    'N6, G9: %s is refused if nobody can read it',
    async (command) => {
      expect(await refused(command, {}, config({ cniVersion: '1.x' }))).toEqual({
        code: 6,
        msg: 'failed to convert minor version part "x": strconv.Atoi: parsing "x": invalid syntax',
      });
    },
  );

  it.each(['CHECK', 'GC', 'STATUS'])('N6: %s needs a plugin of such a version', async (command) => {
    expect(await refused(command, { TEST_VERSIONS: '0.3.1' })).toEqual({
      code: 1,
      msg: `plugin version does not allow ${command}`,
    });
  });
});

describe('N: the command', () => {
  it.each(['UPDATE', 'add', 'VERSIONS'])('N4: %s is refused', async (command) => {
    const error = { code: 4, msg: `unknown CNI_COMMAND: ${command}` };
    expect(await refused(command)).toEqual(error);
    expect(await refused(command, empty)).toEqual(error);
  });

  it('N4: an unknown one is refused after the configuration', async () => {
    expect(await refused('UPDATE', {}, '{}')).toEqual({ code: 7, msg: 'missing network name' });
  });

  it.each(['garbage', ''])(
    'N4, W2: VERSION needs nothing, and does not read «%s»',
    async (stdin) => {
      expect(await call('VERSION', empty, stdin)).toEqual({
        exit: 0,
        stdout: '{"cniVersion":"1.1.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}\n',
        stderr: '',
      });
    },
  );

  it.each(['CHECK', 'DEL', 'GC', 'STATUS'])(
    'N7: %s succeeds silently in a plugin that has only ADD',
    async (command) => {
      expect(await call(command, { TEST_ONLY_ADD: '1' })).toEqual({
        exit: 0,
        stdout: '',
        stderr: '',
      });
      expect(worked()).toBe('');
    },
  );

  it.each(['ADD', 'DEL'])(
    'N8: %s is refused for its own namespace, before the work',
    async (command) => {
      const own = { CNI_NETNS: '/proc/self/ns/net' };
      expect(await refused(command, own)).toEqual({
        code: 8,
        msg: "plugin's netns and netns from CNI_NETNS should not be the same",
      });
      for (const CNI_NETNS_OVERRIDE of ['0', 'yes', '']) {
        expect(await refused(command, { ...own, CNI_NETNS_OVERRIDE })).toMatchObject({ code: 8 });
      }
    },
  );

  it.each(['1', 'true', 'TRUE'])(
    'N8: but not with CNI_NETNS_OVERRIDE=%s',
    async (CNI_NETNS_OVERRIDE) => {
      const env = { CNI_NETNS: '/proc/self/ns/net', CNI_NETNS_OVERRIDE };
      expect(await call('ADD', env)).toMatchObject({ exit: 0 });
    },
  );

  it('N8: and not for CHECK, which changes nothing', async () => {
    expect(await call('CHECK', { CNI_NETNS: '/proc/self/ns/net' })).toMatchObject({ exit: 0 });
  });
});

describe('N: what it prints', () => {
  it('P1, R20: its result in the version of the configuration', async () => {
    const result = '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}]}';
    expect((await call('ADD', {}, config({ result }))).stdout).toBe(
      '{\n    "cniVersion": "1.1.0",\n    "ips": [\n        {\n' +
        '            "address": "10.0.0.2/8"\n        }\n    ]\n}',
    );
  });

  it('A2, S3: the result of the plugin before, if it passes it on', async () => {
    const prevResult = { cniVersion: '1.1.0', ips: [{ address: '10.0.0.2/8' }] };
    const { stdout } = await call('ADD', {}, config({ prevResult }));
    expect(JSON.parse(stdout)).toEqual(prevResult);
  });

  it('N9: an error without a code as one with 999', async () => {
    expect(await call('ADD', {}, config({ fail: 'boom' }))).toEqual({
      exit: 1,
      stdout: '{\n    "code": 999,\n    "msg": "boom"\n}',
      stderr: '',
    });
  });

  it.each(['ADD', 'DEL', 'STATUS'])(
    'N9, P4: an error with a code as it is, on %s',
    async (command) => {
      const stdin = '{"cniVersion":"1.1.0","name":"net","failWith":"later"}';
      expect(await call(command, {}, stdin)).toMatchObject({
        exit: 1,
        stdout:
          '{\n    "code": 11,\n    "msg": "later",\n    "details": ' +
          '"{\\"cniVersion\\":\\"1.1.0\\",\\"name\\":\\"net\\",\\"failWith\\":\\"later\\"}"\n}',
      });
    },
  );

  it('N9, R9: a prevResult that cannot be read as an error', async () => {
    const { exit, stdout } = await call('ADD', {}, config({ prevResult: { ips: 1 } }));
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 999 });
  });
});

describe('N: in a chain', () => {
  it('N1, A2, D2: it is a plugin like others', async () => {
    symlinkSync(plugin.path, bench.at('bin', 'own'));
    const list = bench.list(['a', { type: 'own', log: bench.at('log') }, 'b'], {
      cniVersion: '1.1.0',
    });
    for (const command of ['ADD', 'CHECK', 'STATUS', 'GC', 'DEL'] as const) {
      await bench.run(command, list);
    }
    // GC takes the attachment down as well.
    expect(worked()).toBe('ADD\nCHECK\nSTATUS\nDEL\nGC\nDEL\n');
    expect(bench.calls()[1]?.stdin).toContain('"prevResult":{"cniVersion":"1.1.0"');
  });
});

describe('N: plugins of before 1.1.0', () => {
  // As the skeleton of plugins 1.1.1: it looks at the container id before the command.
  const old = `#!/bin/sh
cat > /dev/null
if [ "$CNI_COMMAND" = VERSION ]; then
  echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'
elif [ -z "$CNI_CONTAINERID" ]; then
  echo '{"code":3,"msg":"missing containerID"}'
  exit 1
else
  echo '{}'
fi
`;
  it.each(['GC', 'STATUS'] as const)(
    'N10: refuse %s, which is told as their error',
    async (command) => {
      bench.script('old', old);
      const list = bench.list(['old'], { cniVersion: '1.1.0' });
      const error = await refusalOf(() => bench.run(command, list));
      expect(error).toMatchObject({ code: 3, msg: 'missing containerID', plugin: 'old' });
      await bench.run('ADD', list);
    },
  );
});
