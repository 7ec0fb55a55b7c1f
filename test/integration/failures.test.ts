import { describe, expect, test } from 'vitest';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { Operation } from '@cnilab/shared/live/operation';
import { agentPid, eventually, openBox, type TestBox } from './support/box.ts';
import { usePlugins } from './support/plugins.ts';

interface Design {
  /** Plugins of the network `bad` beside the bridge plugin, as YAML list items. */
  chain?: string;
  /** The `ipam` of the network `bad`. */
  ipam?: string;
  pods?: string;
  rest?: string;
}

const goodPod = '{name: good, attachments: [{network: net}], listen: [{protocol: http, port: 80}]}';
const badPod = '{name: bad, attachments: [{network: net}, {network: bad}]}';

const lab = ({ chain, ipam, pods = goodPod, rest = '' }: Design) => `
cnilab: 1
name: failing
hosts:
  - name: node1
    interfaces: [{name: br0, type: bridge, addresses: [192.0.2.1/24]}]
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: net0, isGateway: true, ipMasq: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
      - cniVersion: 1.0.0
        name: bad
        plugins:
          - {type: bridge, bridge: net0, ipMasq: true, ipam: ${ipam ?? '{type: host-local, subnet: 10.2.0.0/24}'}}
          ${chain === undefined ? '' : `- ${chain}`}
    pods: [${pods}]
    ${rest}
`;

/** What operations leave on the host and in the pod, apart from the design itself. */
const traces = (box: TestBox) =>
  box.sh(
    'node1',
    `ip -o link | awk '{print $2}' | sort
     ip -o addr | awk '$4 !~ /^fe80/ {print $2, $4}' | sort
     ip route
     ip netns exec bad ip -o addr | awk '$4 !~ /^fe80/ {print $2, $4}'
     iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'
     find /var/lib/cni -type f | grep -v -e last_reserved -e /lock$ | sort`,
  );

const failed = (operations: Operation[], op: Operation['op']) =>
  operations.filter((operation) => operation.op === op && operation.pod === 'bad');

describe('an ADD that fails', () => {
  const plugins = {
    hangs: '[ $CNI_COMMAND != ADD ] || sleep 1000 & wait; result',
    'says-nothing': '[ $CNI_COMMAND = DEL ] || exit 3',
    'says-garbage': 'echo "{ this is not JSON"',
    crashes:
      '[ $CNI_COMMAND != ADD ] || { ip link add left type bridge && ip link del left; kill -SEGV $$; }',
    refuses: `[ $CNI_COMMAND != ADD ] || { echo '{"cniVersion": "1.0.0", "code": 42, "msg": "no", "details": "not today"}'; exit 1; }`,
    'is-old': 'result | sed s/1.0.0/9.9.9/',
    'never-deletes': '[ $CNI_COMMAND = ADD ] && exit 1; exit 9',
  };

  const cases: {
    why: string;
    design: Design;
    error: Record<string, unknown>;
    /** Plugins of the clean-up in order, with a cross where their DEL fails. */
    cleanUp: string[];
  }[] = [
    {
      why: 'because its plugin does not exist',
      design: { chain: '{type: nowhere}' },
      error: { plugin: 'nowhere', msg: expect.stringContaining('failed to find plugin "nowhere"') },
      cleanUp: ['nowhere ✗', 'bridge'],
    },
    {
      why: 'because its IPAM plugin does not exist, though the bridge plugin made a veth pair',
      design: { ipam: '{type: nowhere}' },
      error: { plugin: 'bridge', msg: expect.stringContaining('failed to find plugin "nowhere"') },
      cleanUp: ['bridge ✗'],
    },
    {
      why: 'because the range is full',
      design: {
        ipam: '{type: host-local, ranges: [[{subnet: 10.2.0.0/24, rangeStart: 10.2.0.1, rangeEnd: 10.2.0.1}]]}',
      },
      error: { plugin: 'bridge', msg: expect.stringContaining('no IP addresses available') },
      cleanUp: ['bridge'],
    },
    {
      why: 'because its plugin does not end',
      design: { chain: '{type: hangs}' },
      error: { plugin: 'hangs', details: expect.stringContaining('did not end within 2 s') },
      cleanUp: ['hangs', 'bridge'],
    },
    {
      why: 'because its plugin ends without a word',
      design: { chain: '{type: says-nothing}' },
      error: { plugin: 'says-nothing', msg: expect.stringContaining('no error message') },
      cleanUp: ['says-nothing', 'bridge'],
    },
    {
      why: 'because its plugin says garbage and calls that success',
      design: { chain: '{type: says-garbage}' },
      error: { plugin: 'says-garbage' },
      cleanUp: ['says-garbage', 'bridge'],
    },
    {
      why: 'because its plugin crashes',
      design: { chain: '{type: crashes}' },
      error: { plugin: 'crashes' },
      cleanUp: ['crashes', 'bridge'],
    },
    {
      why: "with the plugin's own code, message and details",
      design: { chain: '{type: refuses}' },
      error: { plugin: 'refuses', code: 42, msg: 'no', details: 'not today' },
      cleanUp: ['refuses', 'bridge'],
    },
    {
      why: 'because the result has a version that nobody knows',
      design: { chain: '{type: is-old}' },
      error: { plugin: 'is-old', msg: expect.stringContaining('9.9.9') },
      cleanUp: ['is-old', 'bridge'],
    },
    {
      why: 'and whose clean-up fails as well',
      design: { chain: '{type: never-deletes}' },
      error: { plugin: 'never-deletes' },
      cleanUp: ['never-deletes ✗', 'bridge'],
    },
  ];

  test.each(cases)('$why, leaves the others alone and nothing behind', async (item) => {
    usePlugins(plugins);
    const box = await openBox({ operationTimeoutMs: 2000 });
    const pods = `${goodPod}, ${badPod}`;
    const without = '{name: bad, attachments: [{network: net}]}';
    await box.apply(lab({ ...item.design, pods: `${goodPod}, ${without}` }));
    const before = await traces(box);

    const result = await box.apply(lab({ ...item.design, pods }));
    expect(result.ok).toBe(false);
    const [add] = failed(result.operations, 'ADD');
    expect(add).toMatchObject({ ok: false, done: true, network: 'bad', error: item.error });
    const [cleanUp] = failed(result.operations, 'DEL');
    expect(cleanUp).toMatchObject({ cleanup: true, done: true });
    expect(cleanUp?.steps.map(({ plugin, error }) => `${plugin}${error ? ' ✗' : ''}`)).toEqual(
      item.cleanUp,
    );
    expect(cleanUp?.ok).toBe(!item.cleanUp.some((step) => step.includes('✗')));
    const { elements } = box.state();
    expect(elements['attachment:node1/bad/eth1']).toMatchObject({
      state: 'failed',
      error: expect.stringContaining(String(item.error.plugin)),
    });
    expect(elements['pod:node1/bad']?.state).toBe('failed');
    expect(elements['pod:node1/good']?.state).toBe('up');
    expect(elements['attachment:node1/bad/eth0']?.state).toBe('up');

    expect(await traces(box)).toBe(before);
    expect(await box.sh('node1/bad', "ip -o link | awk '{print $2}' | sed 's/@.*//'")).toBe(
      'lo:\neth0',
    );
    expect(await box.sh('node1', 'ps -eo args | grep -c "^sleep 1000" || :')).toBe('0');

    const mended = await box.apply(lab({ pods }));
    expect(mended).toMatchObject({ ok: true, failures: [] });
    expect(mended.operations.map(({ op, pod, network }) => `${op} ${pod} ${network}`)).toEqual([
      'ADD bad bad',
    ]);
    expect(box.state().elements['pod:node1/bad']).toEqual({ state: 'up' });
  });

  test('is tried again by the next apply of the same document', async () => {
    usePlugins({ moody: '[ $CNI_COMMAND != ADD ] || [ -e /tmp/ready ] || exit 1; result' });
    const box = await openBox();
    const text = lab({ chain: '{type: moody}', pods: `${goodPod}, ${badPod}` });
    expect((await box.apply(text)).ok).toBe(false);
    await box.sh('node1', 'touch /tmp/ready');
    expect(await box.apply(text)).toMatchObject({ ok: true });
    expect(await box.apply(text)).toMatchObject({ ok: true, operations: [] });
  });

  test('is let go when the box stops while its plugin hangs', async () => {
    usePlugins({ hangs: 'touch /tmp/hangs; sleep 1000 & wait; result' });
    const box = await openBox();
    await box.apply(lab({}));
    const applying = box
      .apply(lab({ chain: '{type: hangs}', pods: `${goodPod}, ${badPod}` }))
      .catch((error: unknown) => error);
    await eventually(async () =>
      expect((await box.exec('node1', 'test', '-e', '/tmp/hangs')).code).toBe(0),
    );
    const started = performance.now();
    await box.stop();
    expect(performance.now() - started).toBeLessThan(2000);
    expect(String(await applying)).toContain('stopped');
  });

  test('when a DEL fails, the rest of the chain is still taken down', async () => {
    usePlugins({ sticky: 'if [ $CNI_COMMAND = DEL ]; then exit 1; fi; result' });
    const box = await openBox();
    const design = { chain: '{type: sticky}' };
    await box.apply(
      lab({ ...design, pods: `${goodPod}, {name: bad, attachments: [{network: net}]}` }),
    );
    const before = await traces(box);
    await box.apply(lab({ ...design, pods: `${goodPod}, ${badPod}` }));
    const result = await box.apply(
      lab({ ...design, pods: `${goodPod}, {name: bad, attachments: [{network: net}]}` }),
    );
    expect(
      failed(result.operations, 'DEL').map(({ ok, cleanup = false, steps }) => ({
        ok,
        cleanup,
        steps: steps.length,
      })),
    ).toEqual([
      { ok: false, cleanup: false, steps: 1 },
      { ok: false, cleanup: true, steps: 2 },
    ]);
    expect((await traces(box)).replace(/.*\/results\/.*\n/g, '')).toBe(
      before.replace(/.*\/results\/.*\n/g, ''),
    );
  });
});

describe('what fails and is no plugin', () => {
  const cases = [
    {
      why: 'a sysctl that there is not',
      rest: 'sysctls: {net.ipv4.no_such_setting: "1", net.ipv4.ip_forward: "1"}',
      element: 'host:node1',
      error: /net\.ipv4\.no_such_setting = 1: ENOENT/,
    },
    {
      why: 'a sysctl with a value that it does not take',
      rest: 'sysctls: {net.ipv4.ip_forward: "maybe"}',
      element: 'host:node1',
      error: /net\.ipv4\.ip_forward = maybe: EINVAL/,
    },
    {
      why: 'a route by a gateway that nobody can reach',
      rest: 'routes: [{to: 198.51.100.0/24, via: 203.0.113.1}, {to: 198.51.101.0/24, via: 192.0.2.2}]',
      element: 'route:node1/0',
      error: /198\.51\.100\.0\/24.*(unreachable|invalid gateway)/i,
    },
  ];

  test.each(cases)('$why fails alone and says why', async ({ rest, element, error }) => {
    const box = await openBox();
    const result = await box.apply(lab({ rest }));
    expect(result.ok).toBe(false);
    expect(result.failures).toEqual([{ element, error: expect.stringMatching(error) }]);
    expect(result.operations.map(({ ok }) => ok)).toEqual([true]);
    expect(box.state().elements['pod:node1/good']?.state).toBe('up');
    expect(await box.apply(lab({}))).toMatchObject({ ok: true, failures: [], operations: [] });
    expect(box.state().elements['host:node1']).toEqual({ state: 'up' });
  });

  test('a sysctl of an interface is set once the interface is there', async () => {
    const box = await openBox();
    const text = lab({ rest: 'sysctls: {net.ipv4.conf.br0.rp_filter: "2"}' });
    expect(await box.apply(text)).toMatchObject({ ok: true, failures: [] });
    expect(await box.sh('node1', 'cat /proc/sys/net/ipv4/conf/br0/rp_filter')).toBe('2');
  });

  test('a port that somebody took in a pod is told, and its server starts once it is free', async () => {
    const box = await openBox();
    await box.apply(lab({ pods: goodPod.replace(/, listen.*/, '}') }));
    const node = await box.sh('node1', `readlink /proc/${await agentPid(box, 'node1')}/exe`);
    const script = `require('net').createServer().listen(80, () => require('fs').writeFileSync('/tmp/taken', String(process.pid)))`;
    const taker = box.exec('node1/good', node, '-e', script);
    const pid = await eventually(() => box.sh('node1', 'cat /tmp/taken'));
    const result = await box.apply(lab({}));
    expect(result).toMatchObject({ ok: false, operations: [] });
    expect(result.failures).toEqual([
      { element: 'listen:node1/good/0', error: expect.stringContaining('http port 80 is taken') },
    ]);
    await box.sh('node1', `kill ${pid}`);
    await taker;
    expect(await box.apply(lab({}))).toMatchObject({ ok: true, failures: [] });
    // A server of another kind takes the place of one at once.
    const other = goodPod.replace('http', 'tcp');
    expect(await box.apply(lab({ pods: other }))).toMatchObject({ ok: true, failures: [] });
    expect(await box.apply(lab({}))).toMatchObject({ ok: true, failures: [] });
  });

  test('a pod whose name a person has given to a namespace says so, and the others come up', async () => {
    const box = await openBox();
    await box.apply(lab({ pods: goodPod }));
    await box.sh('node1', 'ip netns add bad');
    const pods = `{name: bad, attachments: [{network: net}]}, ${goodPod}, {name: more, attachments: [{network: net}]}`;
    const result = await box.apply(lab({ pods }));
    expect(result.failures).toEqual([
      { element: 'pod:node1/bad', error: expect.stringContaining('ip netns del bad') },
    ]);
    expect(result.operations.map(({ op, pod, ok }) => `${op} ${pod} ${ok}`)).toEqual([
      'ADD more true',
    ]);
    await box.sh('node1', 'ip netns del bad');
    expect(await box.apply(lab({ pods }))).toMatchObject({ ok: true, failures: [] });
  });

  test('interfaces that are there already are told, and their names are free once they are gone', async () => {
    const box = await openBox();
    await box.apply(lab({}));
    await box.sh('node1', 'ip link add dum0 type veth peer name dum1');
    const text = lab({}).replace('interfaces: [', 'interfaces: [{name: dum0, type: bridge}, ');
    const result = await box.apply(text);
    expect(result.failures).toEqual([
      { element: 'interface:node1/dum0', error: expect.stringContaining('dum0') },
    ]);
    await box.sh('node1', 'ip link del dum0');
    expect(await box.apply(text)).toMatchObject({ ok: true, failures: [] });
  });
});

describe('a document that the text alone proves wrong', () => {
  test('maps a port twice on one host', () => {
    const mapped = (name: string) =>
      `{name: ${name}, attachments: [{network: bad, capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}}]}`;
    const { compiled, diagnostics } = parseLab(
      lab({
        chain: '{type: portmap, capabilities: {portMappings: true}}',
        pods: `${mapped('a')}, ${mapped('b')}`,
      }),
    );
    expect(compiled).toBeUndefined();
    expect(
      diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message),
    ).toEqual([expect.stringContaining('8080')]);
  });
});

describe('checks that are false', () => {
  test('fail, each of them, and no others', async () => {
    const text = `${lab({})}
checks:
  - {name: true 1, from: node1, ping: node1/good}
  - {name: false ping, from: node1, ping: 10.1.0.99, within: 200ms}
  - {name: false unreachable, from: node1, ping: node1/good, expect: unreachable, within: 200ms}
  - {name: false tcp, from: node1, tcp: 'node1/good:80', expect: refused, within: 200ms}
  - {name: false closed, from: node1, tcp: 'node1/good:81', within: 200ms}
  - {name: false udp, from: node1, udp: 'node1/good:53', within: 200ms}
  - {name: false status, from: node1, http: 'http://10.1.0.2/', expect: {status: 404}, within: 200ms}
  - {name: false body, from: node1, http: 'http://10.1.0.2/', expect: {body: absent}, within: 200ms}
  - {name: false source, from: node1, http: 'http://10.1.0.2/', expect: {source: 10.1.0.9}, within: 200ms}
  - {name: true 2, from: node1, http: 'http://10.1.0.2/', expect: {source: 10.1.0.1}}
  - {name: false exit, from: node1, exec: ['true'], expect: {exit: 1}, within: 200ms}
  - {name: false stdout, from: node1, exec: [echo, one], expect: {stdout: two}, within: 200ms}
  - {name: false command, from: node1, exec: [no-such-command], within: 200ms}
  - {name: false route, from: node1, route: 10.1.0.2, expect: {dev: br0}, within: 200ms}
  - {name: false via, from: node1/good, route: 192.0.2.1, expect: {via: 10.1.0.1}, within: 200ms}
  - {name: false rules, from: node1, rules: {table: nat, chain: POSTROUTING, match: CNI}, expect: {count: 0}, within: 200ms}
  - {name: false chain, from: node1, rules: {table: nat, chain: NOWHERE}, expect: {atLeast: 1}, within: 200ms}
  - {name: false type, from: node1, interface: net0, expect: {type: veth}, within: 200ms}
  - {name: false addresses, from: node1, interface: net0, expect: {addresses: [10.1.0.9/24]}, within: 200ms}
  - {name: false none, from: node1, interface: net0, expect: {addresses: []}, within: 200ms}
  - {name: false absent, from: node1, interface: net0, expect: absent, within: 200ms}
  - {name: true 3, from: node1, interface: nowhere, expect: absent}
`;
    const box = await openBox();
    await box.apply(text);
    const results = await box.checks(text);
    const right = results.filter(({ ok, name }) => ok === name.startsWith('true'));
    expect(results.filter((result) => !right.includes(result))).toEqual([]);
    for (const { ok, message } of results) expect(ok || message).toBeTruthy();
  });
});
