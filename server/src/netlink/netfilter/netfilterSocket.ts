import { constants as os } from 'node:os';
import { NETLINK_NETFILTER } from '../constants.ts';
import { Errno, isErrno } from '../errno.ts';
import { close, getsockname } from '../libc.ts';
import type { Message } from '../message.ts';
import { openTransport } from '../netlinkSocket.ts';
import { requestsOver } from '../requests.ts';
import { decodeFlow, type Flow } from './conntrack.ts';
import { decodeCount, type NftCount } from './counters.ts';
import type { NftChain, NftElement, NftObject, NftRule, NftSet, NftTable } from './nftTypes.ts';
import * as requests from './requests.ts';
import { decodeChange, decodeGeneration } from './ruleset.ts';
import { commit } from './transactionRequest.ts';
import { traceTableDeletion, traceTableRequests, type TraceTableOptions } from './traceTable.ts';

/** All of nf_tables at one generation. */
export interface NftRuleset {
  /** Commits so far. */
  generation: number;
  tables: NftTable[];
  chains: NftChain[];
  /** Rules of one chain follow each other in their order. */
  rules: NftRule[];
  sets: (NftSet & { elements: NftElement[] })[];
  objects: NftObject[];
}

/**
 * Reads and changes the packet filter of one network namespace. Every call blocks until the kernel
 * has answered (about 0.1 ms and what there is to tell) and throws an Errno: `call` says what was
 * attempted, `detail` is the kernel's own text.
 */
export interface NetfilterSocket {
  /** Netlink port: transactions of this socket carry it. */
  port: number;
  /** The whole of it, never from two generations. EINTR when it changes all the time. */
  ruleset(): NftRuleset;
  /** How many commits there were. */
  generation(): { generation: number };
  /** Counters of all rules and policies; a fraction of the cost of `ruleset`. */
  counts(): NftCount[];
  /** All connections. One that comes or goes meanwhile may be missing. */
  flows(): Flow[];
  /** Forgets them all: the next packet of each is looked up in the nat tables again. */
  flowsFlush(): void;
  /**
   * Makes the table that has packets traced, or changes it. It goes when this socket closes, which
   * the kernel announces to nobody; after `traceOff` every monitor hears of it.
   */
  traceOn(options?: TraceTableOptions): void;
  /** Removes it; nothing happens if there is none. */
  traceOff(options?: TraceTableOptions): void;
  close(): void;
}

/** Opens it in the network namespace that the calling thread is in; it stays there. */
export function openNetfilter(): NetfilterSocket {
  const { fd, ...transport } = openTransport({ protocol: NETLINK_NETFILTER });
  const dump = requestsOver(transport).request;

  const generation = () => {
    const what = 'NFT_MSG_GETGEN';
    const [answer] = dump(what, requests.generationRequest());
    const told = answer && decodeGeneration(answer);
    if (!told) throw new Errno(what, os.errno.EBADMSG);
    // Its process name is our own.
    return { generation: told.generation };
  };

  return {
    port: getsockname(fd).readUInt32LE(4),
    generation,
    ruleset: () => readRuleset(dump, generation),
    counts: () =>
      [
        ...dump('NFT_MSG_GETCHAIN', requests.chainsRequest()),
        ...dump('NFT_MSG_GETRULE', requests.rulesRequest()),
      ].flatMap((message) => decodeCount(message) ?? []),
    flows: () =>
      dump('IPCTNL_MSG_CT_GET', requests.flowsRequest()).flatMap(
        (message) => decodeFlow(message) ?? [],
      ),
    flowsFlush: () => void dump('IPCTNL_MSG_CT_DELETE', requests.flowsFlushRequest()),
    traceOn: (options) => commit(transport, 'NFT_MSG_NEWTABLE', traceTableRequests(options)),
    traceOff(options) {
      try {
        commit(transport, 'NFT_MSG_DELTABLE', traceTableDeletion(options));
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
      }
    },
    close: () => close(fd),
  };
}

function readRuleset(
  dump: (what: string, request: Buffer) => Message[],
  generation: () => { generation: number },
): NftRuleset {
  const changes = (what: string, request: Buffer) =>
    dump(what, request).flatMap((message) => decodeChange(message) ?? []);
  return untilWhole('ruleset', () => {
    const before = generation().generation;
    const tables = changes('NFT_MSG_GETTABLE', requests.tablesRequest());
    const chains = changes('NFT_MSG_GETCHAIN', requests.chainsRequest());
    const rules = changes('NFT_MSG_GETRULE', requests.rulesRequest());
    const sets = changes('NFT_MSG_GETSET', requests.setsRequest());
    const objects = changes('NFT_MSG_GETOBJ', requests.objectsRequest());
    const elementsOf = ({ family, table, name }: NftSet): NftElement[] =>
      unlessGone(() =>
        changes('NFT_MSG_GETSETELEM', requests.elementsRequest(family, table, name)),
      ).flatMap((change) => (change.kind === 'elements.set' ? change.elements : []));
    const ruleset = {
      generation: before,
      tables: tables.flatMap((change) => (change.kind === 'table.set' ? change.table : [])),
      chains: chains.flatMap((change) => (change.kind === 'chain.set' ? change.chain : [])),
      rules: rules.flatMap((change) => (change.kind === 'rule.set' ? change.rule : [])),
      sets: sets.flatMap((change) =>
        change.kind === 'set.set' ? { ...change.set, elements: elementsOf(change.set) } : [],
      ),
      objects: objects.flatMap((change) => (change.kind === 'object.set' ? change.object : [])),
    };
    return generation().generation === before ? ruleset : undefined;
  });
}

/** A set that has gone meanwhile; the generation will tell. */
function unlessGone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Reads again what changed while it was read. */
function untilWhole<T>(what: string, read: () => T | undefined): T {
  for (let tries = 1; tries <= 20; tries += 1) {
    const whole = read();
    if (whole !== undefined) return whole;
  }
  throw new Errno(what, os.errno.EINTR, 'changed during every dump');
}
