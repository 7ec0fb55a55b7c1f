/** Numbers of nfnetlink and of packets, named as in the kernel's uapi headers. */

// linux/netfilter/nfnetlink.h
export const NFNLGRP_CONNTRACK_NEW = 1;
export const NFNLGRP_CONNTRACK_UPDATE = 2;
export const NFNLGRP_CONNTRACK_DESTROY = 3;
export const NFNLGRP_NFTABLES = 7;
export const NFNLGRP_NFTRACE = 9;
export const NFNETLINK_V0 = 0;
export const NFNL_SUBSYS_CTNETLINK = 1;
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;
export const NFNL_BATCH_GENID = 1;

// linux/netlink.h, for attributes only
export const NLA_F_NESTED = 0x8000;

// linux/netfilter.h
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NF_STOLEN = 2;
export const NF_QUEUE = 3;
export const NF_REPEAT = 4;
export const NFPROTO_UNSPEC = 0;
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_ARP = 3;
export const NFPROTO_NETDEV = 5;
export const NFPROTO_BRIDGE = 7;
export const NFPROTO_IPV6 = 10;
export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_LOCAL_IN = 1;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;

// linux/if_ether.h
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;

// linux/in.h
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_DCCP = 33;
export const IPPROTO_GRE = 47;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;
export const IPPROTO_UDPLITE = 136;

/** As in /etc/protocols. */
export const protocolNames: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
  [IPPROTO_DCCP, 'dccp'],
  [41, 'ipv6'],
  [IPPROTO_GRE, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [IPPROTO_ICMPV6, 'icmpv6'],
  [89, 'ospf'],
  [112, 'vrrp'],
  [IPPROTO_SCTP, 'sctp'],
  [IPPROTO_UDPLITE, 'udplite'],
]);
