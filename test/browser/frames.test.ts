import { expect, test } from 'vitest';
import { LabPage } from './support/labPage.ts';
import { bridgedLab } from './support/labs.ts';
import { countFrames, expectSign, type FramesToShow, type Sign } from './support/frames.ts';
import { cnilab } from './support/processes.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

/** The kernel would add addresses of its own a little later, and these would be drawn as well. */
const quietLab = bridgedLab('frames').replace(
  '  - name: node1\n',
  '  - name: node1\n    sysctls: {net.ipv6.conf.default.disable_ipv6: "1"}\n',
);

/** A command on the host, the event that it causes, and what shows it. */
const steps: [step: string, command: string, about: string, sign: Sign][] = [
  [
    'made',
    'ip link add foo type veth peer name far',
    '"name":"foo"',
    { drawn: ['link:node1/foo'], rows: ['foo'] },
  ],
  [
    'renamed',
    'ip link set foo name bar',
    '"name":"bar"',
    { drawn: ['link:node1/bar'], notDrawn: ['link:node1/foo'], rows: ['bar'], noRows: ['foo'] },
  ],
  [
    'enslaved',
    'ip link set far master mynet0',
    '"name":"far"',
    // As the port of a bridge it is the end of a cable, and not a node any more.
    { notDrawn: ['link:node1/far'] },
  ],
  [
    'moved to another namespace',
    'ip link set bar netns app',
    '"name":"bar"',
    { drawn: ['link:node1/app/bar'], notDrawn: ['link:node1/bar'] },
  ],
  [
    'given an address',
    'ip -n app addr add 203.0.113.9/32 dev bar',
    '203.0.113.9',
    { rows: ['203.0.113.9'] },
  ],
  ['set up', 'ip -n app link set bar up', '"up":true', { noRows: ['barveth down'] }],
  ['set down', 'ip -n app link set bar down', '"up":false', { rows: ['barveth down'] }],
  [
    'deleted',
    'ip -n app link del bar',
    'link.del',
    { notDrawn: ['link:node1/app/bar'], noRows: ['bar'] },
  ],
];

test('each step of a link that is made, changed and deleted by hand is shown within two frames', async () => {
  const name = await stage.createLab(quietLab);
  const page = await stage.newPage();
  await countFrames(page);
  await page.goto(`${stage.server.url}/labs/${name}`);
  const lab = new LabPage(page);
  await lab.isOpen();
  await lab.deploy();
  const seen: [string, FramesToShow][] = [];
  for (const [step, command, about, sign] of steps) {
    const { shown } = await expectSign(page, about, sign);
    const argv = ['exec', name, 'node1', '--server', stage.server.url, '--', ...command.split(' ')];
    expect(await cnilab(...argv), step).toEqual({ exit: 0, stdout: '', stderr: '' });
    seen.push([step, await shown]);
  }
  for (const [step, { canvas, tree }] of seen) {
    expect(canvas, `${step}, on the canvas`).toBeLessThanOrEqual(2);
    expect(tree, `${step}, in the tree`).toBeLessThanOrEqual(2);
  }
});
