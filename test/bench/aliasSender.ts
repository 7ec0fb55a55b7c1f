import { setTimeout as sleep } from 'node:timers/promises';
import { openRoute } from '../../server/src/netlink/route/socket.ts';

/**
 * Runs inside a host of a box: makes a bridge and writes the time into its alias, so that whoever
 * hears of the change knows when it was sent. Arguments: how often, and the pause in milliseconds.
 */
const [times = 100, pauseMs = 20] = process.argv.slice(2).map(Number);
const route = openRoute();
route.linkAdd({ kind: 'bridge', name: 'clock' });
const index = route.linkByName('clock')?.index ?? 0;
// The kernel tells nobody about the alias of a link that is down.
route.linkSet(index, { up: true });
for (let i = 0; i < times; i++) {
  await sleep(pauseMs);
  route.linkSet(index, { alias: String(process.hrtime.bigint()) });
}
route.close();
