import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { api, type ApiName } from '@cnilab/shared/protocol/api';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { LabPage } from './labPage.ts';
import { startServer, type TestServer } from './processes.ts';

const chromiumOptions = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export interface Stage {
  readonly server: TestServer;
  /** Opens a page with a profile of its own. Errors on it fail the test, but for those expected. */
  newPage(options?: NewPage): Promise<Page>;
  /** Saves a new lab, stopped and deleted after the test. */
  createLab(text: string): Promise<string>;
  /** A new page that shows a lab. */
  openLab(name: string, options?: NewPage): Promise<LabPage>;
  /** The text that is saved, once it is as wanted. */
  savedText(name: string, isWanted?: (text: string) => boolean): Promise<string>;
  /** Saves over whatever is there, as somebody else would. */
  saveLab(name: string, text: string): Promise<void>;
  /** Ends the server; its port and labs stay for `startAgain`. */
  stopServer(): Promise<void>;
  startServerAgain(): Promise<void>;
}

export interface NewPage {
  context?: BrowserContextOptions;
  /** Console errors that belong to what the test does. */
  expected?: RegExp[];
  /** Another address of the server. */
  at?: string;
}

/**
 * Gives a test file a server with an empty folder and a browser, and takes all away at its end,
 * whatever became of the tests.
 */
export function useStage(options: { env?: Record<string, string> } = {}): Stage {
  let browser: Browser | undefined;
  let server: TestServer | undefined;
  let port = 0;
  const folder = mkdtempSync(join(tmpdir(), 'cnilab-browser-'));
  const errors: string[] = [];
  let pages: Page[] = [];

  const start = async () => {
    server = await startServer({ data: folder, port, ...options });
    port = server.port;
  };
  const running = (): TestServer => {
    if (!server) throw new Error('The server does not run.');
    return server;
  };

  beforeAll(async () => {
    const launch = async () => {
      browser = await chromium.launch(chromiumOptions);
    };
    // Both to their end, so that when one fails the other is known and can be ended.
    for (const outcome of await Promise.allSettled([launch(), start()])) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  });

  afterEach(async ({ task }) => {
    const open = pages;
    pages = [];
    await keepPictures(open, task.name);
    await Promise.all(open.map((page) => page.context().close()));
    const seen = errors.splice(0);
    if (!server) await start();
    const labs = api.listLabs.output.parse(await call('listLabs', {}));
    for (const { name } of labs) await call('deleteLab', { lab: name });
    expect(seen, 'errors on the page').toEqual([]);
  });

  afterAll(async () => {
    await Promise.allSettled([browser?.close(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const newPage = async ({ context, expected = [] }: NewPage = {}): Promise<Page> => {
    if (!browser) throw new Error('The browser does not run.');
    const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
    const page = await own.newPage();
    pages.push(page);
    page.setDefaultTimeout(15_000);
    const report = (text: string) => {
      if (!expected.some((pattern) => pattern.test(text))) errors.push(text);
    };
    page.on('pageerror', (error) => report(String(error.stack)));
    page.on('console', (message) => {
      if (message.type() === 'error') report(`${message.text()} ${message.location().url}`);
    });
    return page;
  };

  const call = async (name: ApiName, input: Record<string, string>): Promise<unknown> => {
    const { method, path } = api[name];
    const { lab = '', ...body } = input;
    const response = await fetch(running().url + path.replace(':lab', lab), {
      method,
      ...(method === 'GET' || method === 'DELETE'
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  return {
    get server() {
      return running();
    },
    newPage,
    createLab: async (text) => api.createLab.output.parse(await call('createLab', { text })).name,
    savedText: (lab, isWanted = () => true) =>
      vi.waitFor(
        async () => {
          const { text } = api.getLab.output.parse(await call('getLab', { lab }));
          if (!isWanted(text)) throw new Error(`The lab ${lab} was not saved as wanted: ${text}`);
          return text;
        },
        { timeout: 10_000, interval: 50 },
      ),
    async openLab(name, more) {
      const page = await newPage(more);
      await page.goto(`${more?.at ?? running().url}/labs/${name}`);
      const lab = new LabPage(page);
      await lab.isOpen();
      return lab;
    },
    async saveLab(lab, text) {
      const { revision } = api.getLab.output.parse(await call('getLab', { lab }));
      await call('saveLab', { lab, text, base: revision });
    },
    async stopServer() {
      await running().stop();
      server = undefined;
    },
    startServerAgain: start,
  };
}

/** Each test leaves a picture of its pages in the folder that `CNILAB_PICTURES` names. */
async function keepPictures(pages: Page[], test: string): Promise<void> {
  const folder = process.env['CNILAB_PICTURES'];
  if (folder === undefined) return;
  const name = test.replace(/[^a-z0-9]+/gi, '-').slice(0, 60);
  for (const [i, page] of pages.entries()) {
    await page.screenshot({ path: join(folder, `${name}-${i + 1}.png`) });
  }
}
