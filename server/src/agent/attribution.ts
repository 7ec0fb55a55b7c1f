import type { Change } from '@cnilab/shared/live/events';
import type { FirewallChange, TableRef } from '@cnilab/shared/live/firewall';
import type { Namespace } from '@cnilab/shared/live/namespace';
import type { KernelChange } from '@cnilab/shared/live/operation';
import type { NftChange, NftTransaction } from '../netlink/netfilter/nftTypes.ts';
import { objectIn } from './changedObject.ts';

/** Collects what the kernel changed while steps run, so that each step shows what it made. */
export interface Attribution {
  /**
   * From now on changes on this host, and in this pod, are put down to the step; without a pod,
   * those in any namespace of the host.
   */
  begin(host: string, pod?: string): RunningStep;
  /**
   * Puts one change down to the steps that may have made it. `namespace` is as it was before;
   * `port` is the netlink port of who caused the change, 0 when the kernel did it by itself.
   */
  record(change: Change, namespace: Namespace | undefined, port?: number): void;
  /** As `record`, for commits to nf_tables; the words of new rules come with a later `record`. */
  recordRules(namespace: Namespace, transactions: readonly NftTransaction[]): void;
}

export interface RunningStep {
  /**
   * What changed. For some seconds more is added to it: consequences that the kernel comes up with
   * later, and the words of rules; `more` is then called, a little after the last of a burst.
   * `own` are the interfaces that the step's result names: those are not shared with others.
   */
  end(own: readonly string[], more: () => void): KernelChange[];
}

interface Entry {
  concerns: (namespace: string) => boolean;
  kernel: KernelChange[];
  /** `NAMESPACE INDEX` of the links that it touched. */
  links: Set<string>;
  /** Rules that nobody has put in words yet. */
  rules: Map<string, KernelChange>;
  ended: boolean;
  more: () => void;
  timer?: NodeJS.Timeout;
}

/** Duplicate address detection and clean-up of namespaces take up to 2 s. */
const lateMs = 3000;
const burstMs = 150;
/** Of one step; beyond it nobody reads them. */
const maxChanges = 1000;

/**
 * A change in a pod is that pod's step's; a change on a host is exact when one step runs there, and
 * marked as shared when several do. What the kernel does by itself to a link that a step has
 * touched, soon after the step has ended, is a consequence of it and marked as late.
 */
export function createAttribution(): Attribution {
  /** Those that run, and those that ended a moment ago. */
  const entries = new Set<Entry>();

  const add = (entry: Entry, change: KernelChange): void => {
    if (entry.kernel.length < maxChanges) entry.kernel.push(change);
    else if (entry.kernel.length === maxChanges) {
      const { namespace } = change;
      entry.kernel.push({ event: 'more', namespace, name: 'What else changed is not listed.' });
    }
    if (entry.ended) tellLater(entry);
  };
  const tellLater = (entry: Entry) => {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(entry.more, burstMs);
  };
  const running = (namespace: string): Entry[] =>
    [...entries].filter((entry) => !entry.ended && entry.concerns(namespace));
  const share = (concerned: readonly Entry[], change: KernelChange): KernelChange[] => {
    const shared = concerned.length > 1 ? { shared: true } : {};
    return concerned.map((entry) => {
      const own = { ...change, ...shared };
      add(entry, own);
      return own;
    });
  };

  /** The step that touched the link before the kernel changed it by itself. */
  const causeOfLate = (link: string): Entry | undefined => {
    const touched = [...entries].filter((entry) => entry.links.has(link));
    return touched.some((entry) => !entry.ended) ? undefined : touched.at(-1);
  };

  const putInWords = (namespace: string, changes: readonly FirewallChange[]) => {
    for (const [key, text] of newRules(namespace, changes)) {
      for (const entry of entries) {
        const change = entry.rules.get(key);
        if (!change) continue;
        entry.rules.delete(key);
        change.name = text;
        if (entry.ended) tellLater(entry);
      }
    }
  };

  return {
    begin(host, pod) {
      const entry: Entry = {
        concerns: (id) =>
          id === host || (pod === undefined ? id.startsWith(`${host}/`) : id === `${host}/${pod}`),
        kernel: [],
        links: new Set(),
        rules: new Map(),
        ended: false,
        more: () => {},
      };
      entries.add(entry);
      return {
        end(own, more) {
          entry.ended = true;
          entry.more = more;
          for (const change of entry.kernel) if (own.includes(change.name)) delete change.shared;
          setTimeout(() => entries.delete(entry), lateMs);
          return entry.kernel;
        },
      };
    },

    record(change, namespace, port) {
      if (entries.size === 0) return;
      if (change.event === 'firewall.change') putInWords(change.namespace, change.changes);
      const object = objectIn(change, namespace);
      if (!object) return;
      const { event, namespace: id, name, link } = object;
      const key = `${id} ${link}`;
      const concerned = running(id);
      // The other end of a veth pair goes by itself, but at once.
      const mayBeLate = port === 0 && !(event.endsWith('.del') && concerned.length > 0);
      const late = mayBeLate && link !== undefined ? causeOfLate(key) : undefined;
      if (late) {
        add(late, { event, namespace: id, name, late: true });
        return;
      }
      share(concerned, { event, namespace: id, name });
      if (link !== undefined) for (const entry of concerned) entry.links.add(key);
    },

    recordRules(namespace, transactions) {
      const concerned = running(namespace.id);
      if (concerned.length === 0) return;
      for (const change of transactions.flatMap(({ changes }) => changes)) {
        const told = ruleObject(change, namespace);
        if (!told) continue;
        const { key, ...object } = told;
        const shared = share(concerned, { ...object, namespace: namespace.id });
        if (key === undefined) continue;
        for (const [i, entry] of concerned.entries()) {
          const own = shared[i];
          if (own) entry.rules.set(key, own);
        }
      }
    },
  };
}

const ruleKey = (namespace: string, table: Omit<TableRef, 'backend'>, id: number): string =>
  `${namespace} ${table.family} ${table.name} ${id}`;

/** The words of the rules that came, by their keys. */
function newRules(namespace: string, changes: readonly FirewallChange[]): [string, string][] {
  return changes.flatMap((change): [string, string][] => {
    if (change.change === 'rule.new') {
      return [[ruleKey(namespace, change.table, change.rule.id), change.rule.text]];
    }
    if (change.change !== 'table.set') return [];
    return change.table.chains
      .flatMap((chain) => chain.rules)
      .map(({ id, text }) => [ruleKey(namespace, change.table, id), text]);
  });
}

/** What a person would call what was committed; with a key if its words are to come. */
function ruleObject(
  change: NftChange,
  { id, tables }: Namespace,
): { event: string; name: string; key?: string } | undefined {
  switch (change.kind) {
    case 'table.set':
      return { event: 'table.new', name: `${change.table.family} ${change.table.name}` };
    case 'table.del':
      return { event: 'table.del', name: `${change.family} ${change.name}` };
    case 'chain.set':
      return {
        event: 'chain.new',
        name: `${change.chain.family} ${change.chain.table} ${change.chain.name}`,
      };
    case 'chain.del':
      return { event: 'chain.del', name: `${change.family} ${change.table} ${change.name}` };
    case 'rule.set': {
      const { family, table, chain, handle } = change.rule;
      const key = ruleKey(id, { family, name: table }, handle);
      return { event: 'rule.new', name: `${family} ${table} ${chain} rule ${handle}`, key };
    }
    case 'rule.del': {
      const { family, table, chain, handle } = change;
      const known = tables
        .find((item) => item.family === family && item.name === table)
        ?.chains.find((item) => item.name === chain)
        ?.rules.find((rule) => rule.id === handle);
      return {
        event: 'rule.del',
        name: known?.text ?? `${family} ${table} ${chain} rule ${handle}`,
      };
    }
    default:
      return undefined;
  }
}
