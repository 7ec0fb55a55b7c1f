import { expect, onTestFinished, test } from 'vitest';
import { playRound, prepare } from '../soak/rounds.ts';
import { measureAtRest, startSoakServer } from '../soak/server.ts';
import { agentPid, eventually, openBox, type TestBox } from './support/box.ts';

/** In these, what is made once and kept is made. */
const warmUp = 10;
const rounds = Number(process.env.CNILAB_SOAK_ROUNDS ?? 30);

test('deploying and stopping over and over leaves nothing in the server', async () => {
  const server = await startSoakServer();
  onTestFinished(() => server.stop());
  await prepare(server.url);
  for (let round = 0; round < warmUp; round++) await playRound(server.url, round);
  const before = await measureAtRest(server);
  for (let round = 0; round < rounds; round++) await playRound(server.url, round);
  const after = await measureAtRest(server, before);

  expect(before.processes).toBe(0);
  expect(before.namespaces).toBe(0);
  expect(after.processes).toBe(0);
  expect(after.namespaces).toBe(0);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  // What only the rounds leave that are stopped while they are deployed is six objects at least.
  for (const [name, count] of Object.entries(after.objects)) {
    expect(count - (before.objects[name] ?? 0), name).toBeLessThan(rounds / 10);
  }
  // Code that is compiled meanwhile takes some; the run of one round alone is more than this.
  expect((after.heap - before.heap) / rounds).toBeLessThan(100_000);
}, 240_000);

const podLab = (pods: string[]) => `
cnilab: 1
name: soak
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    pods: [${pods.map((name) => `{name: ${name}, attachments: [{network: net}]}`).join(', ')}]
`;

/** The agent's descriptors by what they are of, and the network namespaces that are mounted. */
async function heldByAgent(box: TestBox): Promise<Record<string, number>> {
  const pid = await agentPid(box, 'node1');
  const lists = `readlink /proc/${pid}/fd/* | sed 's/:.*//; s/[0-9].*//' | sort`;
  const mounts = "sed -n 's/.* - nsfs .*/nsfs mount/p' /proc/self/mountinfo";
  const held: Record<string, number> = {};
  for (const name of (await box.sh('node1', `${lists}; ${mounts}`)).split('\n')) {
    held[name] = (held[name] ?? 0) + 1;
  }
  return held;
}

test('pods and hosts that come and go over and over leave nothing in the agent', async () => {
  const box = await openBox();
  const round = async () => {
    expect(await box.apply(`${podLab(['web', 'app'])}  - name: node2\n`)).toMatchObject({
      ok: true,
    });
    await box.sh('node1', 'ip netns add foreign; ip netns del foreign');
    expect(await box.apply(podLab([]))).toMatchObject({ ok: true });
  };
  for (let i = 0; i < 3; i++) await round();
  const before = await heldByAgent(box);
  for (let i = 0; i < rounds; i++) await round();
  await eventually(async () => expect(await heldByAgent(box)).toEqual(before));
}, 240_000);
