import { describe, expect, test } from 'vitest';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import { openBox, type TestBox } from './support/box.ts';
import { calls, usePlugins } from './support/plugins.ts';

const bridged = `
cnilab: 1
name: operations
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: net
        plugins:
          - {type: bridge, bridge: net0, isGateway: true, ipam: {type: host-local, subnet: 10.1.0.0/24}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods:
      - name: web
        attachments: [{network: net}, {network: net}]
`;

/** A network of a plugin that the test brings. */
const own = (
  cniVersion: string,
  pods = '{name: web, attachments: [{network: net}]}',
  checks = '',
) => `
cnilab: 1
name: operations
hosts:
  - name: node1
    networks: [{cniVersion: ${cniVersion}, name: net, plugins: [{type: mine}]}]
    pods: [${pods}]
${checks}
`;

const operate = async (box: TestBox, request: OperationRequest) =>
  (await box.request('operate', request)).operations;

describe('CHECK', () => {
  test('asks every plugin of every attachment, and tells what somebody broke', async () => {
    const box = await openBox();
    expect((await box.apply(bridged)).ok).toBe(true);
    const check = { op: 'CHECK', host: 'node1', pod: 'web' } as const;
    const both = await operate(box, check);
    expect(both).toMatchObject([
      { op: 'CHECK', pod: 'web', network: 'net', interface: 'eth0', ok: true, done: true },
      { op: 'CHECK', pod: 'web', network: 'net', interface: 'eth1', ok: true, done: true },
    ]);
    expect(both[0]?.steps.map(({ plugin }) => plugin)).toEqual(['bridge', 'portmap']);
    expect(JSON.parse(both[0]?.steps[1]?.stdin ?? '')).toHaveProperty('prevResult.ips');

    await box.sh('node1/web', 'ip addr flush dev eth1');
    expect(await operate(box, { ...check, interface: 'eth0' })).toMatchObject([{ ok: true }]);
    expect(await operate(box, { ...check, interface: 'eth1' })).toMatchObject([
      { ok: false, done: true, error: { plugin: 'bridge', msg: expect.stringContaining('eth1') } },
    ]);
    // Everybody who watches the lab sees them too.
    expect(box.state().operations.filter(({ op, done }) => op === 'CHECK' && done)).toHaveLength(4);
  });

  test('says what is not there', async () => {
    const box = await openBox();
    await box.apply(bridged.replace('type: portmap', 'type: nowhere'));
    const ask = (pod: string, more = {}) =>
      operate(box, { op: 'CHECK', host: 'node1', pod, ...more });
    await expect(ask('other')).rejects.toThrow('Host node1 has no pod other.');
    await expect(ask('web', { interface: 'eth7' })).rejects.toThrow(
      'Pod node1/web has no interface "eth7".',
    );
    await expect(ask('web', { interface: '' })).rejects.toThrow(
      'Pod node1/web has no interface "".',
    );
    await expect(ask('web')).rejects.toThrow('eth0 of pod node1/web is not attached');
    const elsewhere = operate(box, { op: 'GC', host: 'node2' });
    await expect(elsewhere).rejects.toThrow('There is no host node2 in this lab.');
    const unknown = operate(box, { op: 'STATUS', host: 'node1', network: 'x' });
    await expect(unknown).rejects.toThrow('Host node1 has no network "x".');
  });

  test('waits for another operation on the same container', async () => {
    usePlugins({ mine: 'sleep 0.2; result' });
    const box = await openBox();
    await box.apply(own('1.0.0'));
    const check = { op: 'CHECK', host: 'node1', pod: 'web' } as const;
    await Promise.all([operate(box, check), operate(box, check), box.apply(own('1.0.0', ''))]);
    const [, ...later] = await calls(box, 'node1');
    const pair = (op: string) => [`start ${op} web eth0`, `end ${op} web eth0`];
    expect(later).toEqual(['end ADD web eth0', ...pair('CHECK'), ...pair('CHECK'), ...pair('DEL')]);
  });
});

describe('STATUS and VERSION', () => {
  test('STATUS gives the first plugin error, and runs nothing below version 1.1.0', async () => {
    usePlugins({
      mine: `[ $CNI_COMMAND != STATUS ] || { echo '{"code": 50, "msg": "no daemon"}'; exit 1; }; result`,
    });
    const box = await openBox();
    await box.apply(own('1.1.0'));
    expect(await operate(box, { op: 'STATUS', host: 'node1' })).toMatchObject([
      {
        ...{ op: 'STATUS', host: 'node1', pod: '', interface: '', network: 'net', ok: false },
        error: { code: 50, msg: 'no daemon', plugin: 'mine' },
      },
    ]);
    await box.apply(own('1.0.0'));
    const [old] = await operate(box, { op: 'STATUS', host: 'node1', network: 'net' });
    expect(old).toMatchObject({
      ok: true,
      steps: [],
      notAsked: 'plugins have STATUS from version 1.1.0 on',
    });
  });

  test('VERSION tells what each plugin takes, those of IPAM too, and what does not fit', async () => {
    const box = await openBox();
    await box.apply(bridged);
    const [fits] = await operate(box, { op: 'VERSION', host: 'node1' });
    expect(fits).toMatchObject({
      ok: true,
      wantedVersion: '1.0.0',
      versions: ['bridge', 'host-local', 'portmap'].map((plugin) => ({
        plugin,
        versions: expect.arrayContaining(['0.4.0', '1.0.0']),
      })),
    });
    await box.apply(bridged.replace('cniVersion: 1.0.0', 'cniVersion: 9.9.9'));
    const [unfit] = await operate(box, { op: 'VERSION', host: 'node1' });
    expect(unfit?.error?.msg).toMatch(
      /^plugin bridge does not take version 9\.9\.9 of network net; it takes 0\.1\.0, [^\n]+\nplugin host-local /,
    );
  });
});

describe('GC', () => {
  /** An attachment that the lab does not know: a container of somebody else in the cache. */
  const attachByHand = (box: TestBox, id: string, path = '') =>
    box.sh(
      'node1',
      `export CNI_PATH=${path}
       ip netns add ${id}
       export CNI_COMMAND=ADD CNI_CONTAINERID=${id} CNI_NETNS=/run/netns/${id} CNI_IFNAME=eth0
       plugin=$(PATH=$CNI_PATH; command -v bridge)
       echo '{"cniVersion": "1.0.0", "name": "net", "type": "bridge", "bridge": "net0",
         "isGateway": true, "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"}}' | $plugin
       cd /var/lib/cni/results
       sed 's/"containerId":"web"/"containerId":"${id}"/; s#/run/netns/web#/run/netns/${id}#' \\
         net-web-eth0 > net-${id}-eth0`,
    );
  const leases = (box: TestBox) =>
    box.sh('node1', 'grep -hv eth /var/lib/cni/networks/net/10.1.0.*');

  test('takes away what is no attachment of the lab, and shows it', async () => {
    const box = await openBox();
    const { operations } = await box.apply(bridged);
    await attachByHand(box, 'old', operations[0]?.steps[0]?.env['CNI_PATH']);
    expect(await leases(box)).toContain('old');

    const [gc] = await operate(box, { op: 'GC', host: 'node1' });
    expect(gc).toMatchObject({
      ...{ op: 'GC', ok: true, pod: '', removed: [{ containerId: 'old', interface: 'eth0' }] },
      steps: [{ plugin: 'portmap' }, { plugin: 'bridge', env: { CNI_COMMAND: 'DEL' } }],
    });
    expect(gc?.steps[1]?.kernel).toContainEqual(
      expect.objectContaining({ event: 'link.del', namespace: 'node1' }),
    );
    expect(await leases(box)).not.toContain('old');
    const again = await operate(box, { op: 'GC', host: 'node1' });
    expect(again).toMatchObject([{ ok: true, removed: [], steps: [] }]);
    expect(await operate(box, { op: 'CHECK', host: 'node1', pod: 'web' })).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
  });

  test('goes on past an attachment that cannot be removed, and tells both', async () => {
    usePlugins({ mine: '[ "$CNI_COMMAND $CNI_CONTAINERID" != "DEL a" ] || exit 7; result' });
    const box = await openBox();
    await box.apply(own('1.1.0'));
    await box.sh(
      'node1',
      `cd /var/lib/cni/results
       for id in a b; do sed "s/\\"web\\"/\\"$id\\"/" net-web-eth0 > net-$id-eth0; done`,
    );
    const [gc] = await operate(box, { op: 'GC', host: 'node1' });
    expect(gc).toMatchObject({
      ok: false,
      removed: [{ containerId: 'b', interface: 'eth0' }],
      error: { msg: expect.stringContaining('exit status 7'), plugin: 'mine' },
    });
    expect(gc?.steps.map(({ env }) => env['CNI_COMMAND'])).toEqual(['DEL', 'DEL', 'GC']);
    expect(JSON.parse(gc?.steps[2]?.stdin ?? '')['cni.dev/valid-attachments']).toEqual([
      { containerID: 'web', ifname: 'eth0' },
    ]);
  });

  test('spares what is being attached while it is asked for', async () => {
    usePlugins({ mine: 'sleep 0.1; result' });
    const box = await openBox();
    await box.apply(own('1.1.0', ''));
    const pods = ['a', 'b', 'c', 'd', 'e'];
    const text = own(
      '1.1.0',
      pods.map((name) => `{name: ${name}, attachments: [{network: net}]}`).join(', '),
    );
    const [applied, ...collected] = await Promise.all([
      box.apply(text),
      ...pods.map(() => operate(box, { op: 'GC', host: 'node1' })),
    ]);
    expect(applied.ok).toBe(true);
    expect(collected.flat().flatMap(({ removed }) => removed)).toEqual([]);
    expect((await calls(box, 'node1')).filter((call) => call.includes('DEL'))).toEqual([]);
  });
});

test('what a failing plugin printed is cut in its error too', async () => {
  usePlugins({ mine: 'head -c 3000000 /dev/zero | tr "\\0" x; exit 1' });
  const box = await openBox();
  await box.apply(own('1.0.0'));
  const [add] = box.state().operations;
  expect(add?.error?.msg).toMatch(
    /^netplugin failed but error parsing its diagnostic message "xxx/,
  );
  expect(add?.error?.msg.length).toBeLessThan(1_100_000);
});

test('operation checks of a lab file hold or fail by what plugins answer', async () => {
  usePlugins({
    mine: `case "$CNI_COMMAND" in
      STATUS) echo '{"code": 51, "msg": "no uplink"}'; exit 1;;
      CHECK) [ ! -e /broken ] || { echo '{"code": 100, "msg": "eth0 is gone"}'; exit 1; };;
      GC) [ ! -e /slow ] || sleep 100 & wait;;
    esac; result`,
  });
  const box = await openBox();
  const check = (name: string, operation: string, more = '') =>
    `  - {name: ${name}, from: node1, operation: ${operation}, within: 500ms${more}}\n`;
  const checks = `checks:
${check('whole', '{op: check, pod: web, network: net}')}
${check('limited', '{op: status, network: net}', ', expect: {code: 51, msg: uplink}')}
${check('ready', '{op: status, network: net}')}
  - {name: break it, from: node1, exec: [touch, /broken, /slow]}
${check('broken', '{op: check, pod: web, network: net}', ', expect: {code: 100}')}
${check('collected', '{op: gc, network: net}')}
`;
  const text = own('1.1.0', undefined, checks);
  await box.apply(text);
  const results = await box.checks(text);
  expect(results.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
    ...['whole true', 'limited true', 'ready false', 'break it true', 'broken true'],
    'collected false',
  ]);
  expect(results[2]?.message).toBe(
    'expected STATUS of network net to go well, but it failed with code 51: no uplink',
  );
  expect(results[5]).toMatchObject({
    got: { ok: false, error: { details: expect.stringContaining('did not end within') } },
  });
});
