import { benchEvents, benchJoin, benchPage } from './clients.ts';
import { benchHosts } from './hosts.ts';
import { runInside } from './inside.ts';

/** How fast the kernel gets into the model, from there to people, and the other way round. */
export async function benchObserver(): Promise<void> {
  await runInside('observerParts', 'latency');
  await benchEvents(400);
  await benchPage();
  await runInside('observerParts', 'rate', 'snapshot');
  await benchJoin();
  await runInside('namespaces');
  await benchHosts();
}
