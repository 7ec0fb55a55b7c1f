import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { bridgedLab } from './support/labs.ts';
import { useStage } from './support/stage.ts';

const script = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
const plugins = mkdtempSync(join(tmpdir(), 'cnilab-plugins-'));
const error = { cniVersion: '1.0.0', code: 100, msg: script, details: script };
writeFileSync(
  join(plugins, 'hostile'),
  `#!/bin/sh\ncat > /dev/null\necho '${script}' >&2\necho '${JSON.stringify(error)}'\nexit 1\n`,
);
chmodSync(plugins, 0o755);
chmodSync(join(plugins, 'hostile'), 0o755);
afterAll(() => rmSync(plugins, { recursive: true, force: true }));

const stage = useStage({ env: { CNI_PATH: plugins } });

describe('the page', () => {
  test('shows what a hostile plugin prints as text, wherever it shows it', async () => {
    const text = bridgedLab('hostile').replace('type: bridge', 'type: hostile');
    const lab = await stage.openLab(await stage.createLab(text));
    const title = await lab.page.title();
    await lab.button('Deploy').click();
    await lab.mode.filter({ hasText: /· 4 failed$/ }).waitFor();
    await lab
      .row(/^Attachment eth0, failed/)
      .first()
      .click();
    await lab.inspector.getByText(script).first().waitFor();
    await lab.openInspector('CNI');
    await lab.inspector.getByText('onerror').first().waitFor();
    await lab.openDock('Operations');
    await lab.dock.getByText('onerror').first().waitFor();
    await lab.openDock('Events');
    await lab.dock.getByText('onerror').first().waitFor();
    const { x, y } = await lab.positionOf('attachment:node1/web/eth0');
    await lab.page.mouse.move(x, y);
    await lab.page.locator('[data-testid=canvas] ~ div').getByText('onerror').first().waitFor();
    expect(await lab.page.locator('img[src="x"], script:not([src])').count()).toBe(0);
    expect(await lab.page.title()).toBe(title);
  });

  test('shows script in a description and in a check as text, on the first screen too', async () => {
    const text = `cnilab: 1\nname: scripted\ndescription: '${script}'\nhosts: [{name: node1}]\nchecks:\n  - {name: '${script}', from: node1, exec: ['${script}']}\n`;
    const lab = await stage.openLab(await stage.createLab(text));
    await lab.openDock('Checks');
    await lab.dock.getByText(script).first().waitFor();
    await lab.button('Labs').click();
    await lab.page.getByText(script).waitFor();
    expect(await lab.page.locator('img[src="x"], script:not([src])').count()).toBe(0);
    expect(await lab.page.title()).toBe('cnilab');
  });
});

describe('the server', () => {
  test('refuses a page of another address, and a name that only points here', async () => {
    const own = { Host: `127.0.0.1:${stage.server.port}` };
    expect(await statusOf('/api/labs', 'GET', own)).toBe(200);
    for (const path of ['/api/labs', '/', '/socket.io/?EIO=4&transport=polling']) {
      expect([403, 421]).toContain(await statusOf(path, 'GET', { Host: 'attacker.example' }));
      const foreign = { ...own, Origin: 'http://attacker.example' };
      expect(await statusOf(path, 'GET', foreign)).toBe(403);
    }
    expect(await statusOf('/api/labs', 'POST', { ...own, Origin: 'null' })).toBe(403);
  });

  test('is out of reach of a page of another address in the same browser', async () => {
    const other = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>other</title>');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const page = await stage.newPage({ expected: [/CORS|Failed to load|WebSocket/] });
    await page.goto(`http://127.0.0.1:${port}/`);
    const outcome = await page.evaluate(async (url) => {
      const read = await fetch(`${url}/api/labs`).then(
        ({ status }) => `status ${status}`,
        () => 'refused',
      );
      // Without an answer to read, as a form of another site would send it.
      await fetch(`${url}/api/labs`, {
        method: 'POST',
        mode: 'no-cors',
        body: JSON.stringify({ text: 'cnilab: 1\nname: foreign\n' }),
      }).catch(() => undefined);
      const socket = await new Promise<string>((resolve) => {
        const path = '/socket.io/?EIO=4&transport=websocket';
        const opening = new WebSocket(url.replace('http', 'ws') + path);
        opening.addEventListener('open', () => resolve('open'));
        opening.addEventListener('error', () => resolve('refused'));
      });
      return { read, socket };
    }, stage.server.url);
    expect(outcome).toEqual({ read: 'refused', socket: 'refused' });
    expect(await statusOf('/api/labs/foreign', 'GET', {})).toBe(404);
  });
});

function statusOf(
  path: string,
  method: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { port } = stage.server;
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.once('error', reject).end();
  });
}
