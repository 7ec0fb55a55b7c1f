import { readAttributes, readText, type Attributes } from '../message.ts';
import { present, readBe64, readHex, readSignedBe32 } from './nfnetlink.ts';
import * as nft from './nftConstants.ts';
import type { NftCounter, NftData, NftVerdict } from './nftTypes.ts';
import { verdictWord } from './nftWords.ts';

/** Parts that rules, chains, sets and traces share. */

export function readCounter(attributes: Attributes): NftCounter | undefined {
  const packets = readBe64(attributes.get(nft.NFTA_COUNTER_PACKETS));
  const bytes = readBe64(attributes.get(nft.NFTA_COUNTER_BYTES));
  return packets === undefined || bytes === undefined ? undefined : { packets, bytes };
}

/** NFTA_DATA_VALUE or NFTA_DATA_VERDICT. */
export function readData(bytes: Buffer | undefined): NftData | undefined {
  if (!bytes) return undefined;
  const attributes = readAttributes(bytes);
  const verdict = readVerdict(attributes.get(nft.NFTA_DATA_VERDICT));
  if (verdict) return verdict;
  const data = readHex(attributes.get(nft.NFTA_DATA_VALUE));
  return data === undefined ? undefined : { data };
}

export function readVerdict(bytes: Buffer | undefined): NftVerdict | undefined {
  if (!bytes) return undefined;
  const attributes = readAttributes(bytes);
  const code = readSignedBe32(attributes.get(nft.NFTA_VERDICT_CODE));
  if (code === undefined) return undefined;
  const chain = readText(attributes.get(nft.NFTA_VERDICT_CHAIN));
  return present({ verdict: verdictWord(code), chain });
}
