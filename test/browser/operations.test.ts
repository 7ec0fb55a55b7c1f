import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LabPage } from './support/labPage.ts';
import { bridgedLab } from './support/labs.ts';
import { cnilab } from './support/processes.ts';
import { useStage } from './support/stage.ts';

/** A plugin of version 1.1.0 that is not available on a host that has the file /broken. */
const weather = `#!/bin/sh
cat > /dev/null
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion": "1.1.0", "supportedVersions": ["1.0.0", "1.1.0"]}' ;;
ADD) echo '{"cniVersion": "1.1.0"}' ;;
STATUS)
  [ ! -e /broken ] || { echo '{"code": 50, "msg": "the daemon is away"}'; exit 1; }
  ;;
esac
`;
const plugins = mkdtempSync(join(tmpdir(), 'cnilab-plugins-'));
writeFileSync(join(plugins, 'weather'), weather);
// Whoever runs the box has to find it there.
for (const path of [plugins, join(plugins, 'weather')]) chmodSync(path, 0o755);
afterAll(() => rmSync(plugins, { recursive: true, force: true }));

const stage = useStage({ env: { CNI_PATH: plugins } });

const exec = async (lab: string, target: string, ...argv: string[]): Promise<void> => {
  const done = await cnilab('exec', '--server', stage.server.url, lab, target, '--', ...argv);
  expect(done).toMatchObject({ exit: 0, stderr: '' });
};

const section = (lab: LabPage, name: string) =>
  lab.inspector.getByRole('region', { name, exact: true });

const openOperation = async (lab: LabPage, title: RegExp) => {
  await lab.openDock('Operations');
  const panel = lab.dock.getByRole('tabpanel', { name: 'Operations' });
  await panel.getByRole('button', { name: title }).first().click();
  return panel;
};

describe('CHECK', () => {
  test('says whether an attachment is as it was added, and what somebody broke', async () => {
    const name = await stage.createLab(bridgedLab('checked'));
    const lab = await stage.openLab(name);
    await lab.click('attachment:node1/web/eth0');
    await lab.openInspector('CNI');
    const check = section(lab, 'Check');
    const button = check.getByRole('button', { name: 'Check' });
    await check.getByText('Needs a running lab: press Deploy.').waitFor();
    expect(await button.isDisabled()).toBe(true);

    await lab.deploy();
    const place = await lab.placeOf('attachment:node1/web/eth0');
    await button.click();
    await check.getByText('as it was added', { exact: true }).waitFor();

    await exec(name, 'node1/web', 'ip', 'route', 'del', 'default');
    await button.click();
    await check.getByText('not as it was added').waitFor();
    await check.getByText('not found in routing table').waitFor();
    await check.getByText('bridge failed (code 999).').waitFor();

    // The pod's other way to it: the list beside the canvas, and a key.
    await exec(name, 'node1/web', 'ip', 'route', 'add', 'default', 'via', '10.10.0.1');
    await lab.row(/^Pod web/).focus();
    await lab.page.keyboard.press('Space');
    await lab.page.keyboard.press('c');
    await check.getByText('as it was added', { exact: true }).waitFor();
    await check.getByRole('button', { name: 'eth0' }).waitFor();
    expect(await lab.placeOf('attachment:node1/web/eth0')).toEqual(place);

    const panel = await openOperation(lab, /^CHECK mynet node1\/web not as it was added/);
    await panel.getByText(/^1\. bridge/).waitFor();
    await lab.openDock('Events');
    await lab.dock
      .getByText(/CHECK mynet eth0: as it was added/)
      .first()
      .waitFor();
  });

  test('is not offered where the ADD failed', async () => {
    const lab = await stage.openLab(
      await stage.createLab(bridgedLab('never-added').replace('type: bridge', 'type: nowhere')),
    );
    await lab.button('Deploy').click();
    await lab.mode.filter({ hasText: /failed/ }).waitFor();
    await lab
      .row(/^Attachment eth0, failed/)
      .first()
      .click();
    await lab.openInspector('CNI');
    await section(lab, 'Check')
      .getByText('Its ADD failed, so there is nothing to check.')
      .waitFor();
    expect(await lab.button('Check').isDisabled()).toBe(true);
  });
});

describe('GC', () => {
  test('takes away what the cache has and the lab has not, and shows it', async () => {
    const name = await stage.createLab(bridgedLab('collected'));
    const lab = await stage.openLab(name);
    await lab.deploy();
    await exec(
      name,
      'node1',
      'sh',
      '-c',
      `cd /var/lib/cni/results &&
       sed 's/"containerId":"web"/"containerId":"old"/; s#/run/netns/web#/run/netns/old#' \
         mynet-web-eth0 > mynet-old-eth0`,
    );
    await lab.command('Clean up host node1');
    const host = section(lab, 'CNI on this host');
    const removed = host.getByRole('table', { name: 'Removed from mynet' });
    await removed.waitFor();
    expect(await removed.getByRole('cell').allInnerTexts()).toEqual(['old', 'eth0']);
    await host.getByText('removed 1 attachment').waitFor();

    const panel = await openOperation(lab, /^GC mynet node1 removed old eth0/);
    await panel.getByText('DEL old eth0').waitFor();
    expect(await lab.inspector.getByRole('heading', { level: 2 }).innerText()).toBe('node1/mynet');

    await section(lab, 'CNI on this network').getByRole('button', { name: 'Clean up' }).click();
    await lab.inspector.getByText('nothing was left over').waitFor();
    await lab.isUp();
  });
});

describe('STATUS and VERSION', () => {
  test('are asked for each network of a host, and say what does not work', async () => {
    const name = await stage.createLab(
      `${bridgedLab('asked').replace(
        '    pods:',
        '      - {cniVersion: 1.1.0, name: sky, plugins: [{type: weather}]}\n    pods:',
      )}`,
    );
    const lab = await stage.openLab(name);
    await lab.deploy();
    await lab.row(/^Host node1/).click();
    await lab.openInspector('CNI');
    const host = section(lab, 'CNI on this host');
    await host.getByRole('button', { name: 'Status' }).click();
    await host.getByText('sky ready').waitFor();
    await host.getByText(/^mynet not asked: plugins have STATUS from version 1\.1\.0 on/).waitFor();

    await exec(name, 'node1', 'touch', '/broken');
    await host.getByRole('button', { name: 'Status' }).click();
    await host.getByText('the daemon is away').waitFor();
    await host.getByText('Code 50: not available, it cannot serve an ADD.').waitFor();

    await host.getByRole('button', { name: 'Versions' }).click();
    const sky = host.getByRole('table', { name: 'sky wants version 1.1.0' });
    await sky.waitFor();
    expect(await sky.getByRole('listitem').allInnerTexts()).toEqual(['1.0.0', '1.1.0']);
    await sky.getByLabel('wanted').waitFor();

    await lab.openDock('Text');
    await lab.replaceInText('1.0.0', '0.9.9');
    await lab.button('Deploy changes').click();
    await lab.mode.filter({ hasText: /failed$/ }).waitFor();
    await lab.row(/^Host node1/).click();
    await host.getByRole('button', { name: 'Versions' }).click();
    const mynet = host.getByRole('table', { name: 'mynet wants version 0.9.9' });
    await mynet.waitFor();
    expect(await mynet.getByText('not 0.9.9').count()).toBe(2);
    await host.getByText('mynet does not fit').waitFor();
  });
});
