import type { Change, ElementState, LiveEvent, Snapshot } from './events.ts';
import type { Namespace, NamespaceInfo } from './namespace.ts';
import { addressKey, neighbourKey, routeKey } from './namespace.ts';
import type { Operation } from './operation.ts';

/** How many operations a snapshot keeps, and how many UTF-16 units of their texts in all. */
export const maxOperations = 500;
export const maxOperationText = 32 * 1024 * 1024;

/** What is known of a run before its first event. */
export function emptySnapshot(run: string): Snapshot {
  return { seq: 0, run, state: 'starting', elements: {}, namespaces: {}, operations: [] };
}

/**
 * The snapshot after one event. Pure: only what changed is a new object, so that `===` tells what
 * to draw again. An event that the snapshot already contains (by its number) changes nothing.
 */
export function reduce(snapshot: Snapshot, event: LiveEvent): Snapshot {
  if (event.seq <= snapshot.seq) return snapshot;
  return { ...applyChange(snapshot, event), seq: event.seq };
}

/** The snapshot after consecutive events. */
export function reduceAll(snapshot: Snapshot, events: readonly LiveEvent[]): Snapshot {
  return events.reduce(reduce, snapshot);
}

/**
 * The snapshot after one change, its number left as it was. Changes set what is, whatever was known
 * before: the same change twice is the same as once, and changes that speak of something unknown
 * (a namespace that is gone, say) do nothing.
 */
export function applyChange(snapshot: Snapshot, change: Change): Snapshot {
  switch (change.event) {
    case 'namespace.new':
      return withNamespace(snapshot, change.info.id, emptyNamespace(snapshot, change.info));
    case 'namespace.sync':
      return withNamespace(snapshot, change.state.id, change.state);
    case 'namespace.del':
      return withNamespace(snapshot, change.namespace, undefined);
    case 'element.state':
      return withElement(snapshot, change.element, change.state);
    case 'element.del':
      return withElement(snapshot, change.element, undefined);
    case 'operation':
      return { ...snapshot, operations: withOperation(snapshot.operations, change.operation) };
    case 'lab.state':
      return withLabState(snapshot, change);
    default: {
      const namespace = own(snapshot.namespaces, change.namespace);
      if (namespace === undefined) return snapshot;
      const next = inNamespace(namespace, change);
      return sameLists(namespace, next) ? snapshot : withNamespace(snapshot, namespace.id, next);
    }
  }
}

type NamespaceChange = Extract<
  Change,
  { event: `${'link' | 'address' | 'route' | 'neighbour' | 'firewall'}.${string}` }
>;

function inNamespace(namespace: Namespace, change: NamespaceChange): Namespace {
  switch (change.event) {
    case 'link.new':
    case 'link.change':
      return { ...namespace, links: withItem(namespace.links, change.link, (l) => l.index) };
    case 'link.del':
      return withoutLink(namespace, change.index);
    case 'address.new':
      return { ...namespace, addresses: withItem(namespace.addresses, change.address, addressKey) };
    case 'address.del':
      return {
        ...namespace,
        addresses: withoutItem(namespace.addresses, change.address, addressKey),
      };
    case 'route.new':
      return { ...namespace, routes: withItem(namespace.routes, change.route, routeKey) };
    case 'route.del':
      return { ...namespace, routes: withoutItem(namespace.routes, change.route, routeKey) };
    case 'neighbour.new':
      return {
        ...namespace,
        neighbours: withItem(namespace.neighbours, change.neighbour, neighbourKey),
      };
    case 'neighbour.del':
      return {
        ...namespace,
        neighbours: withoutItem(namespace.neighbours, change.neighbour, neighbourKey),
      };
    case 'firewall.change':
      return { ...namespace, tables: change.tables };
  }
}

function sameLists(a: Namespace, b: Namespace): boolean {
  const keys = ['links', 'addresses', 'routes', 'neighbours', 'tables'] as const;
  return keys.every((key) => a[key] === b[key]);
}

/** With a link goes what stood on it; the kernel does not announce all of that by itself. */
function withoutLink(namespace: Namespace, index: number): Namespace {
  return {
    ...namespace,
    links: without(namespace.links, (link) => link.index === index),
    addresses: without(namespace.addresses, (address) => address.index === index),
    routes: without(namespace.routes, (route) => route.dev === index),
    neighbours: without(namespace.neighbours, (neighbour) => neighbour.index === index),
  };
}

function emptyNamespace(snapshot: Snapshot, info: NamespaceInfo): Namespace {
  const known = own(snapshot.namespaces, info.id);
  const lists = known ?? { links: [], addresses: [], routes: [], neighbours: [], tables: [] };
  const { links, addresses, routes, neighbours, tables } = lists;
  return { ...info, links, addresses, routes, neighbours, tables };
}

function withLabState(
  snapshot: Snapshot,
  { state, error }: Extract<Change, { event: 'lab.state' }>,
): Snapshot {
  const { error: _before, ...rest } = snapshot;
  const next: Snapshot = { ...rest, state, ...(error === undefined ? {} : { error }) };
  // Without a box there is nothing in it; what the plugins did stays readable.
  return state === 'stopped' || state === 'failed'
    ? { ...next, elements: {}, namespaces: {} }
    : next;
}

function withOperation(operations: Operation[], operation: Operation): Operation[] {
  const next = withItem(operations, operation, (item) => item.id);
  let text = next.reduce((sum, item) => sum + textOf(item), 0);
  let first = Math.max(0, next.length - maxOperations);
  for (let i = 0; i < first; i++) text -= textOf(next[i]);
  while (text > maxOperationText && first < next.length - 1) text -= textOf(next[first++]);
  return first === 0 ? next : next.slice(first);
}

function textOf(operation: Operation | undefined): number {
  if (operation === undefined) return 0;
  const sum = (total: number, step: Operation['steps'][number]) =>
    total + step.stdin.length + step.stdout.length + step.stderr.length;
  return operation.steps.reduce(sum, operation.result?.length ?? 0);
}

function withNamespace(snapshot: Snapshot, id: string, namespace: Namespace | undefined): Snapshot {
  const namespaces = withEntry(snapshot.namespaces, id, namespace);
  return namespaces === snapshot.namespaces ? snapshot : { ...snapshot, namespaces };
}

function withElement(
  snapshot: Snapshot,
  element: string,
  state: ElementState | undefined,
): Snapshot {
  const known = own(snapshot.elements, element);
  if (known && state && known.state === state.state && known.error === state.error) return snapshot;
  const elements = withEntry(snapshot.elements, element, state);
  return elements === snapshot.elements ? snapshot : { ...snapshot, elements };
}

/** Ids come out of a box, where somebody may call a namespace `constructor`. */
function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function withEntry<T>(
  record: Record<string, T>,
  key: string,
  value: T | undefined,
): Record<string, T> {
  // A spread copies this key as the prototype in some engines; no element can have it as its id.
  if (key === '__proto__') return record;
  if (value !== undefined) return { ...record, [key]: value };
  if (!Object.hasOwn(record, key)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}

function withItem<T>(items: T[], item: T, keyOf: (item: T) => string | number): T[] {
  const key = keyOf(item);
  const index = items.findIndex((known) => keyOf(known) === key);
  return index === -1 ? [...items, item] : items.with(index, item);
}

function withoutItem<T>(items: T[], item: T, keyOf: (item: T) => string | number): T[] {
  const key = keyOf(item);
  return without(items, (known) => keyOf(known) === key);
}

/** The same array when nothing goes. */
function without<T>(items: T[], gone: (item: T) => boolean): T[] {
  return items.some(gone) ? items.filter((item) => !gone(item)) : items;
}
