/** Numbers of linux/netfilter/nfnetlink_conntrack.h and nf_conntrack_common.h, named as there. */

export const IPCTNL_MSG_CT_NEW = 0;
export const IPCTNL_MSG_CT_GET = 1;
export const IPCTNL_MSG_CT_DELETE = 2;
export const IPCTNL_MSG_CT_GET_STATS = 5;

export const CTA_TUPLE_ORIG = 1;
export const CTA_TUPLE_REPLY = 2;
export const CTA_STATUS = 3;
export const CTA_PROTOINFO = 4;
export const CTA_HELP = 5;
export const CTA_TIMEOUT = 7;
export const CTA_MARK = 8;
export const CTA_COUNTERS_ORIG = 9;
export const CTA_COUNTERS_REPLY = 10;
export const CTA_ID = 12;
export const CTA_TUPLE_MASTER = 14;
export const CTA_ZONE = 18;
export const CTA_TIMESTAMP = 20;

export const CTA_TUPLE_IP = 1;
export const CTA_TUPLE_PROTO = 2;
export const CTA_TUPLE_ZONE = 3;
export const CTA_IP_V4_SRC = 1;
export const CTA_IP_V4_DST = 2;
export const CTA_IP_V6_SRC = 3;
export const CTA_IP_V6_DST = 4;
export const CTA_PROTO_NUM = 1;
export const CTA_PROTO_SRC_PORT = 2;
export const CTA_PROTO_DST_PORT = 3;
export const CTA_PROTO_ICMP_ID = 4;
export const CTA_PROTO_ICMP_TYPE = 5;
export const CTA_PROTO_ICMP_CODE = 6;
export const CTA_PROTO_ICMPV6_ID = 7;
export const CTA_PROTO_ICMPV6_TYPE = 8;
export const CTA_PROTO_ICMPV6_CODE = 9;
export const CTA_PROTOINFO_TCP = 1;
export const CTA_PROTOINFO_TCP_STATE = 1;
export const CTA_COUNTERS_PACKETS = 1;
export const CTA_COUNTERS_BYTES = 2;
export const CTA_TIMESTAMP_START = 1;
export const CTA_TIMESTAMP_STOP = 2;
export const CTA_HELP_NAME = 1;
export const CTA_STATS_GLOBAL_ENTRIES = 1;

/** IPS_…; the two that say who is translated in the words of conntrack(8). */
export const statusWords = [
  [1 << 0, 'EXPECTED'],
  [1 << 1, 'SEEN_REPLY'],
  [1 << 2, 'ASSURED'],
  [1 << 3, 'CONFIRMED'],
  [1 << 4, 'SNAT'],
  [1 << 5, 'DNAT'],
  [1 << 6, 'SEQ_ADJUST'],
  [1 << 7, 'SRC_NAT_DONE'],
  [1 << 8, 'DST_NAT_DONE'],
  [1 << 9, 'DYING'],
  [1 << 10, 'FIXED_TIMEOUT'],
  [1 << 11, 'TEMPLATE'],
  [1 << 13, 'HELPER'],
  [1 << 14, 'OFFLOAD'],
  [1 << 15, 'HW_OFFLOAD'],
] as const;

/** TCP_CONNTRACK_… */
export const tcpStates = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
];
