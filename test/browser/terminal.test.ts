import { describe, expect, test, vi } from 'vitest';
import type { LabPage } from './support/labPage.ts';
import { bridgedLab, portMappedLab } from './support/labs.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

/** What a terminal shows, without the blanks at the ends of its lines. */
const screenOf = async (lab: LabPage, target: string) => {
  const rows = lab.page.locator(`[data-terminal="${target}"] .xterm-rows > div`);
  return (await rows.allInnerTexts()).map((line) => line.replaceAll(/\s/g, ' ').trimEnd());
};

/** Waits for a line of the terminal's screen that is just this. */
const expectLine = (lab: LabPage, target: string, wanted: RegExp) =>
  vi.waitFor(
    async () => {
      const lines = await screenOf(lab, target);
      expect(lines.filter((text) => wanted.test(text))).not.toEqual([]);
    },
    { timeout: 15_000, interval: 50 },
  );

describe('a terminal', () => {
  test('opens on a host by a double click, and what is typed there shows in the inspector', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('terminal')));
    await lab.deploy();
    await lab.doubleClickTitle('host:node1');
    await expectLine(lab, 'node1', /node1.*[#$]/);
    // It opened beside the canvas, which keeps the keyboard; a click moves it.
    await lab.page.locator('[data-terminal="node1"]').click();
    await lab.page.keyboard.type('hostname\n');
    await expectLine(lab, 'node1', /^node1$/);

    await lab.openInspector('Kernel');
    await lab.page.locator('[data-terminal="node1"]').click();
    await lab.page.keyboard.type(
      'ip link add br7 type bridge; ip addr add 203.0.113.7/24 dev br7\n',
    );
    await lab.inspector.getByText('203.0.113.7/24').waitFor();
    await lab.isDrawn('link:node1/br7');
  });

  test('on a pod is in the pod', async () => {
    const lab = await stage.openLab(await stage.createLab(bridgedLab('pod-terminal')));
    await lab.deploy();
    await lab.click('pod:node1/app');
    await lab.row(/^Pod app/).focus();
    await lab.page.keyboard.press('t');
    await expectLine(lab, 'node1/app', /[#$]$/);
    await lab.page.keyboard.type('ip -o -4 address show eth0 | cut -c1-40; ls /sys/class/net\n');
    await expectLine(lab, 'node1/app', /eth0 +inet 10\.10\.0\.\d+\/16/);
    await expectLine(lab, 'node1/app', /^eth0 +lo$/);
    await lab.page.keyboard.type('exit\n');
    await expectLine(lab, 'node1/app', /ended with 0; Enter starts a new shell/);
  });
});

describe('the firewall tab', () => {
  test('shows the chains of a port map, whose rules count and light up when a probe meets them', async () => {
    const lab = await stage.openLab(await stage.createLab(portMappedLab('firewall')));
    await lab.deploy();
    await lab.openDock('Firewall');
    const panel = lab.dock.getByRole('tabpanel', { name: 'Firewall' });
    await panel.getByRole('heading', { name: 'CNI-HOSTPORT-DNAT' }).waitFor();
    await panel.getByRole('heading', { name: /^CNI-DN-/ }).waitFor();
    const rule = panel.getByRole('row').filter({ hasText: '--dport 8080 -j DNAT' });
    const packets = () => rule.getByRole('cell').nth(1).innerText();
    expect(await packets()).toBe('0');

    await lab.openDock('Probe');
    await lab.probe('http', 'node1', 'http://127.0.0.1:8080/');
    await lab.lastProbe.getByLabel('went through').waitFor();
    await lab.openDock('Firewall');
    await vi.waitFor(async () => expect(await packets()).toMatch(/^[1-9]/), { timeout: 10_000 });

    // Seen while it happens: another request from a terminal, with the rules on the screen.
    await lab.command('Open a terminal on node1');
    await expectLine(lab, 'node1', /[#$]$/);
    await lab.page.keyboard.type(
      'for i in 1 2 3 4 5; do sleep 1; : < /dev/tcp/127.0.0.1/8080; done\n',
    );
    await lab.openDock('Firewall');
    await panel
      .locator('tr[data-change="counted"]')
      .filter({ hasText: '--dport 8080 -j DNAT' })
      .waitFor();
  });
});
