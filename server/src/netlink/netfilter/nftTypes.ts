/**
 * What nf_tables holds, in the words of nft. Handles are unique within a table. Bytes whose meaning
 * the library does not know (register values, data of xt extensions, keys of sets) are hex text.
 */

export type NftFamily = 'inet' | 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';

export interface NftCounter {
  packets: number;
  bytes: number;
}

export interface NftTable {
  family: NftFamily;
  name: string;
  handle: number;
  /** `dormant`, `owner`, `persist` */
  flags: string[];
  /** Netlink port of the process that the table belongs to and goes with. */
  owner?: number;
  comment?: string;
}

export interface NftChain {
  family: NftFamily;
  table: string;
  name: string;
  handle: number;
  /** Set for chains that packets enter from a hook. */
  base?: NftBase;
  comment?: string;
}

export interface NftBase {
  /** `filter`, `nat` or `route` */
  type: string;
  hook: string;
  priority: number;
  policy: 'accept' | 'drop';
  /** Of packets that the policy decided; absent where nobody counts them. */
  counter?: NftCounter;
  /** Interfaces, for ingress and egress. */
  devices?: string[];
}

export interface NftRule {
  family: NftFamily;
  table: string;
  chain: string;
  handle: number;
  expressions: NftExpression[];
  /** What iptables-nft asks its extensions to check. */
  compat?: { protocol: number; inverted: boolean };
  /** From nft's user data or from iptables' match `comment`. */
  comment?: string;
}

export interface NftVerdict {
  /** `accept`, `drop`, `jump`, `goto`, `return`, `continue`, `break`, `queue`, … */
  verdict: string;
  /** Where `jump` and `goto` lead. */
  chain?: string;
}

/** `sreg` and `dreg` are the registers that an expression reads and writes. */
export type NftExpression =
  | { type: 'meta'; key: string; dreg?: number; sreg?: number }
  | { type: 'payload'; base: string; offset: number; length: number; dreg?: number; sreg?: number }
  | { type: 'cmp'; op: string; sreg: number; data: string }
  | { type: 'range'; op: string; sreg: number; from: string; to: string }
  | {
      type: 'bitwise';
      op: string;
      sreg: number;
      dreg: number;
      length: number;
      mask?: string;
      xor?: string;
      /** Bits to shift by. */
      data?: string;
    }
  | { type: 'byteorder'; op: string; sreg: number; dreg: number; length: number; size: number }
  | ({ type: 'immediate'; dreg: number } & NftData)
  | ({ type: 'counter' } & NftCounter)
  | {
      type: 'nat';
      nat: 'snat' | 'dnat';
      family: NftFamily;
      addressMin?: number;
      addressMax?: number;
      portMin?: number;
      portMax?: number;
      flags: string[];
    }
  | { type: 'masq' | 'redir'; portMin?: number; portMax?: number; flags: string[] }
  | { type: 'ct'; key: string; direction?: 'original' | 'reply'; dreg?: number; sreg?: number }
  | { type: 'lookup'; set: string; sreg: number; dreg?: number; inverted: boolean }
  | {
      type: 'dynset';
      op: string;
      set: string;
      sreg: number;
      /** Register of the data, for maps. */
      dataSreg?: number;
      timeoutMs?: number;
    }
  | {
      type: 'limit';
      /** Per `seconds`. */
      rate: number;
      seconds: number;
      burst: number;
      of: 'packets' | 'bytes';
      inverted: boolean;
    }
  | { type: 'quota'; bytes: number; used: number; inverted: boolean }
  | { type: 'log'; prefix?: string; level?: string; group?: number; snaplen?: number }
  | { type: 'reject'; with: string; code?: number }
  | { type: 'objref'; object: string; name: string }
  | { type: 'objref'; set: string; sreg: number }
  | { type: 'fib'; result: string; flags: string[]; dreg: number }
  /** Extensions of iptables, with the bytes of their struct. */
  | { type: 'match' | 'target'; name: string; revision: number; info: string }
  /** Unknown to the library, or malformed; `data` are its attributes. */
  | { type: 'other'; name: string; data: string };

/** A value or a verdict. */
export type NftData = { data: string } | NftVerdict;

export interface NftSet {
  family: NftFamily;
  table: string;
  name: string;
  handle: number;
  /** `anonymous`, `constant`, `interval`, `map`, `timeout`, `dynamic`, `object`, `concat`, … */
  flags: string[];
  /** Types of the parts of a key, such as `ipv4_addr`, `inet_service`. */
  keyType: string[];
  keyLength: number;
  /** What a map leads to: types of data, `verdict`, or the kind of object. */
  dataType?: string[];
  timeoutMs?: number;
  /** The most elements that it may have. */
  size?: number;
  comment?: string;
}

export interface NftElement {
  /** Absent for the element that stands for all keys without one. */
  key?: string;
  keyEnd?: string;
  value?: NftData | { object: string };
  /** The key is the first one behind an interval. */
  intervalEnd: boolean;
  timeoutMs?: number;
  expiresMs?: number;
  comment?: string;
  /** Such as counters. */
  expressions?: NftExpression[];
}

/** A named counter, quota, limit, …; only counters are told in full. */
export interface NftObject {
  family: NftFamily;
  table: string;
  name: string;
  handle: number;
  object: string;
  counter?: NftCounter;
  comment?: string;
}

export interface NftGeneration {
  generation: number;
  /**
   * In an event who committed it, in an answer who asked: the first 15 bytes of the program's name.
   * Its pid there counts in the first pid namespace; see the port of NftTransaction.
   */
  processName?: string;
}

/** Enough to know what has gone. */
export interface NftDeleted {
  family: NftFamily;
  table: string;
  name: string;
  handle?: number;
}

/** One message about the rules; dumps and events use the same. */
export type NftChange =
  | { kind: 'table.set'; table: NftTable }
  | { kind: 'table.del'; family: NftFamily; name: string; handle?: number }
  | { kind: 'chain.set'; chain: NftChain }
  | ({ kind: 'chain.del' | 'set.del' | 'object.del' } & NftDeleted)
  | ({ kind: 'rule.set'; rule: NftRule } & NftPlace)
  | { kind: 'rule.del'; family: NftFamily; table: string; chain: string; handle: number }
  | { kind: 'set.set'; set: NftSet }
  | {
      kind: 'elements.set' | 'elements.del';
      family: NftFamily;
      table: string;
      set: string;
      elements: NftElement[];
    }
  | { kind: 'object.set'; object: NftObject }
  /** Of nf_tables, but unknown or malformed: `operation` is its NFT_MSG_…. */
  | { kind: 'other'; operation: number };

/** Where a new rule stands; see placeRule. */
export interface NftPlace {
  /** Handle of the rule before it; absent in an event when it is the first or the last one. */
  after?: number;
  /** In an event without `after`: the last one of its chain, otherwise the first. */
  appended: boolean;
  /** Handle of the rule that it took the place of, in the same request. */
  replaces?: number;
}

/** What one commit changed, in the order of the commit. */
export interface NftTransaction {
  /** Counts commits; 0 for a notice of the kernel's own, such as a spent quota. */
  generation: number;
  /** Netlink port of who committed: by default the process id, as its own namespace has it. */
  port: number;
  processName?: string;
  changes: NftChange[];
}
