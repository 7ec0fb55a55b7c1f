import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { CLONE_NEWNET, O_CLOEXEC } from '../../server/src/netlink/constants.ts';
import { close, open, setns, unshare } from '../../server/src/netlink/libc.ts';
import { openRoute, type RouteSocket } from '../../server/src/netlink/route/socket.ts';
import { percentile } from './figures.ts';

/**
 * Runs in a box of its own: makes namespaces that hang on one bridge by veth pairs and have an
 * address and a default route, over netlink and by `ip -batch`, by turns, and drops them again.
 * Arguments: how many, and how often.
 */
const [count = 200, times = 5] = process.argv.slice(2).map(Number);

interface Run {
  /** Namespaces and pairs on the bridge. */
  made: number;
  /** Links up, address and route inside each. */
  inside: number;
  dropped: number;
}

const now = () => performance.now();
const hostPart = (i: number) => `10.1.${i >> 7}.${(i & 127) + 1}`;
const group = 77;

function overNetlink(): Run {
  unshare(CLONE_NEWNET);
  const home = here();
  const route = openRoute();
  const start = now();
  const bridge = 10_000;
  route.linkAdd({ kind: 'bridge', name: 'br0', index: bridge, up: true });
  const pods = Array.from({ length: count }, () => {
    unshare(CLONE_NEWNET);
    return here();
  });
  setns(home, CLONE_NEWNET);
  check(
    route.batch((changes) => {
      for (const [i, netnsFd] of pods.entries()) {
        const peer = { name: 'eth0', index: 2, netnsFd };
        changes.linkAdd({ kind: 'veth', name: `v${i}`, master: bridge, up: true, group, peer });
      }
    }),
  );
  const made = now();
  for (const [i, pod] of pods.entries()) {
    setns(pod, CLONE_NEWNET);
    const inPod = openRoute();
    check(
      inPod.batch((changes) => {
        changes.linkSet(1, { up: true });
        changes.linkSet(2, { up: true });
        changes.addressAdd(2, { address: `${hostPart(i)}/16` });
        changes.routeAdd({ to: 'default', via: '10.1.255.254' });
      }),
    );
    inPod.close();
  }
  setns(home, CLONE_NEWNET);
  const inside = now();
  route.linkGroupDel(group);
  for (const pod of pods) close(pod);
  const dropped = now();
  if (route.linkList().length !== 2) throw new Error('pairs are left');
  route.close();
  close(home);
  return { made: made - start, inside: inside - made, dropped: dropped - inside };
}

function byIp(): Run {
  unshare(CLONE_NEWNET);
  const route = openRoute();
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  writeFileSync(
    '/tmp/make',
    [
      'link add br0 type bridge',
      'link set br0 up',
      ...names.flatMap((name, i) => [
        `netns add ${name}`,
        `link add v${i} type veth peer name eth0 netns ${name}`,
        `link set v${i} master br0 up`,
      ]),
    ].join('\n'),
  );
  for (const [i, name] of names.entries()) {
    writeFileSync(
      `/tmp/${name}`,
      `link set lo up\nlink set eth0 up\naddr add ${hostPart(i)}/16 dev eth0\n` +
        'route add default via 10.1.255.254\n',
    );
  }
  writeFileSync('/tmp/drop', names.map((name) => `netns del ${name}`).join('\n'));
  const start = now();
  ip('-batch', '/tmp/make');
  const made = now();
  for (const name of names) ip('-n', name, '-batch', `/tmp/${name}`);
  const inside = now();
  ip('-batch', '/tmp/drop');
  // The kernel takes the pairs away a little later.
  while (route.linkList().length > 2);
  const dropped = now();
  route.close();
  return { made: made - start, inside: inside - made, dropped: dropped - inside };
}

const here = (): number => open('/proc/thread-self/ns/net', O_CLOEXEC);

function check(outcomes: ReturnType<RouteSocket['batch']>): void {
  for (const { error } of outcomes) if (error) throw error;
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

mkdirSync('/run/netns', { recursive: true });
const ours: Run[] = [];
const theirs: Run[] = [];
for (let i = 0; i < times; i += 1) {
  ours.push(overNetlink());
  theirs.push(byIp());
}
const middle = (runs: Run[], pick: (run: Run) => number) =>
  Math.round(percentile(runs.map(pick), 0.5));
for (const [what, pick] of [
  ['namespaces and pairs on one bridge', (run: Run) => run.made],
  ['… with address and route inside', (run: Run) => run.made + run.inside],
  ['dropped until the pairs are gone', (run: Run) => run.dropped],
] as const) {
  const [mine, other] = [middle(ours, pick), middle(theirs, pick)];
  const ratio = (mine / other).toFixed(2);
  console.log(`${count} ${what}: ${mine} ms, ip -batch ${other} ms, ratio ${ratio}`);
}
process.exit();
