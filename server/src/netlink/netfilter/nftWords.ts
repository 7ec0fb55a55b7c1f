import type { NftFamily } from './nftTypes.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';

/** nft's words for the kernel's numbers; lists are in the order of the enum, which starts at 0. */

const families: ReadonlyMap<number, NftFamily> = new Map([
  [nf.NFPROTO_INET, 'inet'],
  [nf.NFPROTO_IPV4, 'ip'],
  [nf.NFPROTO_ARP, 'arp'],
  [nf.NFPROTO_NETDEV, 'netdev'],
  [nf.NFPROTO_BRIDGE, 'bridge'],
  [nf.NFPROTO_IPV6, 'ip6'],
]);
const familyNumbers = new Map([...families].map(([number, family]) => [family, number]));

export const familyWord = (number: number | undefined): NftFamily | undefined =>
  number === undefined ? undefined : families.get(number);

export const familyNumber = (family: NftFamily): number =>
  familyNumbers.get(family) ?? nf.NFPROTO_UNSPEC;

/** The word for `number`, or the number as text. */
export const wordAt = (words: readonly string[], number: number): string =>
  words[number] ?? String(number);

const inetHooks = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'];

export function hookWord(family: NftFamily, number: number): string {
  if (family === 'arp') return wordAt(['input', 'output', 'forward'], number);
  if (family === 'netdev') return wordAt(['ingress', 'egress'], number);
  return wordAt(inetHooks, number);
}

export function verdictWord(code: number): string {
  const own = ['continue', 'break', 'jump', 'goto', 'return'][-1 - code];
  // NF_QUEUE has the queue's number in its upper half.
  return own ?? wordAt(['drop', 'accept', 'stolen', 'queue', 'repeat', 'stop'], code & 0xffff);
}

export const tableFlagWords = [
  [0x1, 'dormant'],
  [nft.NFT_TABLE_F_OWNER, 'owner'],
  [0x4, 'persist'],
] as const;

export const setFlagWords = [
  [0x1, 'anonymous'],
  [0x2, 'constant'],
  [0x4, 'interval'],
  [nft.NFT_SET_MAP, 'map'],
  [0x10, 'timeout'],
  [0x20, 'dynamic'],
  [nft.NFT_SET_OBJECT, 'object'],
  [0x80, 'concat'],
  [0x100, 'expr'],
] as const;

/** NF_NAT_RANGE_… */
export const natFlagWords = [
  [1 << 2, 'random'],
  [1 << 3, 'persistent'],
  [1 << 4, 'fully-random'],
  [1 << 6, 'netmap'],
] as const;

/** NFTA_FIB_F_… */
export const fibFlagWords = [
  [1, 'saddr'],
  [2, 'daddr'],
  [4, 'mark'],
  [8, 'iif'],
  [16, 'oif'],
  [32, 'present'],
] as const;

export const metaWords =
  'length protocol priority mark iif oif iifname oifname iiftype oiftype skuid skgid nftrace rtclassid secmark nfproto l4proto ibrname obrname pkttype cpu iifgroup oifgroup cgroup random ipsec iifkind oifkind ibrpvid ibrvproto time day hour sdif sdifname broute'.split(
    ' ',
  );

export const ctWords =
  'state direction status mark secmark expiration helper l3proto src dst protocol proto-src proto-dst label packets bytes avgpkt zone event saddr daddr saddr6 daddr6 id'.split(
    ' ',
  );

export const objectWords = [
  'unspecified',
  'counter',
  'quota',
  'ct helper',
  'limit',
  'ct count',
  'tunnel',
  'ct timeout',
  'secmark',
  'ct expectation',
  'synproxy',
];

export const logLevelWords = 'emerg alert crit err warn notice info debug audit'.split(' ');

/** nft's own numbers for types; the kernel only keeps them. */
const typeWords =
  'invalid verdict nf_proto bitmask integer string lladdr ipv4_addr ipv6_addr ether_addr ether_type arp_op inet_proto inet_service icmp_type tcp_flag dccp_pkttype mh_type time mark iface_index iface_type realm classid uid gid ct_state ct_dir ct_status icmpv6_type ct_label pkt_type icmp_code icmpv6_code icmpx_code devgroup dscp ecn fib_addrtype boolean ct_event ifname igmp_type time day hour cgroupsv2'.split(
    ' ',
  );

/** Of concatenated types every part has 6 bits. */
export function typeNames(number: number): string[] {
  if (number === 0xffff_ff00) return ['verdict'];
  const names: string[] = [];
  for (let rest = number >>> 0; rest !== 0; rest >>>= 6)
    names.unshift(wordAt(typeWords, rest & 0x3f));
  return names;
}
