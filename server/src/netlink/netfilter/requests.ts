import { NLM_F_ACK, NLM_F_DUMP } from '../constants.ts';
import { nameAttribute } from '../message.ts';
import * as ct from './conntrackConstants.ts';
import { messageType, nfMessage } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import type { NftFamily } from './nftTypes.ts';
import { familyNumber } from './nftWords.ts';

/** Requests to read, and to forget connections. */

export const nftType = (operation: number): number =>
  messageType(nf.NFNL_SUBSYS_NFTABLES, operation);

/** Dumps: everything of a kind in all families, or in one. */
const dump = (operation: number, family?: NftFamily, parts: readonly Buffer[] = []): Buffer =>
  nfMessage(
    nftType(operation),
    NLM_F_DUMP,
    family === undefined ? nf.NFPROTO_UNSPEC : familyNumber(family),
    parts,
  );

export const tablesRequest = (): Buffer => dump(nft.NFT_MSG_GETTABLE);
export const chainsRequest = (): Buffer => dump(nft.NFT_MSG_GETCHAIN);

/** In the order of their chains. */
export const rulesRequest = (): Buffer => dump(nft.NFT_MSG_GETRULE);

/** Without their elements. */
export const setsRequest = (): Buffer => dump(nft.NFT_MSG_GETSET);
export const objectsRequest = (): Buffer => dump(nft.NFT_MSG_GETOBJ);

export const elementsRequest = (family: NftFamily, table: string, set: string): Buffer =>
  dump(nft.NFT_MSG_GETSETELEM, family, [
    nameAttribute(nft.NFTA_SET_ELEM_LIST_TABLE, table),
    nameAttribute(nft.NFTA_SET_ELEM_LIST_SET, set),
  ]);

export const generationRequest = (): Buffer =>
  nfMessage(nftType(nft.NFT_MSG_GETGEN), NLM_F_ACK, nf.NFPROTO_UNSPEC);

/** All connections of both families. */
export const flowsRequest = (): Buffer =>
  nfMessage(
    messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_GET),
    NLM_F_DUMP,
    nf.NFPROTO_UNSPEC,
  );

/** How many connections there are. */
export const flowStatisticsRequest = (): Buffer =>
  nfMessage(
    messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_GET_STATS),
    NLM_F_ACK,
    nf.NFPROTO_UNSPEC,
  );

/** Forgets all connections of both families. */
export const flowsFlushRequest = (): Buffer =>
  nfMessage(
    messageType(nf.NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_DELETE),
    NLM_F_ACK,
    nf.NFPROTO_UNSPEC,
  );
