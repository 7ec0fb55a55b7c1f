import type { Change } from '@cnilab/shared/live/events';
import type { Counter, Table } from '@cnilab/shared/live/firewall';
import { changedCounters, diffFirewall } from '@cnilab/shared/live/firewallDiff';
import { isErrno } from '../netlink/errno.ts';
import { openTransactionMonitor } from '../netlink/netfilter/monitors.ts';
import type { NftTransaction } from '../netlink/netfilter/nftTypes.ts';
import type { Reactor } from '../netlink/reactor.ts';
import { createFirewallReader, traceTable } from './firewallReader.ts';
import { insideNet, type Space } from './space.ts';

/** Follows the packet filter of one namespace. */
export interface FirewallWatch {
  /** Hears the commits that the kernel has queued, without waiting; the rules are read later. */
  drain(): void;
  /**
   * Reads the counters, and what raises no event (legacy tables), and tells what differs. For
   * somebody who looks at them.
   */
  refresh(): Promise<void>;
  close(): void;
}

export interface FirewallListener {
  /** The tables as they were told last. */
  tables(): Table[];
  tell(change: Change): void;
  /** Somebody committed changes; which step it was is known now, what they say is told later. */
  committed(transactions: readonly NftTransaction[]): void;
}

/**
 * A plugin commits rule by rule, some 14 within 60 ms: the rules are read once it pauses for so
 * long, but not later than the second time after its first commit.
 */
const pauseMs = 40;
const latestMs = 200;

export function watchFirewall(
  space: Space,
  reactor: Reactor,
  listener: FirewallListener,
): FirewallWatch {
  const monitor = insideNet(space, () => openTransactionMonitor());
  const reader = createFirewallReader(space);
  let planned: { timer: NodeJS.Timeout; latest: number } | undefined;
  let reading: Promise<void> | undefined;
  let isOutdated = false;
  let closed = false;

  const read = async () => {
    const tables = await reader.read();
    if (closed) return;
    const { changes, counters } = diffFirewall(listener.tables(), tables);
    if (changes.length > 0) {
      listener.tell({ event: 'firewall.change', namespace: space.id, changes });
    }
    tellCounters(counters);
  };
  const tellCounters = (counters: Counter[]) => {
    if (counters.length === 0) return;
    listener.tell({ event: 'firewall.count', namespace: space.id, counters });
  };

  /** One reading at a time; a change meanwhile asks for another one. */
  const readNow = async (): Promise<void> => {
    planned = undefined;
    if (reading) {
      isOutdated = true;
      return;
    }
    isOutdated = false;
    reading = read().catch((error: unknown) => {
      // Changed during every dump, so more is coming; without nf_tables there is nothing to tell.
      isOutdated ||= isErrno(error, 'EINTR');
    });
    await reading;
    reading = undefined;
    if (isOutdated && !closed) plan();
  };
  const plan = () => {
    const now = performance.now();
    const latest = planned?.latest ?? now + latestMs;
    clearTimeout(planned?.timer);
    const wait = Math.max(0, Math.min(pauseMs, latest - now));
    planned = { timer: setTimeout(() => void readNow(), wait), latest };
  };

  const drain = () => {
    const { events, overrun } = monitor.drain();
    const foreign = events.filter(({ changes }) => changes.some((change) => !isOwn(change)));
    if (foreign.length > 0) listener.committed(foreign);
    if (foreign.length > 0 || overrun) plan();
  };
  const unwatch = reactor.watch(monitor.fd, drain);
  // What was there before.
  plan();

  return {
    drain,
    async refresh() {
      if (reader.hasLegacy() || listener.tables().some(({ backend }) => backend === 'legacy')) {
        await (reading ?? readNow());
      } else tellCounters(changedCounters(listener.tables(), reader.counters()));
    },
    close() {
      closed = true;
      clearTimeout(planned?.timer);
      unwatch();
      monitor.close();
      reader.close();
    },
  };
}

/** Of the agent's own table. */
const isOwn = (change: NftTransaction['changes'][number]): boolean => {
  switch (change.kind) {
    case 'table.set':
      return change.table.name === traceTable;
    case 'table.del':
      return change.name === traceTable;
    case 'chain.set':
      return change.chain.table === traceTable;
    case 'rule.set':
      return change.rule.table === traceTable;
    case 'set.set':
      return change.set.table === traceTable;
    case 'object.set':
      return change.object.table === traceTable;
    case 'other':
      return false;
    default:
      return change.table === traceTable;
  }
};
