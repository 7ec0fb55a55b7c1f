import { readMessages, type Message } from '../message.ts';
import type { NftChange, NftTransaction } from './nftTypes.ts';
import { decodeChange, decodeGeneration } from './ruleset.ts';

export interface TransactionReader {
  /** The commits that are whole with these bytes of the group NFNLGRP_NFTABLES. */
  read(bytes: Buffer): NftTransaction[];
  /** Forgets a commit of which only a part has come, because the rest was lost. */
  reset(): void;
}

/**
 * Puts the messages of one commit together. The kernel sends those of a commit without others in
 * between and ends them with its generation.
 */
export function createTransactionReader(): TransactionReader {
  let pending: Told[] = [];

  const next = (message: Message): NftTransaction | undefined => {
    const { pid: port, seq } = message.header;
    const generation = decodeGeneration(message);
    if (generation) {
      const changes = pending.map(({ change }) => change);
      pending = [];
      return { ...generation, port, changes };
    }
    const change = decodeChange(message);
    if (!change) return undefined;
    // Nobody committed it: the kernel noticed it when a packet came, and no generation follows.
    if (port === 0 && seq === 0) return { generation: 0, port, changes: [change] };
    pending.push({ change: withReplaced(change, seq, pending.at(-1)), seq });
    return undefined;
  };

  return {
    read: (bytes) => readMessages(bytes).flatMap((message) => next(message) ?? []),
    reset() {
      pending = [];
    },
  };
}

interface Told {
  change: NftChange;
  /** Sequence number of the request that caused it. */
  seq: number;
}

/** A rule that is replaced goes just before the new one comes, both by one request. */
function withReplaced(change: NftChange, seq: number, last: Told | undefined): NftChange {
  if (change.kind !== 'rule.set' || last?.seq !== seq || last.change.kind !== 'rule.del') {
    return change;
  }
  const { family, table, chain } = change.rule;
  const gone = last.change;
  const isSame = gone.family === family && gone.table === table && gone.chain === chain;
  return isSame ? { ...change, replaces: gone.handle } : change;
}
