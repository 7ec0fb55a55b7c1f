import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_NETFILTER,
  SOCK_NONBLOCK,
  SOL_NETLINK,
} from './constants.ts';
import { close, setsockopt } from './libc.ts';
import { readMessages } from './message.ts';
import { drain, openNetlink, setReceiveBuffer } from './netlinkSocket.ts';

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

/**
 * Hears commits to nf_tables (iptables-nft too: one per rule). `ports` are the netlink ports of who
 * committed, which by default equal process ids in the namespace of the listener.
 */
export function openNftMonitor(
  options: MonitorOptions = {},
): Monitor<{ generations: number; ports: number[] }> {
  const fd = openGroups(NETLINK_NETFILTER, [NFNLGRP_NFTABLES], options);
  return {
    fd,
    drain() {
      const ports: number[] = [];
      const overrun = drain(fd, (bytes) => {
        for (const { header } of readMessages(bytes)) {
          if (header.type === NFT_NEWGEN_TYPE) ports.push(header.pid);
        }
      });
      return { generations: ports.length, ports, overrun };
    },
    close: () => close(fd),
  };
}

/** A non-blocking socket in multicast groups, in the calling thread's namespace. */
export function openGroups(
  protocol: number,
  groups: readonly number[],
  options: MonitorOptions = {},
): number {
  const fd = openNetlink(protocol, SOCK_NONBLOCK);
  try {
    setReceiveBuffer(fd, options.receiveBuffer ?? defaultReceiveBuffer);
    for (const group of groups) setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** About 2,000 link messages of 2 KiB each fit into 4 MiB. */
const defaultReceiveBuffer = 4 * 1024 * 1024;

const NFNLGRP_NFTABLES = 7;
const NFT_NEWGEN_TYPE = (10 << 8) | 15;
