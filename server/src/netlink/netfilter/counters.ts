import { attributeList, readAttributes, readText, type Message } from '../message.ts';
import { readCounter } from './data.ts';
import { messageType, nfgenmsgSize, readBe64, readNfgenmsg } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import type { NftCounter, NftFamily } from './nftTypes.ts';
import { familyWord } from './nftWords.ts';

/** What was counted where. Handles of rules and chains are unique within a table. */
export interface NftCount extends NftCounter {
  /** A rule, or the policy of a chain. */
  of: 'rule' | 'chain';
  family: NftFamily;
  table: string;
  chain: string;
  /** Handle of the rule, or of the chain whose policy counted. */
  handle: number;
}

const NEWRULE = messageType(nf.NFNL_SUBSYS_NFTABLES, nft.NFT_MSG_NEWRULE);
const NEWCHAIN = messageType(nf.NFNL_SUBSYS_NFTABLES, nft.NFT_MSG_NEWCHAIN);

/**
 * The counter of a rule or of a chain's policy, without the cost of decoding the rest; undefined
 * for what does not count. A rule that counts at several places tells its first counter.
 */
export function decodeCount({ header, payload }: Message): NftCount | undefined {
  if (header.type === NEWRULE) {
    const attributes = readAttributes(payload, nfgenmsgSize);
    const list = attributes.get(nft.NFTA_RULE_EXPRESSIONS);
    const counter = list && firstCounter(list);
    if (!counter) return undefined;
    const family = familyWord(readNfgenmsg(payload)?.family);
    const table = readText(attributes.get(nft.NFTA_RULE_TABLE));
    const chain = readText(attributes.get(nft.NFTA_RULE_CHAIN));
    const handle = readBe64(attributes.get(nft.NFTA_RULE_HANDLE));
    return count('rule', family, table, chain, handle, counter);
  }
  if (header.type === NEWCHAIN) {
    const attributes = readAttributes(payload, nfgenmsgSize);
    const counters = attributes.get(nft.NFTA_CHAIN_COUNTERS);
    const counter = counters && readCounter(readAttributes(counters));
    if (!counter) return undefined;
    const family = familyWord(readNfgenmsg(payload)?.family);
    const table = readText(attributes.get(nft.NFTA_CHAIN_TABLE));
    const chain = readText(attributes.get(nft.NFTA_CHAIN_NAME));
    const handle = readBe64(attributes.get(nft.NFTA_CHAIN_HANDLE));
    return count('chain', family, table, chain, handle, counter);
  }
  return undefined;
}

/** The name with its NUL. */
const counterName = Buffer.from('counter\0');

function firstCounter(list: Buffer): NftCounter | undefined {
  for (const { type, value } of attributeList(list)) {
    if (type !== nft.NFTA_LIST_ELEM) continue;
    const expression = readAttributes(value);
    if (!expression.get(nft.NFTA_EXPR_NAME)?.equals(counterName)) continue;
    const data = expression.get(nft.NFTA_EXPR_DATA);
    return data && readCounter(readAttributes(data));
  }
  return undefined;
}

function count(
  of: NftCount['of'],
  family: NftFamily | undefined,
  table: string | undefined,
  chain: string | undefined,
  handle: number | undefined,
  counter: NftCounter,
): NftCount | undefined {
  if (family === undefined || table === undefined) return undefined;
  if (chain === undefined || handle === undefined) return undefined;
  return { of, family, table, chain, handle, ...counter };
}
