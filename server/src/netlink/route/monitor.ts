import { NETLINK_ROUTE } from '../constants.ts';
import { close } from '../libc.ts';
import { openGroups, type Monitor, type MonitorOptions } from '../monitor.ts';
import { drain } from '../netlinkSocket.ts';
import * as rt from './constants.ts';
import { decodeMessages, type RouteMessage } from './decode.ts';

/** What a monitor can hear of. `bridgeVlan`: VLANs of bridge ports. */
const groups = {
  link: [rt.RTNLGRP_LINK],
  neighbour: [rt.RTNLGRP_NEIGH],
  address: [rt.RTNLGRP_IPV4_IFADDR, rt.RTNLGRP_IPV6_IFADDR],
  route: [rt.RTNLGRP_IPV4_ROUTE, rt.RTNLGRP_IPV6_ROUTE],
  rule: [rt.RTNLGRP_IPV4_RULE, rt.RTNLGRP_IPV6_RULE],
  trafficControl: [rt.RTNLGRP_TC],
  netconf: [rt.RTNLGRP_IPV4_NETCONF, rt.RTNLGRP_IPV6_NETCONF],
  nsid: [rt.RTNLGRP_NSID],
  bridgeVlan: [rt.RTNLGRP_BRVLAN],
};
export type RouteGroup = keyof typeof groups;

export interface RouteMonitorOptions extends MonitorOptions {
  /** Links, neighbours (with the FDB), addresses and routes unless given. */
  groups?: readonly RouteGroup[];
}

/** Hears what changes in the calling thread's network namespace, from now on. */
export function openMonitor(
  options: RouteMonitorOptions = {},
): Monitor<{ messages: RouteMessage[] }> {
  const asked = options.groups ?? ['link', 'neighbour', 'address', 'route'];
  const numbers = asked.flatMap((group) => groups[group]);
  const fd = openGroups(NETLINK_ROUTE, numbers, options);
  return {
    fd,
    drain() {
      const messages: RouteMessage[] = [];
      const overrun = drain(fd, (bytes) => messages.push(...decodeMessages(bytes)));
      return { messages, overrun };
    },
    close: () => close(fd),
  };
}
