import { expect, test } from 'vitest';
import { useStage } from './support/stage.ts';

const stage = useStage();

/** Pods on one network, spread over a few hosts. */
function manyPods(hosts: number, each: number): string {
  const pods = Array.from(
    { length: each },
    (_, i) => `      - {name: pod${i + 1}, attachments: [{network: mynet}]}\n`,
  ).join('');
  const host = (number: number) => `  - name: node${number}
    networks:
      - cniVersion: 1.0.0
        name: mynet
        type: bridge
        ipam: {type: host-local, subnet: 10.${number}.0.0/16}
    pods:
${pods}`;
  return `cnilab: 1\nname: many\nhosts:\n${Array.from({ length: hosts }, (_, i) => host(i + 1)).join('')}`;
}

test('a lab of 200 pods opens, selects, searches, pans and edits', async () => {
  const name = await stage.createLab(manyPods(4, 50));
  const lab = await stage.openLab(name);
  await lab.isDrawn('attachment:node4/pod50/eth0');
  expect((await lab.drawn()).filter((id) => id.startsWith('pod:')).length).toBe(200);

  await lab.command('Pod node3/pod37');
  await lab.inspector.getByRole('heading', { name: 'node3/pod37' }).waitFor();
  const at = await lab.positionOf('pod:node3/pod37');
  const middle = await lab.middle();
  expect(Math.hypot(at.x - middle.x, at.y - middle.y)).toBeLessThan(300);
  await lab.page.keyboard.press('h');
  const before = await lab.positionOf('pod:node3/pod37');
  await lab.page.mouse.move(middle.x, middle.y);
  await lab.page.mouse.down();
  await lab.page.mouse.move(middle.x + 120, middle.y + 40, { steps: 12 });
  await lab.page.mouse.up();
  const after = await lab.positionOf('pod:node3/pod37');
  expect(Math.round(after.x - before.x)).toBe(120);
  await lab.page.keyboard.press('v');
  await lab.page.mouse.wheel(0, 240);
  await lab.page.keyboard.press('Delete');
  await lab.isNotDrawn('pod:node3/pod37');
  await lab.page.keyboard.press('Control+z');
  await lab.isDrawn('pod:node3/pod37');
});
