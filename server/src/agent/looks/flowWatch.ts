import { maxFlows } from '@cnilab/shared/live/flows';
import type { Seen } from '@cnilab/shared/live/look';
import { readFlows } from '../../netlink/netfilter/flowsDump.ts';
import { openFlowMonitor } from '../../netlink/netfilter/monitors.ts';
import type { Reactor } from '../../netlink/reactor.ts';
import { messageOf } from '../failure.ts';
import { insideNet, type Space } from '../space.ts';
import { createFlowTable } from './flowTable.ts';

/** About one screen frame. */
const frameMs = 16;
/** Counters and times of expiry raise no events. */
const readAgainMs = 1000;
/** After more than the kernel could keep for us: so long nobody listens, which costs nothing. */
const recoverMs = 250;
/** So much is worth hearing one by one; after more a reading of `maxFlows` is cheaper. */
const receiveBuffer = 256 * 1024;

/**
 * Tells the connections of a namespace, and then what becomes of them in batches of a frame, until
 * it is closed. A flood costs no more than a few readings a second.
 */
export function watchFlows(
  space: Space,
  reactor: Reactor,
  tell: (seen: Seen) => void,
): { close(): void } {
  const table = createFlowTable(Date.now);
  let listening: { drain: () => void; close: () => void } | undefined;
  let reading: NodeJS.Timeout | undefined;
  let flushing: { cancel: () => void } | undefined;
  let lastTold = -Infinity;

  const flush = () => {
    flushing = undefined;
    const seen = table.take();
    if (!seen) return;
    lastTold = performance.now();
    tell(seen);
  };
  const planFlush = () => {
    if (flushing) return;
    const wait = lastTold + frameMs - performance.now();
    if (wait <= 0) {
      const planned = setImmediate(flush);
      flushing = { cancel: () => clearImmediate(planned) };
    } else {
      const planned = setTimeout(flush, wait);
      flushing = { cancel: () => clearTimeout(planned) };
    }
  };

  const planReading = (ms: number) => {
    clearTimeout(reading);
    reading = setTimeout(read, ms);
  };
  const mute = () => {
    listening?.close();
    listening = undefined;
  };
  const listen = () => {
    const monitor = insideNet(space, () => openFlowMonitor({ receiveBuffer }));
    const drain = () => {
      const { events, overrun } = monitor.drain();
      events.forEach(table.hear);
      planFlush();
      if (!overrun) return;
      mute();
      planReading(recoverMs);
    };
    const unwatch = reactor.watch(monitor.fd, drain);
    const close = () => {
      unwatch();
      monitor.close();
    };
    listening = { drain, close };
  };

  const read = () => {
    try {
      // What is queued is older than what is read now.
      listening?.drain();
      if (!listening) listen();
      const { flows, total } = insideNet(space, () => readFlows(maxFlows));
      table.read(flows, total);
      planFlush();
      planReading(readAgainMs);
    } catch (error) {
      close();
      tell({ at: 'nothing', problem: `The connections cannot be read: ${messageOf(error)}` });
    }
  };
  const close = () => {
    clearTimeout(reading);
    flushing?.cancel();
    mute();
  };

  read();
  return { close };
}
