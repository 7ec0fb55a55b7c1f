import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_NETFILTER,
  SOCK_NONBLOCK,
  SOL_NETLINK,
} from '../constants.ts';
import { close, setsockopt } from '../libc.ts';
import { readMessages } from '../message.ts';
import { drain, openNetlink, setReceiveBuffer } from '../netlinkSocket.ts';
import { decodeFlowEvent, type FlowEvent } from './conntrack.ts';
import * as nf from './nfnetlinkConstants.ts';
import type { NftTransaction } from './nftTypes.ts';
import { decodeTrace, type TraceStep } from './trace.ts';
import { createTransactionReader } from './transactions.ts';

/** What happens in the packet filter of the network namespace that the calling thread is in. */
export interface NetfilterMonitor<Event> {
  /** Readable when there is something to drain. */
  fd: number;
  /**
   * Everything queued so far, without waiting. After `overrun` the kernel has dropped messages:
   * read everything again. What a system call caused is queued before that call returns.
   */
  drain(): { events: Event[]; overrun: boolean };
  close(): void;
}

export interface NetfilterMonitorOptions {
  /** Bytes to ask for, 1 MiB unless given; fewer are given where net.core.rmem_max is lower. */
  receiveBuffer?: number;
}

/**
 * Hears every commit to nf_tables. Leave out those whose generation is not above that of a ruleset:
 * they are in it already, and of one that an overrun cut in two the rest may still come.
 */
export function openTransactionMonitor(
  options: NetfilterMonitorOptions = {},
): NetfilterMonitor<NftTransaction> {
  const reader = createTransactionReader();
  const fd = openGroups([nf.NFNLGRP_NFTABLES], options);
  return {
    fd,
    drain() {
      const events: NftTransaction[] = [];
      const overrun = drain(fd, (bytes) => events.push(...reader.read(bytes)));
      // The end of a commit may be what was dropped.
      if (overrun) reader.reset();
      return { events, overrun };
    },
    close: () => close(fd),
  };
}

/** Hears connections that begin, change and end; many of them under load, so listen on demand. */
export function openFlowMonitor(
  options: NetfilterMonitorOptions = {},
): NetfilterMonitor<FlowEvent> {
  const groups = [
    nf.NFNLGRP_CONNTRACK_NEW,
    nf.NFNLGRP_CONNTRACK_UPDATE,
    nf.NFNLGRP_CONNTRACK_DESTROY,
  ];
  return openDecoding(groups, options, decodeFlowEvent);
}

/** Hears what rules do to the packets that a trace table picks. */
export function openTraceMonitor(
  options: NetfilterMonitorOptions = {},
): NetfilterMonitor<TraceStep> {
  return openDecoding([nf.NFNLGRP_NFTRACE], options, decodeTrace);
}

function openDecoding<Event>(
  groups: readonly number[],
  options: NetfilterMonitorOptions,
  decode: (message: ReturnType<typeof readMessages>[number]) => Event | undefined,
): NetfilterMonitor<Event> {
  const fd = openGroups(groups, options);
  return {
    fd,
    drain() {
      const events: Event[] = [];
      const overrun = drain(fd, (bytes) => {
        for (const message of readMessages(bytes)) {
          const event = decode(message);
          if (event !== undefined) events.push(event);
        }
      });
      return { events, overrun };
    },
    close: () => close(fd),
  };
}

function openGroups(groups: readonly number[], options: NetfilterMonitorOptions): number {
  const fd = openNetlink(NETLINK_NETFILTER, SOCK_NONBLOCK);
  try {
    setReceiveBuffer(fd, options.receiveBuffer ?? 1024 * 1024);
    for (const group of groups) {
      setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
