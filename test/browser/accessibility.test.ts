import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { DockName } from './support/labPage.ts';
import { bridgedLab, portMappedLab } from './support/labs.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical violations of WCAG 2.1 A and AA, as lines that say what and where. */
async function violations(page: Page): Promise<string[]> {
  // Colours on their way to others are no violation.
  await page.waitForFunction(() =>
    document.getAnimations().every(({ playState }) => playState !== 'running'),
  );
  const found: AxeResults['violations'] = await page.evaluate(`(async () => {
    ${axe};
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
    return (await axe.run(document, { runOnly: tags })).violations;
  })()`);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, html }) => `${id}: ${target.join(' ')} ${html}`),
    );
}

const tabs: DockName[] = [
  'Problems',
  'Text',
  'Events',
  'Firewall',
  'Flows',
  'Probe',
  'Checks',
  'Operations',
];

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  const context = { colorScheme, reducedMotion: 'reduce' as const };

  test('the first screen has no serious violation', async () => {
    await stage.createLab(bridgedLab('listed'));
    const page = await stage.newPage({ context });
    await page.goto(stage.server.url);
    await page.getByRole('heading', { name: 'point-to-point' }).waitFor();
    await page.getByText('Labs can run here').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('a running lab has no serious violation, with each tab of dock and inspector open', async () => {
    const text = `${portMappedLab('accessible').replace('isGateway: true', 'isGateway: false')}checks:\n  - {name: it is there, from: node1, interface: mynet0}\n`;
    const lab = await stage.openLab(await stage.createLab(text), { context });
    await lab.deploy();
    await lab.click('attachment:node1/web/eth0');
    const found: Record<string, string[]> = {};
    for (const tab of tabs) {
      await lab.openDock(tab);
      if (tab === 'Probe') await lab.probe('ping', 'node1/web', '10.10.0.2');
      if (tab === 'Checks') {
        await lab.button('Run the checks').click();
        await lab.dock.getByText(/^1 of 1 hold/).waitFor();
      }
      found[tab] = await violations(lab.page);
    }
    for (const tab of ['Kernel', 'CNI'] as const) {
      await lab.openInspector(tab);
      found[tab] = await violations(lab.page);
    }
    await lab.button('Check').click();
    await lab.inspector
      .getByText(/as it was added$/)
      .first()
      .waitFor();
    found['CHECK'] = await violations(lab.page);
    await lab.row(/^Host node1/).click();
    for (const name of ['Status', 'Versions', 'Clean up']) await lab.button(name).click();
    await lab.inspector.getByText('nothing was left over').first().waitFor();
    await lab.inspector.getByRole('table').first().waitFor();
    found['host'] = await violations(lab.page);
    await lab.row(/^Pod web/).focus();
    await lab.page.keyboard.press('Space');
    await lab.page.keyboard.press('t');
    await lab.page.locator('[data-terminal="node1/web"] .xterm-rows').getByText('#').waitFor();
    found['terminal'] = await violations(lab.page);
    await lab.page.keyboard.press('Control+d');
    await lab.canvas.focus();
    await lab.page.keyboard.press('?');
    await lab.page.getByRole('dialog').waitFor();
    found['shortcuts'] = await violations(lab.page);
    await lab.page.keyboard.press('Escape');
    await lab.page.keyboard.press('Control+k');
    await lab.page.getByRole('dialog').getByRole('menuitem').first().waitFor();
    found['commands'] = await violations(lab.page);
    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual(
      {},
    );
  });
});

describe('the tree', () => {
  test('does by keyboard what the canvas does: select, add, connect, terminal, delete', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('tree')));
    const { keyboard } = lab.page;
    await lab.row(/^Host node1/).focus();
    await keyboard.press('Space');
    await keyboard.press('d');
    await lab.isDrawn('pod:node1/pod1');
    await lab.row(/^Pod pod1/).focus();
    await keyboard.press('Space');
    await keyboard.press('Control+d');
    await lab.isDrawn('pod:node1/pod2');
    await lab.row(/^Pod pod2/).focus();
    await keyboard.press('Space');
    await keyboard.press('Delete');
    await lab.isNotDrawn('pod:node1/pod2');
    await keyboard.press('Control+Enter');
    await lab.isUp();
    await lab.row(/^Pod app/).focus();
    await keyboard.press('Enter');
    await lab.page.locator('[data-terminal="node1/app"] .xterm-rows').getByText('#').waitFor();
    await lab.row(/^Pod web/).focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    expect(await lab.inspector.getByRole('heading', { level: 2 }).innerText()).toBe('node1/web');
  });
});
