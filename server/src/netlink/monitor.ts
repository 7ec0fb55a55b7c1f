import { NETLINK_ADD_MEMBERSHIP, SOCK_NONBLOCK, SOL_NETLINK } from './constants.ts';
import { close, setsockopt } from './libc.ts';
import { openNetlink, setReceiveBuffer } from './netlinkSocket.ts';

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
