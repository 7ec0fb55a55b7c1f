import { describe, expect, test } from 'vitest';
import { portMappedLab } from './support/labs.ts';
import { cnilab } from './support/processes.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();
const exec = (lab: string, target: string, ...argv: string[]) =>
  cnilab('exec', lab, target, '--server', stage.server.url, '--', ...argv);

/** A pod that masquerades, so that others reach the port map from outside its network. */
const mapped = (name: string) =>
  `${portMappedLab(name).replace('isGateway: true', 'isDefaultGateway: true')}      - name: app
        attachments:
          - network: mynet
`;

describe('the connections of a host', () => {
  test('show a request through a port map, to whom it really goes, and its end', async () => {
    const lab = await stage.openLab(await stage.createLab(mapped('flows')));
    await lab.deploy();
    await lab.openDock('Flows');
    const panel = lab.dock.getByRole('tabpanel', { name: 'Flows' });
    expect(await panel.getByLabel('Connections of').inputValue()).toBe('node1');
    await lab.openDock('Probe');
    await lab.probe('http', 'node1/app', '10.10.0.1', 8080);
    expect(await lab.lastProbe.innerText()).toContain('status 200');
    await lab.openDock('Flows');
    const row = panel.getByRole('row', { name: /10\.10\.0\.1:8080/ });
    await row.getByText('to 10.10.0.1:8080 is 10.10.0.2:80 (web)').waitFor();
    const text = await row.innerText();
    expect(text).toMatch(/^tcp\s+10\.10\.0\.3:\d+ app → 10\.10\.0\.1:8080 node1/);
    await row.getByRole('cell', { name: /^closed forgotten in \d+ s$/ }).waitFor();
    await row.getByRole('cell', { name: /^\d+ \+ \d+ packets \d+ \+ \d+ bytes$/ }).waitFor();

    await panel.getByLabel('Filter connections').fill('app 8080');
    await row.waitFor();
    await panel.getByLabel('Filter connections').fill('nothing like this');
    await panel.getByText('No connection matches the filter.').waitFor();
    await panel.getByLabel('Filter connections').fill('');
    expect((await exec('flows', 'node1', 'conntrack', '-F')).exit).toBe(0);
    await row.waitFor({ state: 'hidden' });
  });

  test('say what to do when there are none, and in a namespace that tracks none', async () => {
    const lab = await stage.openLab(await stage.createLab(mapped('empty')));
    await lab.openDock('Flows');
    await lab.dock.getByText('Connections are shown when the lab runs.').waitFor();
    await lab.deploy();
    const panel = lab.dock.getByRole('tabpanel', { name: 'Flows' });
    await panel.getByLabel('Connections of').selectOption('node1/app');
    await panel.getByText('node1/app tracks no connection.').waitFor();
    await panel.getByRole('button', { name: 'Open Probe' }).click();
    await lab.dock.getByRole('tabpanel', { name: 'Probe' }).waitFor();
    expect(await panel.count()).toBe(0);
  });

  test('are two pages at once to the same lab, and one goes', async () => {
    const name = await stage.createLab(mapped('two'));
    const first = await stage.openLab(name);
    await first.deploy();
    const second = await stage.openLab(name);
    for (const lab of [first, second]) await lab.openDock('Flows');
    const send = async (port: number) => {
      const script = `echo x > /dev/udp/10.10.0.1/${port}`;
      expect(await exec('two', 'node1/app', 'bash', '-c', script)).toMatchObject({ exit: 0 });
    };
    await send(1001);
    for (const lab of [first, second]) await lab.dock.getByText('10.10.0.1:1001').waitFor();
    await first.page.goto('about:blank');
    await send(1002);
    await second.dock.getByText('10.10.0.1:1002').waitFor();
    await second.button('Stop').click();
    await second.dock.getByText('Connections are shown when the lab runs.').waitFor();
    await second.deploy();
    await send(1003);
    await second.dock.getByText('10.10.0.1:1003').waitFor();
  });
});

describe('traffic', () => {
  test('of an interface is told beside its totals, while one looks', async () => {
    const lab = await stage.openLab(await stage.createLab(mapped('rates')));
    await lab.deploy();
    await lab.row(/^Pod app/).click();
    await lab.openInspector('Kernel');
    const card = lab.inspector.locator('section').filter({ hasText: /^eth0/ });
    await card
      .getByText(/^0 packets\/s, 0 bit\/s$/)
      .first()
      .waitFor();
    const pinging = exec('rates', 'node1/app', 'ping', '-q', '-i', '0.05', '-w', '4', '10.10.0.1');
    await card
      .getByText(/^[1-9]\d* packets\/s, [1-9][\d.]* kbit\/s$/)
      .first()
      .waitFor();
    expect(await pinging).toMatchObject({ exit: 0 });
  });
});
