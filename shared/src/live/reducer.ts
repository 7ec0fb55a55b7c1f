import { applyCounters, applyFirewall } from './firewall.ts';
import type { Change, ElementState, LiveEvent, Snapshot } from './events.ts';
import type {
  Address,
  FdbEntry,
  Link,
  Namespace,
  NamespaceInfo,
  Neighbour,
  Policy,
  Qdisc,
  Route,
} from './namespace.ts';
import {
  addressKey,
  emptyLists,
  fdbKey,
  neighbourKey,
  policyKey,
  qdiscKey,
  routeKey,
} from './namespace.ts';
import type { Operation } from './operation.ts';

/** How many operations a snapshot keeps, and how many UTF-16 units of their texts in all. */
export const maxOperations = 500;
export const maxOperationText = 32 * 1024 * 1024;

/** What is known of a run before its first event. */
export function emptySnapshot(run: string): Snapshot {
  return { seq: 0, run, state: 'starting', elements: {}, namespaces: {}, operations: [] };
}

/** The snapshot after one event; see `reduceAll`. */
export function reduce(snapshot: Snapshot, event: LiveEvent): Snapshot {
  return reduceAll(snapshot, [event]);
}

/**
 * The snapshot after consecutive events. Pure: only what changed is a new object, so that `===`
 * tells what to draw again; each of those is copied once, however many events speak of it. Events
 * that the snapshot already contains (by their numbers) change nothing.
 */
export function reduceAll(snapshot: Snapshot, events: readonly LiveEvent[]): Snapshot {
  let draft: Draft | undefined;
  for (const event of events) {
    if (event.seq <= (draft?.next ?? snapshot).seq) continue;
    draft ??= { next: { ...snapshot }, fresh: new WeakSet() };
    apply(draft, event);
    draft.next.seq = event.seq;
  }
  return draft?.next ?? snapshot;
}

/**
 * The snapshot after one change, its number left as it was. Changes set what is, whatever was known
 * before: the same change twice is the same as once, and changes that speak of something unknown
 * (a namespace that is gone, say) do nothing.
 */
export function applyChange(snapshot: Snapshot, change: Change): Snapshot {
  const draft: Draft = { next: { ...snapshot }, fresh: new WeakSet() };
  apply(draft, change);
  const keys = ['state', 'error', 'elements', 'namespaces', 'operations'] as const;
  return keys.every((key) => draft.next[key] === snapshot[key]) ? snapshot : draft.next;
}

/**
 * As `applyChange`, for a snapshot that nobody else has: it is itself changed, and of what is in it
 * only the namespaces and lists concerned are new objects. So a change costs the same however many
 * namespaces there are.
 */
export function changeOwn(snapshot: Snapshot, change: Change): void {
  const fresh = new WeakSet<object>([snapshot.namespaces, snapshot.elements]);
  apply({ next: snapshot, fresh }, change);
}

/** A snapshot in the making. Only objects in `fresh` may be written to. */
interface Draft {
  next: Snapshot;
  fresh: WeakSet<object>;
}

/** The object itself when it was made for this draft, else a copy that is. */
function writable<T extends object>(draft: Draft, value: T): T {
  if (draft.fresh.has(value)) return value;
  const copy = { ...value };
  draft.fresh.add(copy);
  return copy;
}

function writableList<T>(draft: Draft, list: T[]): T[] {
  if (draft.fresh.has(list)) return list;
  const copy = [...list];
  draft.fresh.add(copy);
  return copy;
}

function apply(draft: Draft, change: Change): void {
  const { next } = draft;
  switch (change.event) {
    case 'namespace.new':
      return setNamespace(draft, withInfo(own(next.namespaces, change.info.id), change.info));
    case 'namespace.sync':
      return setNamespace(draft, change.state);
    case 'namespace.del':
      if (!Object.hasOwn(next.namespaces, change.namespace)) return;
      next.namespaces = writable(draft, next.namespaces);
      delete next.namespaces[change.namespace];
      return;
    case 'element.state':
      return setElement(draft, change.element, change.state);
    case 'element.del':
      if (!Object.hasOwn(next.elements, change.element)) return;
      next.elements = writable(draft, next.elements);
      delete next.elements[change.element];
      return;
    case 'operation':
      return setOperation(draft, change.operation);
    case 'lab.state':
      return setLabState(next, change);
    case 'sysctl.change':
    case 'file.change':
      return; // what happened, and no part of what is
    default: {
      const namespace = own(next.namespaces, change.namespace);
      if (namespace !== undefined) applyInNamespace(draft, namespace, change);
    }
  }
}

type NamespaceChange = Extract<
  Change,
  {
    event: `${'link' | 'address' | 'route' | 'neighbour' | 'policy' | 'fdb' | 'qdisc' | 'firewall'}.${string}`;
  }
>;

function applyInNamespace(draft: Draft, namespace: Namespace, change: NamespaceChange): void {
  const { links, addresses, routes, neighbours, policies, fdb, qdiscs } = namespace;
  const put = <K extends keyof Namespace>(key: K, value: Namespace[K]) => {
    const known = own(draft.next.namespaces, namespace.id);
    if (known === undefined || known[key] === value) return;
    const fresh = writable(draft, known);
    fresh[key] = value;
    setNamespace(draft, fresh);
  };
  switch (change.event) {
    case 'link.new':
    case 'link.change':
      return put('links', withItem(draft, links, change.link, sameLink));
    case 'link.move':
    case 'link.del': {
      // With a link goes what stood on it; the kernel does not announce all of that by itself.
      const { index } = change;
      put(
        'links',
        without(links, (link) => link.index === index),
      );
      put(
        'addresses',
        without(addresses, (address) => address.index === index),
      );
      put(
        'routes',
        without(routes, (route) => route.dev === index),
      );
      put(
        'neighbours',
        without(neighbours, (neighbour) => neighbour.index === index),
      );
      put(
        'fdb',
        without(fdb, (entry) => entry.index === index || entry.master === index),
      );
      return put(
        'qdiscs',
        without(qdiscs, (qdisc) => qdisc.index === index),
      );
    }
    case 'address.new':
      return put('addresses', withItem(draft, addresses, change.address, sameAddress));
    case 'address.del':
      return put(
        'addresses',
        without(addresses, (item) => sameAddress(item, change.address)),
      );
    case 'route.new':
      return put('routes', withItem(draft, routes, change.route, sameRoute));
    case 'route.del':
      return put(
        'routes',
        without(routes, (item) => sameRoute(item, change.route)),
      );
    case 'neighbour.new':
      return put('neighbours', withItem(draft, neighbours, change.neighbour, sameNeighbour));
    case 'neighbour.del':
      return put(
        'neighbours',
        without(neighbours, (item) => sameNeighbour(item, change.neighbour)),
      );
    case 'policy.new':
      return put('policies', withItem(draft, policies, change.policy, samePolicy));
    case 'policy.del':
      return put(
        'policies',
        without(policies, (item) => samePolicy(item, change.policy)),
      );
    case 'fdb.new':
      return put('fdb', withItem(draft, fdb, change.entry, sameFdb));
    case 'fdb.del':
      return put(
        'fdb',
        without(fdb, (item) => sameFdb(item, change.entry)),
      );
    case 'qdisc.new':
      return put('qdiscs', withItem(draft, qdiscs, change.qdisc, sameQdisc));
    case 'qdisc.del':
      return put(
        'qdiscs',
        without(qdiscs, (item) => sameQdisc(item, change.qdisc)),
      );
    case 'firewall.change':
      return put('tables', applyFirewall(namespace.tables, change.changes));
    case 'firewall.count':
      return put('tables', applyCounters(namespace.tables, change.counters));
  }
}

// The cheap comparison first: making the keys of all items for each event would be slow.
const sameLink = (a: Link, b: Link) => a.index === b.index;
const sameAddress = (a: Address, b: Address) =>
  a.index === b.index && addressKey(a) === addressKey(b);
const sameRoute = (a: Route, b: Route) => a.to === b.to && routeKey(a) === routeKey(b);
const sameNeighbour = (a: Neighbour, b: Neighbour) =>
  a.index === b.index && neighbourKey(a) === neighbourKey(b);
const samePolicy = (a: Policy, b: Policy) => policyKey(a) === policyKey(b);
const sameFdb = (a: FdbEntry, b: FdbEntry) => a.mac === b.mac && fdbKey(a) === fdbKey(b);
const sameQdisc = (a: Qdisc, b: Qdisc) => qdiscKey(a) === qdiscKey(b);

function withInfo(known: Namespace | undefined, info: NamespaceInfo): Namespace {
  return { ...(known ?? emptyLists()), ...info };
}

/** Ids come out of a box, where somebody may call a namespace `constructor`. */
function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Writing to this key sets the prototype; no namespace or element can have it as its id. */
const isForbidden = (key: string) => key === '__proto__';

function setNamespace(draft: Draft, namespace: Namespace): void {
  if (isForbidden(namespace.id)) return;
  draft.next.namespaces = writable(draft, draft.next.namespaces);
  draft.next.namespaces[namespace.id] = namespace;
}

function setElement(draft: Draft, element: string, state: ElementState): void {
  const known = own(draft.next.elements, element);
  if (isForbidden(element)) return;
  if (known && known.state === state.state && known.error === state.error) return;
  draft.next.elements = writable(draft, draft.next.elements);
  draft.next.elements[element] = state;
}

function setLabState(
  next: Snapshot,
  { state, error }: Extract<Change, { event: 'lab.state' }>,
): void {
  next.state = state;
  if (error === undefined) delete next.error;
  else next.error = error;
  if (state !== 'stopped' && state !== 'failed') return;
  // Without a box there is nothing in it; what the plugins did stays readable.
  next.elements = {};
  next.namespaces = {};
}

function setOperation(draft: Draft, operation: Operation): void {
  const all = withItem(draft, draft.next.operations, operation, (a, b) => a.id === b.id);
  let text = all.reduce((sum, item) => sum + textOf(item), 0);
  let first = Math.max(0, all.length - maxOperations);
  for (let i = 0; i < first; i++) text -= textOf(all[i]);
  while (text > maxOperationText && first < all.length - 1) text -= textOf(all[first++]);
  draft.next.operations = all;
  all.splice(0, first);
}

function textOf(operation: Operation | undefined): number {
  if (operation === undefined) return 0;
  const sum = (total: number, step: Operation['steps'][number]) =>
    total + step.stdin.length + step.stdout.length + step.stderr.length;
  return operation.steps.reduce(sum, operation.result?.length ?? 0);
}

function withItem<T>(draft: Draft, items: T[], item: T, same: (a: T, b: T) => boolean): T[] {
  const list = writableList(draft, items);
  const index = list.findIndex((known) => same(known, item));
  if (index === -1) list.push(item);
  else list[index] = item;
  return list;
}

/** The same array when nothing goes. */
function without<T>(items: T[], gone: (item: T) => boolean): T[] {
  return items.some(gone) ? items.filter((item) => !gone(item)) : items;
}
