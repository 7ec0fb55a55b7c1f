import { readdirSync, readFileSync } from 'node:fs';
import { parseLab } from '@cnilab/shared/lab/parse';
import { describe, expect, test } from 'vitest';
import { LabPage } from './support/labPage.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();
const folder = new URL('../../examples/', import.meta.url);
const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.lab.yaml'))
  .map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return { name: parseLab(text).lab?.name ?? file, text };
  });

/** From the first screen, by the button of the example. */
async function openExample(name: string, button: 'Open' | 'Open and deploy'): Promise<LabPage> {
  const page = await stage.newPage();
  await page.goto(stage.server.url);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
  await card.getByRole('button', { name: button, exact: true }).click();
  const lab = new LabPage(page);
  await lab.isOpen();
  return lab;
}

describe('every example', () => {
  test.each(examples)(
    '$name opens from the first screen, deploys, and all its checks hold',
    async ({ name, text }) => {
      const lab = await openExample(name, 'Open and deploy');
      await lab.isUp();
      await lab.openDock('Checks');
      await lab.button('Run the checks').click();
      const planned = parseLab(text).lab?.checks?.length ?? 0;
      await lab.dock.getByText(new RegExp(`^\\d+ of ${planned} hold`)).waitFor({ timeout: 60_000 });
      const panel = lab.dock.getByRole('tabpanel', { name: 'Checks' });
      const failed = panel
        .getByRole('listitem')
        .filter({ has: lab.page.getByLabel('does not hold') });
      expect(await failed.allInnerTexts()).toEqual([]);
      expect(await panel.getByLabel('holds', { exact: true }).count()).toBe(planned);
      expect(await stage.savedText(name)).toBe(text);
    },
  );

  test('is not changed by being opened, looked at and left', async () => {
    for (const { name, text } of examples) {
      const lab = await openExample(name, 'Open');
      await lab.page.keyboard.press('f');
      await lab.button('Labs').click();
      await lab.page.getByRole('heading', { name: 'Examples' }).waitFor();
      expect(await stage.savedText(name)).toBe(text);
    }
  });
});

test('the host port that nobody answers is mended by one click', async () => {
  const name = 'a-host-port-that-nobody-answers';
  const lab = await openExample(name, 'Open and deploy');
  await lab.isUp();
  await lab.openDock('Probe');
  await lab.probe('tcp', 'node1', '127.0.0.1', 8080);
  await lab.lastProbe.getByLabel('failed', { exact: true }).waitFor();

  await lab.button('1 warning').click();
  const problem = lab.dock.getByRole('tabpanel', { name: /^Problems/ }).getByRole('listitem');
  expect(await problem.innerText()).toMatch(/no route to the pod/);
  await problem.getByRole('button').last().click();
  await lab.dock.getByText('Nothing is wrong with this lab.').waitFor();
  expect(await stage.savedText(name, (text) => /isGateway/.test(text))).toMatch(/isGateway: true/);

  await lab.mode.filter({ hasText: 'changes not deployed' }).waitFor();
  await lab.deploy();
  await lab.openDock('Probe');
  await lab.probe('http', 'node1', 'http://127.0.0.1:8080/');
  await lab.lastProbe.getByLabel('went through').waitFor();
});
