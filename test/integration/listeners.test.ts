import { expect, test } from 'vitest';
import { openBox } from './support/box.ts';

const lab = `
cnilab: 1
name: link-local
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: net0, isGateway: true,
         ipam: {type: host-local, subnet: "fd00:5::/64"}}
    pods:
      - {name: web, attachments: [{network: net}], listen: [{protocol: http, port: 80}]}
`;

test('a client with a link-local address is told its address, and nobody comes to harm', async () => {
  const box = await openBox();
  expect(await box.apply(lab)).toMatchObject({ ok: true });
  const linkLocal = (ip: string, device: string) => {
    const list = `${ip} -6 -o addr show dev ${device} scope link -tentative`;
    return box.sh('node1', `until ${list} | grep -o 'fe80[^/]*'; do sleep 0.05; done`);
  };
  const server = await linkLocal('ip -n web', 'eth0');
  const client = await linkLocal('ip', 'net0');
  const answer = await box.exec(
    'node1',
    'bash',
    '-c',
    `exec 3<>'/dev/tcp/${server}%net0/80'; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
  );
  expect(answer).toMatchObject({ code: 0 });
  expect(answer.stdout).toContain(`"address": "${client}"`);
  expect(await box.sh('node1', 'echo alive')).toBe('alive');
});
