import type { Family } from '@cnilab/shared/cni/ip';
import { NLM_F_DUMP, NLM_F_REQUEST } from '../constants.ts';
import { message, readAttributes } from '../message.ts';
import * as rt from './constants.ts';
import { readFields, s32 } from './fields.ts';
import { familyOf } from './values.ts';

/** Settings of IP that the kernel tells by netlink when somebody writes the sysctl. */
export interface Netconf {
  family: Family;
  /** An interface index, or which of the two that stand for others. */
  scope: number | 'all' | 'default';
  /** By the names of sysctls: `forwarding`, `rp_filter`, … */
  values: Record<string, number>;
}

/** Numbers of NETCONFA_…, the names those of the files under /proc/sys/net/ipv4/conf/IFACE. */
const fields = {
  index: s32(1),
  forwarding: s32(2),
  rp_filter: s32(3),
  mc_forwarding: s32(4),
  /** In IPv6 `proxy_ndp`. */
  proxy_arp: s32(5),
  ignore_routes_with_linkdown: s32(6),
  bc_forwarding: s32(8),
};
const NETCONFA_IFINDEX_ALL = -1;
const NETCONFA_IFINDEX_DEFAULT = -2;

/** struct netconfmsg: family, padding */
const netconfmsgSize = 4;

export function decodeNetconf(payload: Buffer): Netconf | undefined {
  const family = familyOf(payload[0]);
  if (payload.length < netconfmsgSize || family === undefined) return undefined;
  const told = readFields(fields, readAttributes(payload, netconfmsgSize));
  const { index, proxy_arp: proxy, ...others } = told;
  if (index === undefined) return undefined;
  const scope =
    index === NETCONFA_IFINDEX_ALL ? 'all' : index === NETCONFA_IFINDEX_DEFAULT ? 'default' : index;
  const values = { ...others, [family === 6 ? 'proxy_ndp' : 'proxy_arp']: proxy };
  return {
    family,
    scope,
    values: Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
  };
}

/** A dump of one family: all interfaces, and the two that stand for others. */
export function netconfListRequest(family: Family): Buffer {
  const header = Buffer.alloc(netconfmsgSize);
  header[0] = family === 4 ? 2 : 10;
  return message(rt.RTM_GETNETCONF, NLM_F_REQUEST | NLM_F_DUMP, [header]);
}
