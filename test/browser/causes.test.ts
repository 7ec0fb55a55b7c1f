import { expect, test } from 'vitest';
import { bridgedLab } from './support/labs.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

test('each event tells whose doing it was: a plugin, with its step, a command, or cnilab', async () => {
  const lab = await stage.openLab(await stage.createLab(bridgedLab('causes')));
  await lab.deploy();
  await lab.command('Open a terminal on node1');
  const terminal = lab.page.locator('[data-terminal="node1"]');
  await terminal.locator('.xterm-rows').getByText('root@node1').waitFor();
  await terminal.click();
  await lab.page.keyboard.type('ip link add br7 type bridge\n');
  await lab.isDrawn('link:node1/br7');

  await lab.openDock('Events');
  const events = lab.dock.getByRole('tabpanel', { name: 'Events' });
  const filter = (name: string) => events.getByLabel(name, { exact: true });
  await events.getByText('by ip link add br7 type bridge').first().waitFor();
  // What the shell said to the lab is not on the screen.
  expect(await terminal.innerText()).not.toContain('7717');

  await filter('Done by').selectOption('cnilab');
  await events.getByText('by cnilab', { exact: true }).first().waitFor();
  expect(await events.getByText('by ip link add br7 type bridge').count()).toBe(0);

  await filter('Done by').selectOption('plugins');
  await filter('Filter events').fill('eth0 appeared app');
  await events.getByRole('button', { name: 'by bridge ADD of app' }).first().click();
  const operations = lab.dock.getByRole('tabpanel', { name: 'Operations' });
  await operations.getByRole('heading', { name: 'ADD mynet' }).waitFor();
  await operations.getByText(/^node1\/app, eth0/).waitFor();
  // The step is open.
  await operations.getByRole('heading', { name: 'Changes in the kernel' }).waitFor();
});
