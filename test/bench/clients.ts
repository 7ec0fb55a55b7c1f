import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { findTool } from '../../server/src/box/tools.ts';
import { firstSnapshot, labOf, runOnHost, sendOnHost, withLab } from './benchLab.ts';
import { monotonic, sentAt } from './clock.ts';
import { median, milliseconds, percentile } from './figures.ts';

/** From the netlink send in a host to a socket.io client on the same machine. */
export async function benchEvents(times: number): Promise<void> {
  await withLab(labOf(1), async ({ connect }) => {
    const client = connect();
    const latencies: number[] = [];
    client.on('events', (_lab, _run, events) => {
      const now = monotonic();
      for (const event of events) {
        const alias = event.event === 'link.change' ? event.link.alias : undefined;
        if (alias) latencies.push(now - sentAt(alias));
      }
    });
    await firstSnapshot(client);
    await sendOnHost(client, times, 40);
    console.log(
      `event latency          p50 ${milliseconds(percentile(latencies, 0.5))}, p99 ${milliseconds(percentile(latencies, 0.99))} from the netlink send to the socket.io client (${latencies.length} of ${times} events)`,
    );
  });
}

/** What a browser that opens a running lab waits for, against asking `ip` in each of its pods. */
export async function benchJoin(): Promise<void> {
  const pods = 200;
  await withLab(labOf(pods), async ({ connect }) => {
    const asking = connect();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = -1; round < 5; round++) {
      const client = connect();
      await new Promise<void>((resolve) => client.once('connect', resolve));
      const started = performance.now();
      const { namespaces } = await firstSnapshot(client);
      const known = performance.now();
      client.close();
      const links = Object.values(namespaces).flatMap((namespace) => namespace.links);
      if (links.length < 2 * pods) throw new Error('the snapshot lacks something');
      const before = performance.now();
      const loop = 'for pod in $(ls /run/netns); do ip -n $pod -j address; done';
      await runOnHost(asking, ['sh', '-c', loop]);
      if (round < 0) continue;
      ours.push(known - started);
      theirs.push(performance.now() - before);
    }
    console.log(
      `snapshot for a client  ${milliseconds(median(ours))} for ${pods} pods; ip -j address in each ${milliseconds(median(theirs))}; ` +
        `${(median(theirs) / median(ours)).toFixed(0)} times faster`,
    );
  });
}

/** From a command to the frame of a browser that shows what it did. */
export async function benchPage(): Promise<void> {
  const executablePath = findTool('chromium');
  if (executablePath === undefined) {
    console.log('command to picture     not measured: chromium is not installed');
    return;
  }
  await withLab(labOf(2), async ({ url, connect }) => {
    const asUser = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const args = ['--headless', '--disable-gpu', '--disable-background-networking', ...asUser];
    const browser = await chromium.launch({ executablePath, args });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`${url}labs/bench`);
      await page.getByText(/^Live · \d+ up$/).waitFor();
      await sleep(1000);
      await page.evaluate(watchPictures);
      const client = connect();
      const times = 30;
      // The name is the time, in microseconds without its first two digits.
      const make = 'name=t$(date +%s%6N | cut -c3-); ip link add $name type bridge';
      const loop = `for i in $(seq ${times}); do ${make}; sleep 0.4; ip link del $name; sleep 0.4; done`;
      await runOnHost(client, ['sh', '-c', loop]);
      const seen = await page.evaluate<number[]>('window.picturesAfterMs');
      console.log(
        `command to picture     p50 ${milliseconds(percentile(seen, 0.5))}, p99 ${milliseconds(percentile(seen, 0.99))} from before ip starts to the frame on the page (${seen.length} of ${times})`,
      );
    } finally {
      await browser.close();
    }
  });
}

/** Runs in the page: notes when each link whose name is a time is drawn for the first time. */
const watchPictures = `{
  const { cy } = document.querySelector('[data-testid=canvas]').canvasNode;
  const seen = new Set();
  window.picturesAfterMs = [];
  cy.on('render', () => {
    const now = (performance.timeOrigin + performance.now()) * 1000;
    for (const node of cy.nodes()) {
      const name = /^link:node1\\/t(\\d{14})$/.exec(node.id())?.[1];
      if (name === undefined || seen.has(name)) continue;
      seen.add(name);
      window.picturesAfterMs.push(((now % 1e14) - Number(name)) / 1000);
    }
  });
}`;
