import { writeSync } from 'node:fs';
import { CLONE_NEWNET, O_CLOEXEC } from '../../server/src/netlink/constants.ts';
import { close, open, setns } from '../../server/src/netlink/libc.ts';
import { openRoute } from '../../server/src/netlink/route/socket.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Writes the time into the alias of a link, over and over at a rate, so that whoever hears of the
 * change knows when it was sent. Arguments: rate a second, how many, the name of the link, and the
 * namespaces that have one, as paths; these take turns. Prints how many milliseconds that took.
 */
const [rateText, timesText, name = '', ...paths] = process.argv.slice(2);
const [rate, times] = [Number(rateText), Number(timesText)];

const links = paths.map((path) => {
  const net = open(path, O_CLOEXEC);
  setns(net, CLONE_NEWNET);
  close(net);
  const route = openRoute();
  const link = route.linkByName(name);
  if (!link) throw new Error(`${path} has no link ${name}`);
  return { route, index: link.index };
});

/** The most that one system call sends, and the longest time without one. */
const batch = 50;
const tickMs = 2;

const started = performance.now();
let sent = 0;
while (sent < times) {
  await sleep(tickMs);
  const due = Math.min(times, Math.ceil(((performance.now() - started) * rate) / 1000)) - sent;
  // One namespace after the other gets a run of them, as from a plugin or a script in it.
  for (let left = due; left > 0; left -= batch) {
    const link = links[Math.floor(sent / batch) % links.length];
    const count = Math.min(left, batch);
    link?.route.batch((changes) => {
      for (let i = 0; i < count; i++) {
        changes.linkSet(link.index, { alias: `${process.hrtime.bigint()}.${i}` });
      }
    });
    sent += count;
  }
}
writeSync(1, `${performance.now() - started}\n`);
process.exit(0);
