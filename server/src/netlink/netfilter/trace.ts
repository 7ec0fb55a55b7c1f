import { readAttributes, readText, type Message } from '../message.ts';
import { statusWords } from './conntrackConstants.ts';
import { readVerdict } from './data.ts';
import {
  bitWords,
  messageType,
  nfgenmsgSize,
  present,
  readBe16,
  readBe32,
  readBe64,
  readNfgenmsg,
  readU8,
} from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import type { NftFamily, NftVerdict } from './nftTypes.ts';
import { familyWord, verdictWord } from './nftWords.ts';

/** What one rule or chain did to one packet. */
export interface TraceStep {
  /** The same for all steps of a packet in one namespace; ids come again with later packets. */
  id: number;
  family: NftFamily;
  table: string;
  /** Its hook is that of the base chain that the packet entered before. */
  chain: string;
  /**
   * `rule`: one that matched, or without a handle the end of a chain; `return`: a rule that said
   * so; `policy`: the end of a base chain.
   */
  type: 'rule' | 'return' | 'policy';
  /** Handle of the rule. */
  rule?: number;
  /** dnat and masquerade show as `accept`. */
  verdict?: NftVerdict;
  /** What the base chain does with packets that no rule decided. */
  policy?: string;
  mark?: number;
  /** Interface indexes with their ARPHRD_… types; 0 stands for none. */
  iif?: number;
  iifType?: number;
  oif?: number;
  oifType?: number;
  /** `ip` or `ip6`: of the packet, which the family of the table does not always say. */
  protocolFamily?: NftFamily;
  /** The beginnings of the headers, in the first step of every base chain only. */
  linkHeader?: Buffer;
  networkHeader?: Buffer;
  transportHeader?: Buffer;
  /** What conntrack knows of the packet, since Linux 6.16. */
  connection?: TraceConnection;
}

export interface TraceConnection {
  /** That of the Flow. */
  id: number;
  direction: 'original' | 'reply';
  status: string[];
  /** `established`, `related`, `new`, … */
  state: string[];
}

const TRACE = messageType(nf.NFNL_SUBSYS_NFTABLES, nft.NFT_MSG_TRACE);
const traceTypes = [undefined, 'policy', 'return', 'rule'] as const;

/** NF_CT_STATE_… as in nft's `ct state`. */
const stateWords = [
  [1, 'invalid'],
  [2, 'established'],
  [4, 'related'],
  [8, 'new'],
  [64, 'untracked'],
] as const;

/** The step in a message of NFNLGRP_NFTRACE; undefined if it is not a whole one. */
export function decodeTrace({ header, payload }: Message): TraceStep | undefined {
  if (header.type !== TRACE) return undefined;
  const family = familyWord(readNfgenmsg(payload)?.family);
  const a = readAttributes(payload, nfgenmsgSize);
  const id = readBe32(a.get(nft.NFTA_TRACE_ID));
  const table = readText(a.get(nft.NFTA_TRACE_TABLE));
  const chain = readText(a.get(nft.NFTA_TRACE_CHAIN));
  const type = traceTypes[readBe32(a.get(nft.NFTA_TRACE_TYPE)) ?? 0];
  if (family === undefined || id === undefined || type === undefined) return undefined;
  if (table === undefined || chain === undefined) return undefined;
  const policy = readBe32(a.get(nft.NFTA_TRACE_POLICY));
  const optional = {
    rule: readBe64(a.get(nft.NFTA_TRACE_RULE_HANDLE)),
    verdict: readVerdict(a.get(nft.NFTA_TRACE_VERDICT)),
    policy: policy === undefined ? undefined : verdictWord(policy),
    mark: readBe32(a.get(nft.NFTA_TRACE_MARK)),
    iif: readBe32(a.get(nft.NFTA_TRACE_IIF)),
    iifType: readBe16(a.get(nft.NFTA_TRACE_IIFTYPE)),
    oif: readBe32(a.get(nft.NFTA_TRACE_OIF)),
    oifType: readBe16(a.get(nft.NFTA_TRACE_OIFTYPE)),
    protocolFamily: familyWord(readBe32(a.get(nft.NFTA_TRACE_NFPROTO))),
    linkHeader: copy(a.get(nft.NFTA_TRACE_LL_HEADER)),
    networkHeader: copy(a.get(nft.NFTA_TRACE_NETWORK_HEADER)),
    transportHeader: copy(a.get(nft.NFTA_TRACE_TRANSPORT_HEADER)),
    connection: readConnection(a),
  };
  return { id, family, table, chain, type, ...present(optional) };
}

/** The bytes of a datagram are overwritten by the next one. */
const copy = (bytes: Buffer | undefined): Buffer | undefined => bytes && Buffer.from(bytes);

function readConnection(a: ReturnType<typeof readAttributes>): TraceConnection | undefined {
  const id = readBe32(a.get(nft.NFTA_TRACE_CT_ID));
  if (id === undefined) return undefined;
  return {
    id,
    direction: readU8(a.get(nft.NFTA_TRACE_CT_DIRECTION)) === 1 ? 'reply' : 'original',
    status: bitWords(readBe32(a.get(nft.NFTA_TRACE_CT_STATUS)) ?? 0, statusWords),
    state: bitWords(readBe32(a.get(nft.NFTA_TRACE_CT_STATE)) ?? 0, stateWords),
  };
}
