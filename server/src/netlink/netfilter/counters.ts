import type { Message } from '../message.ts';
import { messageType, nfgenmsgSize } from './nfnetlink.ts';
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
 * The counter of a rule or of a chain's policy; undefined for what does not count. A rule that
 * counts at several places tells its first counter. It looks at thousands of messages a second, so
 * it steps over attributes where they are instead of collecting them first.
 */
export function decodeCount({ header, payload }: Message): NftCount | undefined {
  const isRule = header.type === NEWRULE;
  if ((!isRule && header.type !== NEWCHAIN) || payload.length < nfgenmsgSize) return undefined;
  const whole = { from: nfgenmsgSize, to: payload.length };
  const counts = find(payload, whole, isRule ? nft.NFTA_RULE_EXPRESSIONS : nft.NFTA_CHAIN_COUNTERS);
  const counter = counts && (isRule ? firstCounter(payload, counts) : counts);
  if (!counter) return undefined;
  const packets = number64(payload, find(payload, counter, nft.NFTA_COUNTER_PACKETS));
  const bytes = number64(payload, find(payload, counter, nft.NFTA_COUNTER_BYTES));
  const family = familyWord(payload[0]);
  const table = text(payload, find(payload, whole, nft.NFTA_RULE_TABLE));
  const chain = text(
    payload,
    find(payload, whole, isRule ? nft.NFTA_RULE_CHAIN : nft.NFTA_CHAIN_NAME),
  );
  const handle = number64(
    payload,
    find(payload, whole, isRule ? nft.NFTA_RULE_HANDLE : nft.NFTA_CHAIN_HANDLE),
  );
  if (packets === undefined || bytes === undefined || handle === undefined) return undefined;
  if (family === undefined || table === undefined || chain === undefined) return undefined;
  return { of: isRule ? 'rule' : 'chain', family, table, chain, handle, packets, bytes };
}

/** A part of a message: its first byte and the one behind its last. */
interface Range {
  from: number;
  to: number;
}

const NLA_TYPE_MASK = 0x3fff;

/** The value of the last attribute of that type, as readAttributes has it. */
function find(bytes: Buffer, { from, to }: Range, type: number): Range | undefined {
  let found: Range | undefined;
  for (let at = from; at + 4 <= to;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > to) break;
    if ((bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK) === type) {
      found = { from: at + 4, to: at + length };
    }
    at += (length + 3) & ~3;
  }
  return found;
}

/** The attributes of the first expression `counter` in a list. */
function firstCounter(bytes: Buffer, list: Range): Range | undefined {
  for (let at = list.from; at + 4 <= list.to;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > list.to) break;
    const element = { from: at + 4, to: at + length };
    const isElement = (bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK) === nft.NFTA_LIST_ELEM;
    const name = isElement ? find(bytes, element, nft.NFTA_EXPR_NAME) : undefined;
    if (name && bytes.compare(counterName, 0, undefined, name.from, name.to) === 0) {
      return find(bytes, element, nft.NFTA_EXPR_DATA);
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** The name with its NUL. */
const counterName = Buffer.from('counter\0');

const number64 = (bytes: Buffer, range: Range | undefined): number | undefined =>
  range && range.to - range.from === 8
    ? bytes.readUInt32BE(range.from) * 0x1_0000_0000 + bytes.readUInt32BE(range.from + 4)
    : undefined;

function text(bytes: Buffer, range: Range | undefined): string | undefined {
  if (!range) return undefined;
  const nul = bytes.indexOf(0, range.from);
  return bytes.toString('utf8', range.from, nul >= 0 && nul < range.to ? nul : range.to);
}
