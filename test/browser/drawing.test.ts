import { describe, expect, test } from 'vitest';
import { LabPage } from './support/labPage.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

describe('an empty canvas becomes a deployed, pinged lab', () => {
  test('with the mouse alone', async () => {
    const page = await stage.newPage();
    await page.goto(stage.server.url);
    await page.getByRole('button', { name: 'New lab' }).click();
    const lab = new LabPage(page);
    await lab.isOpen();

    await lab.dropAt('Host', await lab.middle());
    await lab.dropOnto('Pod', 'host:node1', { x: -70, y: -20 });
    await lab.dropOnto('Pod', 'host:node1', { x: 90, y: -30 });
    await lab.dropOnto('Bridge network', 'host:node1', { x: 0, y: 90 });
    await lab.drawEdge('pod:node1/web', 'network:node1/mynet');
    await lab.drawEdge('network:node1/mynet', 'pod:node1/pod1');
    await lab.isDrawn('attachment:node1/web/eth0');
    await lab.isDrawn('attachment:node1/pod1/eth0');
    await lab.deploy();

    await lab.openDock('Probe');
    await lab.probe('ping', 'node1/pod1', 'node1/web');
    await lab.lastProbe.getByLabel('went through').waitFor();
    expect(await lab.lastProbe.innerText()).toMatch(/ping from node1\/pod1 to node1\/web/);
    expect(await lab.lastProbe.innerText()).toMatch(/address 10\.10\.0\.[23], outcome reachable/);
  });

  test('with the keyboard alone', async () => {
    const page = await stage.newPage();
    await page.goto(stage.server.url);
    const { keyboard } = page;
    await page.getByRole('button', { name: 'New lab' }).focus();
    await keyboard.press('Enter');
    const lab = new LabPage(page);
    await lab.isOpen();

    await lab.command('Add host');
    await lab.isDrawn('host:node1');
    await lab.command('Add pod to node1');
    await lab.isDrawn('pod:node1/web');
    await lab.command('Add pod to node1');
    await lab.isDrawn('pod:node1/pod1');
    await lab.paletteButton('Bridge network').focus();
    await keyboard.press('Enter');
    await lab.isDrawn('network:node1/mynet');

    // From the network that is selected: L, an end by arrows, Enter.
    await lab.canvas.focus();
    await keyboard.press('l');
    await page.getByText(/^Attach web to mynet, 1 of 2\./).waitFor();
    await keyboard.press('Enter');
    await lab.isDrawn('attachment:node1/web/eth0');
    // Two that are selected in the tree.
    await lab.row(/^Pod pod1/).focus();
    await keyboard.press('Space');
    await lab.row(/^Network mynet/).focus();
    await keyboard.press('Control+Space');
    await keyboard.press('l');
    await lab.isDrawn('attachment:node1/pod1/eth0');

    await keyboard.press('Control+Enter');
    await lab.isUp();
    await lab.command('Show: Probes');
    const probe = lab.dock.getByRole('tabpanel', { name: 'Probe' });
    await probe.getByLabel('from', { exact: true }).focus();
    await keyboard.type('node1/w');
    await probe.getByLabel('to', { exact: true }).focus();
    await keyboard.type('node1/pod1');
    await keyboard.press('Enter');
    await lab.lastProbe.getByLabel('went through').waitFor();
    expect(await lab.lastProbe.innerText()).toMatch(/ping from node1\/web to node1\/pod1/);
  });
});

describe('what is drawn', () => {
  test('can be undone and redone, after adding and after deleting', async () => {
    const name = await stage.createLab('cnilab: 1\nname: undo\nhosts:\n  - name: node1\n');
    const lab = await stage.openLab(name);
    const before = await stage.savedText(name);
    await lab.dropOnto('Pod', 'host:node1');
    await lab.isDrawn('pod:node1/web');
    const added = await stage.savedText(name, (text) => text.includes('web'));

    await lab.click('pod:node1/web');
    await lab.page.keyboard.press('Delete');
    await lab.isNotDrawn('pod:node1/web');
    await stage.savedText(name, (text) => !text.includes('web'));

    await lab.button(/^Undo: Delete/).click();
    await lab.isDrawn('pod:node1/web');
    expect(await stage.savedText(name, (text) => text.includes('web'))).toBe(added);
    await lab.page.keyboard.press('Control+z');
    await lab.isNotDrawn('pod:node1/web');
    expect(await stage.savedText(name, (text) => !text.includes('web'))).toBe(before);
    await lab.page.keyboard.press('Control+Shift+z');
    await lab.isDrawn('pod:node1/web');
    expect(await stage.savedText(name, (text) => text.includes('web'))).toBe(added);
    expect(await lab.button('Nothing to redo').count()).toBe(0);
  });

  test('stays where it was put, also after a reload', async () => {
    const name = await stage.createLab(
      'cnilab: 1\nname: places\nhosts:\n  - name: node1\n    pods: [{name: web}, {name: db}]\n  - name: node2\n',
    );
    const lab = await stage.openLab(name);
    const distance = async () => {
      const [a, b] = [await lab.placeOf('pod:node1/web'), await lab.placeOf('host:node2')];
      return { x: Math.round(a.x - b.x), y: Math.round(a.y - b.y) };
    };
    const before = await distance();
    await lab.move('pod:node1/web', { x: -60, y: 80 });
    await stage.savedText(name, (text) => text.includes('view:'));
    const after = await distance();
    expect(after).not.toEqual(before);
    await lab.page.reload();
    await lab.isOpen();
    expect(await distance()).toEqual(after);
  });

  test('is in view when it was added by a press, however full the picture is', async () => {
    const lab = await stage.openLab(
      await stage.createLab('cnilab: 1\nname: presses\nhosts:\n  - name: node1\n'),
    );
    const canvas = await lab.canvas.boundingBox();
    if (!canvas) throw new Error('The canvas is not shown.');
    for (const number of [2, 3, 4, 5]) {
      await lab.paletteButton('Host').click();
      const { x, y } = await lab.positionOf(`host:node${number}`);
      expect(x).toBeGreaterThan(canvas.x);
      expect(x).toBeLessThan(canvas.x + canvas.width);
      expect(y).toBeGreaterThan(canvas.y);
      expect(y).toBeLessThan(canvas.y + canvas.height);
    }
  });

  test('is called off by Escape while it is dragged', async () => {
    const name = await stage.createLab('cnilab: 1\nname: escape\nhosts:\n  - name: node1\n');
    const lab = await stage.openLab(name);
    const before = await lab.placeOf('host:node1');
    const { mouse, keyboard } = lab.page;
    const { x, y } = await lab.positionOf('host:node1');
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + 120, y + 40, { steps: 4 });
    expect(await lab.placeOf('host:node1')).not.toEqual(before);
    await keyboard.press('Escape');
    await mouse.up();
    expect(await lab.placeOf('host:node1')).toEqual(before);
    expect(await lab.button('Nothing to undo').count()).toBe(1);
  });
});
