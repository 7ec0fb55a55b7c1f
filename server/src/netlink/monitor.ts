import { SOCK_NONBLOCK } from './constants.ts';
import { close, setsockopt } from './libc.ts';
import { readMessages } from './message.ts';
import { drain, openNetlink, setReceiveBuffer } from './netlinkSocket.ts';
import * as rt from './routeConstants.ts';
import { decodeMessages, type DecodedMessage } from './routeDecode.ts';

export interface Monitor<Events> {
  /** Readable when there is something to drain. */
  fd: number;
  /**
   * Everything queued so far, without waiting. After `overrun` the kernel has dropped messages:
   * list everything again. What a system call caused is queued before that call returns.
   */
  drain(): Events & { overrun: boolean };
  close(): void;
}

export interface MonitorOptions {
  /** Bytes to ask for; fewer are given where net.core.rmem_max is lower. */
  receiveBuffer?: number;
}

/** Hears links, neighbours, addresses and routes of the calling thread's network namespace. */
export function openMonitor(options: MonitorOptions = {}): Monitor<{ messages: DecodedMessage[] }> {
  const fd = openGroups(rt.NETLINK_ROUTE, routeGroups, options);
  return {
    fd,
    drain() {
      const messages: DecodedMessage[] = [];
      const overrun = drain(fd, (bytes) => messages.push(...decodeMessages(bytes)));
      return { messages, overrun };
    },
    close: () => close(fd),
  };
}

/**
 * Hears commits to nf_tables (iptables-nft too: one per rule). `ports` are the netlink ports of who
 * committed, which by default equal process ids in the namespace of the listener.
 */
export function openNftMonitor(
  options: MonitorOptions = {},
): Monitor<{ generations: number; ports: number[] }> {
  const fd = openGroups(rt.NETLINK_NETFILTER, [rt.NFNLGRP_NFTABLES], options);
  return {
    fd,
    drain() {
      const ports: number[] = [];
      const overrun = drain(fd, (bytes) => {
        for (const { header } of readMessages(bytes)) {
          if (header.type === rt.NFT_NEWGEN_TYPE) ports.push(header.pid);
        }
      });
      return { generations: ports.length, ports, overrun };
    },
    close: () => close(fd),
  };
}

const routeGroups = [
  rt.RTNLGRP_LINK,
  rt.RTNLGRP_NEIGH,
  rt.RTNLGRP_IPV4_IFADDR,
  rt.RTNLGRP_IPV6_IFADDR,
  rt.RTNLGRP_IPV4_ROUTE,
  rt.RTNLGRP_IPV6_ROUTE,
];

/** About 480 link messages of 2 KiB each fit into 1 MiB. */
const defaultReceiveBuffer = 4 * 1024 * 1024;

function openGroups(protocol: number, groups: number[], options: MonitorOptions): number {
  const fd = openNetlink(protocol, SOCK_NONBLOCK);
  try {
    setReceiveBuffer(fd, options.receiveBuffer ?? defaultReceiveBuffer);
    for (const group of groups) {
      setsockopt(fd, rt.SOL_NETLINK, rt.NETLINK_ADD_MEMBERSHIP, group);
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
