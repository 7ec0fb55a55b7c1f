import { describe, expect, test } from 'vitest';
import { bridgedLab, emptyHostLab, portMappedLab } from './support/labs.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

describe('what is wrong', () => {
  test('a plugin that does not exist fails with its own words, and the text mends it', async () => {
    const name = await stage.createLab(
      bridgedLab('no-such-plugin').replace('type: bridge', 'type: brigde'),
    );
    const lab = await stage.openLab(name);
    await lab.button('Deploy').click();
    await lab.mode.filter({ hasText: /^Live · \d+ up · 4 failed$/ }).waitFor();
    await lab.click('attachment:node1/web/eth0');
    await lab.inspector.getByText('failed to find plugin "brigde"').first().waitFor();
    expect(await lab.row(/^Attachment eth0, failed/).count()).toBe(2);

    await lab.openDock('Text');
    await lab.replaceInText('brigde', 'bridge');
    await lab.mode.filter({ hasText: 'changes not deployed' }).waitFor();
    await lab.button('Deploy changes').click();
    await lab.isUp();
    expect(await lab.inspector.getByText('failed to find plugin').count()).toBe(0);
  });

  test('a text that is no lab says where, and never changes the picture', async () => {
    const name = await stage.createLab(bridgedLab('bad-text'));
    const lab = await stage.openLab(name);
    const before = await lab.drawn();
    await lab.replaceInText('mynet0', '"mynet0');
    await lab.page.getByText('The text is no lab at the moment').waitFor();
    expect(await lab.button('Deploy').isDisabled()).toBe(true);
    await lab.button('What is wrong').click();
    const problem = lab.dock.getByRole('tabpanel', { name: /^Problems/ }).getByRole('listitem');
    await problem
      .filter({ hasText: /line \d+/ })
      .first()
      .waitFor();
    expect(await lab.drawn()).toEqual(before);

    // The page goes on: what is typed stays, and putting it right brings the lab back.
    await lab.openDock('Text');
    await lab.editor.focus();
    await lab.page.keyboard.press('Control+z');
    await lab.page.getByText('The text is no lab').waitFor({ state: 'hidden' });
    await lab.dropOnto('Pod', 'host:node1');
    await lab.isDrawn('pod:node1/pod1');
    expect(await lab.button('Deploy').isEnabled()).toBe(true);
  });

  test('an unknown key is told with its line', async () => {
    const lab = await stage.openLab(await stage.createLab(emptyHostLab('unknown-key')));
    await lab.typeAtEnd('    colour: red\n');
    await lab.button('1 error').click();
    const problem = lab.dock.getByRole('tabpanel', { name: /^Problems/ }).getByRole('listitem');
    expect(await problem.innerText()).toMatch(/colour/);
    expect(await problem.innerText()).toMatch(/line 5/);
  });

  test('an interface name of 16 bytes is refused at its field', async () => {
    const name = await stage.createLab(bridgedLab('long-name'));
    const lab = await stage.openLab(name);
    await lab.click('attachment:node1/web/eth0');
    const field = lab.inspector.getByLabel('Interface in the pod');
    await field.fill('abcdefghijklmnop');
    await lab.page.keyboard.press('Enter');
    await lab.inspector.getByText('16 bytes: the kernel takes at most 15.').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await stage.savedText(name)).toBe(bridgedLab('long-name'));
    await field.fill('abcdefghijklmno');
    await lab.page.keyboard.press('Enter');
    await lab.isDrawn('attachment:node1/web/abcdefghijklmno');
  });

  test('a host port that is mapped twice is an error, and Deploy says why it is refused', async () => {
    const twice = portMappedLab('mapped-twice').replace(
      /( +)- \{hostPort: 8080.*\n/,
      (line, indent: string) =>
        `${line}${indent}- {hostPort: 8080, containerPort: 81, protocol: tcp}\n`,
    );
    const lab = await stage.openLab(await stage.createLab(twice), { expected: [/422/] });
    await lab.button('1 error').click();
    const problem = lab.dock.getByRole('tabpanel', { name: /^Problems/ }).getByRole('listitem');
    expect(await problem.innerText()).toMatch(/8080/);
    const deploy = lab.button('Deploy');
    expect(await deploy.isDisabled()).toBe(true);

    // The keyboard's way to deploy is refused as well, with the reason.
    await lab.canvas.focus();
    await lab.page.keyboard.press('Control+Enter');
    const reason = lab.page.getByText('The lab could not be deployed.').locator('..');
    expect(await reason.innerText()).toMatch(/8080/);
    expect(await lab.mode.innerText()).toBe('Design');
  });

  test('a range that is full fails the pod that found none, and the rest comes up', async () => {
    const lab = await stage.openLab(
      await stage.createLab(
        bridgedLab('full').replace(
          'subnet: 10.10.0.0/16}',
          'ranges: [[{subnet: 10.10.0.0/24, rangeStart: 10.10.0.9, rangeEnd: 10.10.0.9}]]}',
        ),
      ),
    );
    await lab.button('Deploy').click();
    await lab.mode.filter({ hasText: /· 2 failed$/ }).waitFor();
    const failed = lab.row(/^Attachment eth0, failed/);
    expect(await failed.innerText()).toContain('no IP addresses available');
    expect(await lab.row(/^Attachment eth0, up/).count()).toBe(1);
  });
});
