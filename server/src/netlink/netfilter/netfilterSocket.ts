import { constants as os } from 'node:os';
import {
  MSG_DONTWAIT,
  MSG_TRUNC,
  NETLINK_NETFILTER,
  NLM_F_DUMP_INTR,
  SOL_SOCKET,
  SO_RCVTIMEO,
} from '../constants.ts';
import { readControl } from '../control.ts';
import { Errno, isErrno } from '../errno.ts';
import { close, getsockname, recv, send, setsockopt } from '../libc.ts';
import { numbered, readMessages, type Message } from '../message.ts';
import { openNetlink } from '../netlinkSocket.ts';
import { decodeFlow, type Flow } from './conntrack.ts';
import { decodeCount, type NftCount } from './counters.ts';
import { batch } from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import type { NftChain, NftElement, NftObject, NftRule, NftSet, NftTable } from './nftTypes.ts';
import * as requests from './requests.ts';
import { decodeChange, decodeGeneration } from './ruleset.ts';
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
  const fd = openNetlink(NETLINK_NETFILTER);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, answerTimeout);
  let lastSeq = 0;
  const nextSeq = () => (lastSeq = (lastSeq + 1) >>> 0 || 1);

  /** Undefined when the dump was torn by a change. */
  const once = (what: string, request: Buffer): Message[] | undefined => {
    const seq = nextSeq();
    send(fd, numbered(request, seq));
    const answer: Message[] = [];
    for (;;) {
      for (const message of receive(fd, what)) {
        // Left over from an earlier request that failed half-way.
        if (message.header.seq !== seq) continue;
        const end = readControl(message);
        if (!end) answer.push(message);
        else if (end.errno !== 0) throw new Errno(what, end.errno, end.detail);
        else if (answer.some(isTorn) || isTorn(message)) return undefined;
        else return answer;
      }
    }
  };
  const dump = (what: string, request: Buffer): Message[] =>
    untilWhole(what, () => once(what, request));

  const generation = () => {
    const what = 'NFT_MSG_GETGEN';
    const [answer] = dump(what, requests.generationRequest());
    const told = answer && decodeGeneration(answer);
    if (!told) throw new Errno(what, os.errno.EBADMSG);
    // Its process name is our own.
    return { generation: told.generation };
  };

  const transaction = (what: string, inside: readonly Buffer[]) => {
    const messages = batch(nf.NFNL_SUBSYS_NFTABLES, inside);
    const open = new Set<number>();
    for (const [i, message] of messages.entries()) {
      const seq = nextSeq();
      numbered(message, seq);
      // The edges are answered only where the whole is refused.
      if (i > 0 && i < messages.length - 1) open.add(seq);
    }
    const first = (lastSeq - messages.length + 1) >>> 0;
    send(fd, Buffer.concat(messages));
    // All answers are queued before send returns.
    for (;;) {
      const answers = receive(fd, what, MSG_DONTWAIT);
      if (answers.length === 0) break;
      for (const message of answers) {
        const { seq } = message.header;
        const answer = readControl(message);
        if (!answer || (!open.delete(seq) && seq !== first && seq !== lastSeq)) continue;
        if (answer.errno !== 0) throw new Errno(what, answer.errno, answer.detail);
      }
    }
    if (open.size > 0) throw new Errno(what, os.errno.ENOBUFS, 'its answer was lost');
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
    traceOn: (options) => transaction('NFT_MSG_NEWTABLE', traceTableRequests(options)),
    traceOff(options) {
      try {
        transaction('NFT_MSG_DELTABLE', traceTableDeletion(options));
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

const isTorn = ({ header }: Message): boolean => (header.flags & NLM_F_DUMP_INTR) !== 0;

/** Reads again what changed while it was read. */
function untilWhole<T>(what: string, read: () => T | undefined): T {
  for (let tries = 1; tries <= 20; tries += 1) {
    const whole = read();
    if (whole !== undefined) return whole;
  }
  throw new Errno(what, os.errno.EINTR, 'changed during every dump');
}

/** The messages of the next datagram; with MSG_DONTWAIT none when there is none. */
function receive(fd: number, what: string, flags = 0): Message[] {
  const length = recv(fd, buffer, MSG_TRUNC | flags);
  if (length === undefined) {
    if ((flags & MSG_DONTWAIT) !== 0) return [];
    throw new Errno(what, os.errno.ETIMEDOUT, 'no answer in 5 s');
  }
  if (length > buffer.length) throw new Errno(what, os.errno.EMSGSIZE);
  // A copy, because views of it are returned and the buffer serves the next call.
  return readMessages(Buffer.from(buffer.subarray(0, length)));
}

/** The kernel cuts dumps into at most 32 KiB. One buffer does: nothing else runs while it is used. */
const buffer = Buffer.alloc(128 * 1024);

/** struct timeval of 5 s. */
const answerTimeout = Buffer.alloc(16);
answerTimeout.writeBigInt64LE(5n);
