import { afterEach, describe, expect, test, vi } from 'vitest';
import { createCable, type Cable } from './support/cable.ts';
import type { LabPage } from './support/labPage.ts';
import { bridgedLab, emptyHostLab } from './support/labs.ts';
import { cnilab } from './support/processes.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();
/** What the browser itself says about a server that does not answer. */
const gone = [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket/];

const exec = (lab: string, target: string, ...argv: string[]) =>
  cnilab('exec', lab, target, '--server', stage.server.url, '--', ...argv);
const silent = { exit: 0, stdout: '', stderr: '' };

let cable: Cable | undefined;
afterEach(async () => {
  await cable?.close();
  cable = undefined;
});

describe('what the kernel does', () => {
  test('an interface that somebody adds by cnilab exec appears in a connected browser', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('exec')));
    await lab.deploy();
    expect(await exec('exec', 'node1', 'ip', 'link', 'add', 'foo', 'type', 'bridge')).toEqual(
      silent,
    );
    await lab.isDrawn('link:node1/foo');
    await lab.row('Kernel interface foo, in the kernel only').waitFor();

    expect(await exec('exec', 'node1', 'ip', 'link', 'del', 'foo')).toEqual(silent);
    await lab.isNotDrawn('link:node1/foo');
    await lab.row('Kernel interface foo, in the kernel only').waitFor({ state: 'hidden' });
  });

  test('an address that somebody gives a pod is on the picture and in the inspector', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('address')));
    await lab.deploy();
    await lab.row(/^Pod web/).click();
    await lab.openInspector('Kernel');
    const address = ['203.0.113.9/32', 'dev', 'eth0'];
    expect(await exec('address', 'node1/web', 'ip', 'addr', 'add', ...address)).toEqual(silent);
    await lab.inspector.getByText('203.0.113.9/32').waitFor();
    expect(await exec('address', 'node1/web', 'ip', 'addr', 'del', ...address)).toEqual(silent);
    await lab.inspector.getByText('203.0.113.9/32').waitFor({ state: 'hidden' });
  });

  test('follows a subnet that is changed in the form of a running network', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('subnet')));
    await lab.deploy();
    await lab.click('network:node1/mynet');
    const subnet = lab.inspector.getByLabel('Subnet (host-local)');
    await subnet.fill('10.77.0.0/24');
    await subnet.press('Enter');
    await lab.deploy();
    await lab.openInspector('Kernel');
    await lab.inspector.getByText('10.77.0.1/24').waitFor();
    await lab.openDock('Probe');
    await lab.probe('http', 'node1/app', 'node1/web', 80);
    expect(await lab.lastProbe.innerText()).toMatch(/status 200, source 10\.77\.0\.[23]/);
  });

  test('a second browser sees what the first one draws, deploys and ends', async () => {
    const name = await stage.createLab(emptyHostLab('two-browsers'));
    const first = await stage.openLab(name);
    const second = await stage.openLab(name);
    await first.dropOnto('Bridge network', 'host:node1');
    await second.isDrawn('network:node1/mynet');
    await first.dropOnto('Pod', 'host:node1', { x: 0, y: -60 });
    await second.isDrawn('attachment:node1/web/eth0');
    await second.dropOnto('Segment', 'host:node1', { x: 0, y: 180 });
    await first.isDrawn('segment:lan');
    await first.deploy();
    await second.isUp();
    await second.row(/^Attachment eth0, up/).waitFor();
    // Each page draws with its own next frame.
    await vi.waitFor(async () => expect(await second.drawn()).toEqual(await first.drawn()));
    await second.button('Stop').click();
    await first.mode.filter({ hasText: /^Design$/ }).waitFor();
  });
});

describe('a server that goes away and comes back', () => {
  test('is told of, costs nothing that was typed, and is found again', async () => {
    const name = await stage.createLab(bridgedLab('restart'));
    const lab = await stage.openLab(name, { expected: gone });
    await lab.deploy();
    await stage.stopServer();
    await lab.mode.filter({ hasText: /^Connection lost since/ }).waitFor();
    await lab.page.getByText('The server does not answer.').waitFor();
    expect(await lab.button(/^Deploy/).isDisabled()).toBe(true);

    await lab.typeAtStart('# typed while nobody answered\n');
    await lab.page.getByText('Not saved yet').waitFor();
    await lab.paletteButton('Host').click();
    await lab.isDrawn('host:node2');

    await stage.startServerAgain();
    await lab.mode.filter({ hasText: /^Design$/ }).waitFor();
    const saved = await stage.savedText(name, (text) => text.includes('typed while'));
    expect(saved).toContain('node2');
    await lab.page.getByText('The server does not answer.').waitFor({ state: 'hidden' });
    await lab.deploy();
  });

  test('a page that was cut off catches up with the running lab', async () => {
    const name = await stage.createLab(bridgedLab('cut-off'));
    cable = await createCable(stage.server.port);
    const lab = await stage.openLab(name, { expected: gone, at: cable.url });
    await lab.deploy();
    await cable.cut();
    await lab.mode.filter({ hasText: /^Connection lost since/ }).waitFor();
    expect(await exec(name, 'node1', 'ip', 'link', 'add', 'foo', 'type', 'bridge')).toEqual(silent);
    await cable.plugIn();
    await lab.isUp();
    await lab.isDrawn('link:node1/foo');
  });

  test('two versions of a lab are told of, and mine can be kept', async () => {
    const lab = await twoVersions('mine');
    await lab.button('Keep mine').click();
    await lab.page.getByText('Another version').waitFor({ state: 'hidden' });
    const saved = await stage.savedText('mine', (text) => text.includes('lan'));
    expect(saved).not.toContain('theirs');
    await lab.isDrawn('segment:lan');
  });

  test('two versions of a lab are told of, and the other one can be taken and undone', async () => {
    const lab = await twoVersions('theirs');
    await lab.button('Take the other one (can be undone)').click();
    await lab.isDrawn('host:theirs');
    await lab.isNotDrawn('segment:lan');
    expect(await stage.savedText('theirs')).not.toContain('lan');
    await lab.button(/^Undo/).click();
    await lab.isDrawn('segment:lan');
  });
});

/** Two versions of one lab: a segment drawn while cut off, and a host saved by somebody else. */
async function twoVersions(name: string): Promise<LabPage> {
  await stage.createLab(emptyHostLab(name));
  cable = await createCable(stage.server.port);
  const lab = await stage.openLab(name, { expected: [...gone, /409/], at: cable.url });
  await cable.cut();
  await lab.mode.filter({ hasText: /^Connection lost since/ }).waitFor();
  await lab.paletteButton('Segment').click();
  await lab.isDrawn('segment:lan');
  await stage.saveLab(name, `${emptyHostLab(name)}  - name: theirs\n`);
  await cable.plugIn();
  await lab.page.getByText('Another version of this lab was saved elsewhere.').waitFor();
  expect(await stage.savedText(name)).toContain('theirs');
  return lab;
}
