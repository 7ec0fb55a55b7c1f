import type { Cause, Change } from '@cnilab/shared/live/events';
import type { FirewallChange } from '@cnilab/shared/live/firewall';
import { keyOfChange } from './changedRule.ts';

/** A cause that may still become known, or change. */
export interface Caused {
  cause?: Cause;
}

/** Keeps whose commits they were until the rules have been read. */
export interface RuleCauses {
  /** The object was committed just now. */
  committed(key: string, by: Caused): void;
  /** The change in parts, each of one cause, in the same order. */
  split(change: FirewallEvent): { change: Change; cause?: Cause }[];
}

type FirewallEvent = Extract<Change, { event: 'firewall.change' }>;

/** The rules are read within a quarter of a second. */
const keepMs = 5000;
/** Whoever commits more than this at once is told without their causes. */
const maxKept = 20_000;

export function createRuleCauses(): RuleCauses {
  /** In the order of their commits. */
  const kept = new Map<string, { by: Caused; at: number }>();

  const forgetOld = (now: number) => {
    for (const [key, { at }] of kept) {
      if (kept.size < maxKept && now - at < keepMs) return;
      kept.delete(key);
    }
  };
  const take = (namespace: string, change: FirewallChange): Cause | undefined => {
    const key = keyOfChange(namespace, change);
    const { by } = kept.get(key) ?? {};
    kept.delete(key);
    return by?.cause;
  };

  return {
    committed(key, by) {
      const now = Date.now();
      forgetOld(now);
      kept.delete(key);
      kept.set(key, { by, at: now });
    },
    split({ event, namespace, changes }) {
      const parts: { changes: FirewallChange[]; cause: Cause | undefined }[] = [];
      for (const change of changes) {
        const cause = take(namespace, change);
        const last = parts.at(-1);
        if (last && isSame(last.cause, cause)) last.changes.push(change);
        else parts.push({ changes: [change], cause });
      }
      return parts.map((part) => ({
        change: { event, namespace, changes: part.changes },
        ...(part.cause && { cause: part.cause }),
      }));
    },
  };
}

const isSame = (a: Cause | undefined, b: Cause | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
