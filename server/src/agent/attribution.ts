import type { Cause, Change } from '@cnilab/shared/live/events';
import type { FirewallChange } from '@cnilab/shared/live/firewall';
import type { Namespace } from '@cnilab/shared/live/namespace';
import type { KernelChange } from '@cnilab/shared/live/operation';
import type { NftTransaction } from '../netlink/netfilter/nftTypes.ts';
import {
  namespaceOf,
  objectIn,
  touchedLinks,
  type ChangedObject,
  type TouchedLink,
} from './changedObject.ts';
import { newRules, ruleObject } from './changedRule.ts';
import { causeBy, createDoers, lateMs, type Doer } from './doers.ts';
import { isKernelsOwn } from './kernelsOwn.ts';
import { createLateClaims, hostOf } from './lateClaims.ts';
import { createRuleCauses, type Caused } from './ruleCauses.ts';

/** Tells whose doing each change in the kernel was, and what each step did. */
export interface Attribution {
  /**
   * From now on changes on this host, and in this pod, are put down to the step; without a pod,
   * those in any namespace of the host.
   */
  begin(host: string, pod: string | undefined, step: StepName): RunningStep;
  /**
   * From now on what no step claims of the changes in the target (HOST/POD, or HOST with all its
   * namespaces) is put down to the command. It began at `since` (ms since 1970), if that was
   * earlier: what was told since then and has not left yet is its as well.
   */
  beginCommand(target: string, command: CommandName, since?: number): RunningCommand;
  /** While it is open, a command there may become known a moment after what it did. */
  openTerminal(target: string): () => void;
  /**
   * Puts one change down to who may have made it, and says so: the change itself, or (rules) its
   * parts. `namespace` is as it was before.
   */
  record(change: Change, namespace: Namespace | undefined, origin?: Origin): Told[];
  /**
   * For reading what the agent itself has just made: the kernel does not always tell who asked (for
   * the other end of a veth pair, and before Linux 6.2 for any link).
   */
  whileAgentActs(read: () => void): void;
  /** As `record`, for commits to nf_tables; the words of new rules come with a later `record`. */
  recordRules(namespace: Namespace, transactions: readonly NftTransaction[]): void;
}

/**
 * Who asked the kernel for a change: somebody with this netlink port, the kernel by itself (0), or
 * the agent. Undefined = it was found by looking.
 */
export type Origin = number | 'agent' | undefined;

/** A change on its way out. Its cause may become known until it leaves. */
export interface Told extends Caused {
  change: Change;
  /** Worth waiting a moment for its cause. */
  mayBeClaimed?: boolean;
}

export type StepName = Omit<Extract<Cause, { by: 'step' }>, 'by' | 'pod' | 'shared' | 'late'>;
export type CommandName = Omit<Extract<Cause, { by: 'command' }>, 'by' | 'shared' | 'late'>;

export interface RunningStep {
  /**
   * What changed. For some seconds more is added to it: consequences that the kernel comes up with
   * later, and the words of rules; `more` is then called, a little after the last of a burst.
   * `own` are the interfaces that the step's result names: those are not shared with others.
   */
  end(own: readonly string[], more: () => void): KernelChange[];
}

export interface RunningCommand {
  /** Drain before: what is told after it is a consequence at most. Can be repeated. */
  end(): void;
}

const burstMs = 150;
/** Of one step; beyond it nobody reads them. */
const maxChanges = 1000;

/**
 * A change in a pod is that pod's step's; a change on a host is exact when one step runs there, and
 * marked as shared when several do. What the kernel does by itself to a link that a step has
 * touched, soon after the step has ended, is a consequence of it and marked as late. Commands are
 * treated alike, after the steps; but they may run for hours, so that what the kernel does by
 * itself is only theirs on links that they touched.
 */
export function createAttribution(): Attribution {
  const doers = createDoers();
  const rules = createRuleCauses();
  const claims = createLateClaims();
  /** The links that the agent touched a moment ago, and when; the oldest first. */
  const agentLinks = new Map<string, number>();
  let isActing = false;

  const add = (entry: Doer, change: KernelChange): void => {
    if (entry.kernel.length < maxChanges) entry.kernel.push(change);
    else if (entry.kernel.length === maxChanges) {
      const { namespace } = change;
      entry.kernel.push({ event: 'more', namespace, name: 'What else changed is not listed.' });
    }
    if (entry.ended !== undefined) tellLater(entry);
  };
  const tellLater = (entry: Doer) => {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(entry.more, burstMs);
  };
  const share = (concerned: readonly Doer[], change: KernelChange): KernelChange[] => {
    const shared = concerned.length > 1 ? { shared: true } : {};
    return concerned.map((entry) => {
      const own = { ...change, ...shared };
      add(entry, own);
      return own;
    });
  };

  const putInWords = (namespace: string, changes: readonly FirewallChange[]) => {
    for (const [key, text] of newRules(namespace, changes)) {
      for (const entry of doers.all()) {
        const change = entry.rules.get(key);
        if (!change) continue;
        entry.rules.delete(key);
        change.name = text;
        if (entry.ended !== undefined) tellLater(entry);
      }
    }
  };

  const causeIn = (
    told: Told,
    namespace: string,
    before: Namespace | undefined,
    origin: number | undefined,
  ): Cause | undefined => {
    const { change } = told;
    forgetAgentLinks(Date.now());
    if (doers.areNone() && claims.areNone() && agentLinks.size === 0 && !isActing) return undefined;
    const object = objectIn(change, before);
    const isOwn = !origin && isKernelsOwn(change, before);
    // A neighbour, say: traffic's, unless somebody asked for it.
    if (!object && isOwn) return undefined;
    const links = touchedLinks(object, change, before);
    const [link, end] = links;
    const places = [namespace, ...(end ? [end.namespace] : [])];
    const steps = doers.running('step', [namespace]);
    const commands =
      origin === undefined
        ? doers.near(places).filter(({ cause }) => cause.by === 'command')
        : doers.running('command', places);

    const isAlone = steps.length === 0 && commands.length === 0;
    // What goes (the other end of a veth pair, say) goes at once, and not late.
    const mayBeLate = origin === 0 && (isAlone || (isOwn && !change.event.endsWith('.del')));
    const last = mayBeLate && link ? doers.lastToTouch(link.key) : undefined;
    if (last && object) {
      const late = last.ended === undefined ? {} : { late: true };
      if (last.cause.by === 'step') add(last, { ...kernelChange(object), ...late });
      return { ...last.cause, ...late };
    }
    doers.touch(steps, links);
    if (object) share(steps, kernelChange(object));
    if (steps.length > 0) return causeBy(steps);
    if (isOwn && origin === 0) {
      // How a link fares depends on its other end, so what runs there is no coincidence.
      const there =
        end && end.namespace !== namespace ? doers.running('command', [end.namespace]) : [];
      return causeBy(there) ?? causeByAgent(link);
    }
    if (isActing && !origin) return { by: 'agent' };
    doers.touch(commands, links);
    claims.offer(told, places, links);
    if (isAlone && claims.isPossible(places)) told.mayBeClaimed = true;
    return causeBy(commands);
  };
  /** What the kernel does while the agent makes something, and later to the links of that. */
  const causeByAgent = (link: TouchedLink | undefined): Cause | undefined => {
    if (isActing) return { by: 'agent' };
    return agentLinks.has(link?.key ?? '') ? { by: 'agent', late: true } : undefined;
  };
  const forgetAgentLinks = (now: number) => {
    for (const [key, at] of agentLinks) {
      if (now - at < lateMs) break;
      agentLinks.delete(key);
    }
  };
  const recordAgent = (change: Change, before: Namespace | undefined): Cause => {
    const now = Date.now();
    forgetAgentLinks(now);
    for (const { key } of touchedLinks(objectIn(change, before), change, before)) {
      agentLinks.delete(key);
      agentLinks.set(key, now);
    }
    return { by: 'agent' };
  };

  return {
    begin(host, pod, step) {
      const entry = doers.enter({
        concerns: (id) =>
          id === host || (pod === undefined ? id.startsWith(`${host}/`) : id === `${host}/${pod}`),
        cause: { by: 'step', ...step, pod: pod ?? '' },
      });
      return {
        end(own, more) {
          entry.more = more;
          for (const change of entry.kernel) if (own.includes(change.name)) delete change.shared;
          doers.leave(entry);
          return entry.kernel;
        },
      };
    },

    beginCommand(target, command, since) {
      const entry = doers.enter(
        {
          concerns: (id) => id === target || id.startsWith(`${target}/`),
          cause: { by: 'command', ...command },
        },
        since,
      );
      if (since !== undefined) claims.take(entry, since);
      return {
        end: () => {
          if (entry.ended === undefined) doers.leave(entry);
        },
      };
    },

    openTerminal: (target) => claims.open(target),

    record(change, before, origin) {
      if (change.event === 'firewall.change') {
        putInWords(change.namespace, change.changes);
        return rules.split(change);
      }
      const told: Told = { change };
      const namespace = namespaceOf(change);
      if (namespace === undefined) return [told];
      const cause =
        origin === 'agent'
          ? recordAgent(change, before)
          : change.event === 'namespace.new' || change.event === 'namespace.del'
            ? causeBy(doers.near([hostOf(namespace)]))
            : causeIn(told, namespace, before, origin);
      if (cause) told.cause = cause;
      return [told];
    },

    whileAgentActs(read) {
      isActing = true;
      try {
        read();
      } finally {
        isActing = false;
      }
    },

    recordRules(namespace, transactions) {
      const { id } = namespace;
      const steps = doers.running('step', [id]);
      const by: Caused = {};
      const cause = causeBy(steps.length > 0 ? steps : doers.running('command', [id]));
      if (cause) by.cause = cause;
      if (steps.length === 0) claims.offer(by, [id], []);
      for (const change of transactions.flatMap(({ changes }) => changes)) {
        const object = ruleObject(change, namespace);
        if (!object) continue;
        const { key, ...named } = object;
        rules.committed(key, by);
        const shared = share(steps, { ...named, namespace: id });
        if (named.event !== 'rule.new') continue;
        for (const [i, entry] of steps.entries()) {
          const own = shared[i];
          if (own) entry.rules.set(key, own);
        }
      }
    },
  };
}

const kernelChange = ({ event, namespace, name }: ChangedObject): KernelChange => ({
  event,
  namespace,
  name,
});
