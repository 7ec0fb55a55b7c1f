import { maxFlows, type Flow, type FlowsSeen, type FlowTuple } from '@cnilab/shared/live/flows';
import {
  translationOf,
  type Flow as KernelFlow,
  type FlowEvent,
  type FlowTuple as KernelTuple,
} from '../../netlink/netfilter/conntrack.ts';

/** The connections of one namespace, and what of them is still to be told. */
export interface FlowTable {
  /** Folds in what the kernel told. */
  hear(event: FlowEvent): void;
  /** Takes over what was found; `total` is how many there are in all. */
  read(flows: readonly KernelFlow[], total: number): void;
  /** What changed since the last time, at first everything; undefined when nothing did. */
  take(): FlowsSeen | undefined;
}

/** The kernel tells whole seconds, so the same time of expiry looks different by up to one. */
const sameExpiryMs = 1500;

/**
 * Keeps at most `maxFlows`. Events are told in their order, so that those from before a reading do
 * no harm: the last one of each connection says what the reading found.
 *
 * @param now ms since 1970
 */
export function createFlowTable(now: () => number): FlowTable {
  const known = new Map<string, Flow>();
  const changed = new Set<string>();
  const gone = new Set<string>();
  let more = 0;
  let told: { more: number } | undefined;

  const set = (flow: Flow) => {
    const old = known.get(flow.id);
    const next = old ? withExpiry(flow, old) : flow;
    if (old && same(old, next)) return;
    known.set(next.id, next);
    changed.add(next.id);
    gone.delete(next.id);
  };
  const drop = (id: string) => {
    known.delete(id);
    changed.delete(id);
    gone.add(id);
  };

  return {
    hear({ kind, flow: heard }) {
      const id = idOf(heard);
      const old = known.get(id);
      if (kind === 'destroy') {
        if (old) drop(id);
        else more = Math.max(0, more - 1);
      } else if (old || known.size < maxFlows) {
        // Events tell what changed.
        const status = heard.status ?? old?.status ?? [];
        set({ ...old, ...flowOf(heard, now()), status });
      } else if (kind === 'new') more += 1;
    },
    read(flows, total) {
      const found = new Set<string>();
      const time = now();
      const fresh = flows.slice(0, maxFlows).map((flow) => flowOf(flow, time));
      for (const { id } of fresh) found.add(id);
      for (const id of known.keys()) if (!found.has(id)) drop(id);
      fresh.forEach(set);
      more = Math.max(0, total - fresh.length);
    },
    take() {
      const time = now();
      if (!told) {
        told = { more };
        changed.clear();
        gone.clear();
        return { at: 'flows', whole: true, time, flows: [...known.values()], gone: [], more };
      }
      if (changed.size === 0 && gone.size === 0 && told.more === more) return undefined;
      told = { more };
      const flows = [...changed].flatMap((id) => known.get(id) ?? []);
      const update = { at: 'flows' as const, whole: false, time, flows, gone: [...gone], more };
      changed.clear();
      gone.clear();
      return update;
    },
  };
}

function flowOf(flow: KernelFlow, now: number): Flow {
  const { family, original, reply, status = [], timeout, tcpState, mark, zone, counters } = flow;
  const translation = translationOf(flow);
  const isTranslated = translation.source ?? translation.destination;
  return {
    id: idOf(flow),
    family,
    protocol: original.protocol,
    original: tupleOf(original),
    reply: tupleOf(reply),
    ...(isTranslated && { translation }),
    status,
    ...(tcpState !== undefined && { tcpState }),
    ...(timeout !== undefined && { expires: now + timeout * 1000 }),
    ...(mark !== undefined && { mark }),
    ...(zone !== undefined && { zone }),
    ...(counters && { counters }),
  };
}

/** The kernel's number is a hash of 32 bits: with the tuple no two connections share it. */
function idOf({ id = 0, zone = 0, original: o }: KernelFlow): string {
  const from = `${o.source} ${o.sourcePort ?? o.icmp?.id ?? ''}`;
  return [id, zone, o.protocol, from, o.destination, o.destinationPort ?? ''].join(' ');
}

const tupleOf = ({ source, destination, sourcePort, destinationPort }: KernelTuple): FlowTuple => ({
  source,
  destination,
  ...(sourcePort !== undefined && { sourcePort }),
  ...(destinationPort !== undefined && { destinationPort }),
});

/** A connection without packets keeps its time of expiry. */
function withExpiry(flow: Flow, { expires }: Flow): Flow {
  if (flow.expires === undefined || expires === undefined) return flow;
  return Math.abs(flow.expires - expires) < sameExpiryMs ? { ...flow, expires } : flow;
}

/** The same fields have the same order, but for those that an event adds: at worst it is told twice. */
const same = (a: Flow, b: Flow): boolean => JSON.stringify(a) === JSON.stringify(b);
