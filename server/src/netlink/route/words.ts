/** The words of iproute2 for numbers, and back. Numbers without a word are written as numbers. */

export type Words = ReadonlyMap<number, string>;

export const word = (words: Words, number: number): string => words.get(number) ?? String(number);

/** Undefined when it is neither one of the words nor a number. */
export function numberOf(words: Words, text: string): number | undefined {
  for (const [number, name] of words) if (name === text) return number;
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined;
}

/** The words of the bits that are set, in the order of the table; unknown bits are left out. */
export function flagWords(words: Words, flags: number): string[] {
  const set: string[] = [];
  if (flags !== 0) for (const [bit, name] of words) if ((flags & bit) !== 0) set.push(name);
  return set;
}

export const scopes: Words = new Map([
  [0, 'global'],
  [200, 'site'],
  [253, 'link'],
  [254, 'host'],
  [255, 'nowhere'],
]);
export const protocols: Words = new Map([
  [0, 'unspec'],
  [1, 'redirect'],
  [2, 'kernel'],
  [3, 'boot'],
  [4, 'static'],
  [8, 'gated'],
  [9, 'ra'],
  [10, 'mrt'],
  [11, 'zebra'],
  [12, 'bird'],
  [13, 'dnrouted'],
  [14, 'xorp'],
  [15, 'ntk'],
  [16, 'dhcp'],
  [18, 'keepalived'],
  [42, 'babel'],
  [186, 'bgp'],
  [187, 'isis'],
  [188, 'ospf'],
  [189, 'rip'],
  [192, 'eigrp'],
]);
export const routeTypes: Words = new Map([
  [0, 'none'],
  [1, 'unicast'],
  [2, 'local'],
  [3, 'broadcast'],
  [4, 'anycast'],
  [5, 'multicast'],
  [6, 'blackhole'],
  [7, 'unreachable'],
  [8, 'prohibit'],
  [9, 'throw'],
  [10, 'nat'],
  [11, 'xresolve'],
]);
/** `cloned`: a cached entry or the answer to a question, not a route that somebody set. */
export const routeFlags: Words = new Map([
  [0x200, 'cloned'],
  [1, 'dead'],
  [4, 'onlink'],
  [2, 'pervasive'],
  [8, 'offload'],
  [0x40, 'trap'],
  [0x10, 'linkdown'],
  [0x20, 'unresolved'],
  [0x4000, 'rt_offload'],
  [0x8000, 'rt_trap'],
  [0x2000_0000, 'rt_offload_failed'],
]);
export const routePreferences: Words = new Map([
  [0, 'medium'],
  [1, 'high'],
  [3, 'low'],
]);
export const encapTypes: Words = new Map([
  [1, 'mpls'],
  [2, 'ip'],
  [3, 'ila'],
  [4, 'ip6'],
  [5, 'seg6'],
  [6, 'bpf'],
  [7, 'seg6local'],
  [8, 'rpl'],
  [9, 'ioam6'],
  [10, 'xfrm'],
]);
export const ruleActions: Words = new Map([
  [1, 'lookup'],
  [2, 'goto'],
  [3, 'nop'],
  [6, 'blackhole'],
  [7, 'unreachable'],
  [8, 'prohibit'],
]);
export const ipProtocols: Words = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [58, 'ipv6-icmp'],
  [132, 'sctp'],
]);
export const operStates: Words = new Map([
  [0, 'UNKNOWN'],
  [1, 'NOTPRESENT'],
  [2, 'DOWN'],
  [3, 'LOWERLAYERDOWN'],
  [4, 'TESTING'],
  [5, 'DORMANT'],
  [6, 'UP'],
]);
export const linkFlags: Words = new Map([
  [0x8, 'LOOPBACK'],
  [0x2, 'BROADCAST'],
  [0x10, 'POINTOPOINT'],
  [0x1000, 'MULTICAST'],
  [0x80, 'NOARP'],
  [0x200, 'ALLMULTI'],
  [0x100, 'PROMISC'],
  [0x400, 'MASTER'],
  [0x800, 'SLAVE'],
  [0x4, 'DEBUG'],
  [0x8000, 'DYNAMIC'],
  [0x4000, 'AUTOMEDIA'],
  [0x2000, 'PORTSEL'],
  [0x20, 'NOTRAILERS'],
  [0x1, 'UP'],
  [0x1_0000, 'LOWER_UP'],
  [0x2_0000, 'DORMANT'],
  [0x4_0000, 'ECHO'],
]);
export const linkModes: Words = new Map([
  [0, 'DEFAULT'],
  [1, 'DORMANT'],
]);
export const linkTypes: Words = new Map([
  [1, 'ether'],
  [32, 'infiniband'],
  [512, 'ppp'],
  [768, 'ipip'],
  [769, 'tunnel6'],
  [772, 'loopback'],
  [776, 'sit'],
  [778, 'gre'],
  [823, 'gre6'],
  [824, 'netlink'],
  [65534, 'none'],
]);
export const addressGenerationModes: Words = new Map([
  [0, 'eui64'],
  [1, 'none'],
  [2, 'stable_secret'],
  [3, 'random'],
]);
/** 1 means `secondary` for IPv4 and `temporary` for IPv6. */
export const addressFlags: Words = new Map([
  [0x01, 'secondary'],
  [0x02, 'nodad'],
  [0x04, 'optimistic'],
  [0x08, 'dadfailed'],
  [0x10, 'home'],
  [0x20, 'deprecated'],
  [0x40, 'tentative'],
  [0x80, 'permanent'],
  [0x100, 'mngtmpaddr'],
  [0x200, 'noprefixroute'],
  [0x400, 'autojoin'],
  [0x800, 'stable-privacy'],
]);
export const addressProtocols: Words = new Map([
  [1, 'kernel_lo'],
  [2, 'kernel_ra'],
  [3, 'kernel_ll'],
]);
export const neighbourStates: Words = new Map([
  [0x00, 'NONE'],
  [0x01, 'INCOMPLETE'],
  [0x02, 'REACHABLE'],
  [0x04, 'STALE'],
  [0x08, 'DELAY'],
  [0x10, 'PROBE'],
  [0x20, 'FAILED'],
  [0x40, 'NOARP'],
  [0x80, 'PERMANENT'],
]);
export const neighbourFlags: Words = new Map([
  [0x01, 'use'],
  [0x02, 'self'],
  [0x80, 'router'],
  [0x10, 'extern_learn'],
  [0x20, 'offload'],
  [0x04, 'master'],
  [0x40, 'sticky'],
  [0x08, 'proxy'],
]);
export const extendedNeighbourFlags: Words = new Map([
  [1, 'managed'],
  [2, 'locked'],
]);
/** The bridge calls a table entry that lives on `static`, and one that ages nothing. */
export const fdbStates: Words = new Map([
  [0x80, 'permanent'],
  [0x40, 'static'],
  [0x04, 'stale'],
  [0x02, ''],
]);
export const vlanProtocols: Words = new Map([
  [0x8100, '802.1Q'],
  [0x88a8, '802.1ad'],
]);
export const portStates: Words = new Map([
  [0, 'disabled'],
  [1, 'listening'],
  [2, 'learning'],
  [3, 'forwarding'],
  [4, 'blocking'],
]);
