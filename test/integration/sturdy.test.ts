import { expect, test } from 'vitest';
import { agentPid, eventually, openBox } from './support/box.ts';
import { expectStateLikeKernel } from './support/kernel.ts';

const lab = 'cnilab: 1\nname: sturdy\nhosts: [{name: node1}]\n';

test('namespaces that come and go faster than they are read leave nothing wrong in the state', async () => {
  const box = await openBox();
  await box.apply(lab);
  await box.sh(
    'node1',
    `for i in $(seq 1 60); do
       ip netns add n$i
       ip -n n$i link add v type bridge
       ip link add h$i type veth peer name p netns n$i
       ip -n n$i addr add 10.9.0.$i/24 dev v
       ip netns exec n$i nft add table inet t 2> /dev/null || :
       [ $((i % 4)) -eq 0 ] || ip netns del n$i
     done`,
  );
  await eventually(() => {
    const kept = Object.keys(box.state().namespaces).filter((id) => id.startsWith('node1/n'));
    expect(kept.toSorted()).toEqual(
      Array.from({ length: 15 }, (_, i) => `node1/n${4 * (i + 1)}`).toSorted(),
    );
  });
  await expectStateLikeKernel(box);
  await box.sh('node1', 'for i in $(ip netns | cut -d" " -f1); do ip netns del $i; done');
  await eventually(() => expect(Object.keys(box.state().namespaces)).toEqual(['', 'node1']));
  await expectStateLikeKernel(box);
});

test('an interface index that is used again stands for the new interface alone', async () => {
  const box = await openBox();
  await box.apply(lab);
  const agent = await agentPid(box, 'node1');
  // All of it is queued before the agent reads the first message.
  await box.sh(
    'node1',
    `kill -STOP ${agent}
     trap 'kill -CONT ${agent}' EXIT
     ip link add name old index 77 type bridge
     ip link set old up
     ip addr add 10.7.0.1/24 dev old
     ip route add 10.8.0.0/16 via 10.7.0.2
     ip link add name port type veth peer name far
     ip link set port master old
     ip link del old
     ip link add name new index 77 type veth peer name other
     ip link set new up`,
  );
  await eventually(() => {
    const { links = [], addresses = [] } = box.state().namespaces['node1'] ?? {};
    expect(links.find(({ index }) => index === 77)).toMatchObject({ name: 'new', kind: 'veth' });
    expect(links.find(({ name }) => name === 'port')?.master).toBeUndefined();
    expect(addresses.filter(({ address }) => address === '10.7.0.1')).toEqual([]);
  });
  await expectStateLikeKernel(box);
});

test('a box whose agent is killed ends, and the next one starts from the kernel as it is', async () => {
  const box = await openBox();
  await box.apply(lab);
  const agent = await agentPid(box, 'node1');
  await box.sh('node1', `ip link add br7 type bridge; kill -9 ${agent}`).catch(() => undefined);
  const { reason } = await box.ended;
  expect(reason).toBe('the box ended (exit 137)');
  await expect(box.apply(lab)).rejects.toThrow(reason);
  const next = await openBox();
  await next.apply(lab);
  expect(next.state().namespaces['node1']?.links.map(({ name }) => name)).toEqual(['lo']);
  await expectStateLikeKernel(next);
});
