import type { FirewallChange } from '@cnilab/shared/live/firewall';
import type { LiveEvent } from '@cnilab/shared/live/events';
import type { Link, Route } from '@cnilab/shared/live/namespace';
import type { Operation } from '@cnilab/shared/live/operation';
import { elementLabel } from './elements.ts';
import { operationNote, stepAbout } from './outcomes.ts';

/** Groups of events that the tape can be filtered by. */
export const eventKinds = [
  'namespace',
  'link',
  'address',
  'route',
  'neighbour',
  'firewall',
  'operation',
  'element',
  'lab',
] as const;
export type EventKind = (typeof eventKinds)[number];

export const eventKind = ({ event }: LiveEvent): EventKind =>
  eventKinds.find((kind) => event === kind || event.startsWith(`${kind}.`)) ?? 'lab';

/** Whose doing an event was, for the tape's filter. */
export const causeKinds = [
  { value: 'step', label: 'plugins' },
  { value: 'command', label: 'commands' },
  { value: 'agent', label: 'cnilab' },
  { value: 'none', label: 'kernel' },
] as const;
export type CauseKind = (typeof causeKinds)[number]['value'];

/** Undefined for what is no change in the kernel and has no cause of its own. */
export function causeKind(event: LiveEvent): CauseKind | undefined {
  if (event.cause) return event.cause.by;
  return ['operation', 'element', 'lab'].includes(eventKind(event)) ? undefined : 'none';
}

/** HOST or HOST/POD that the event is about; empty where it is about none. */
export function eventNamespace(event: LiveEvent): string {
  switch (event.event) {
    case 'namespace.new':
      return event.info.id;
    case 'namespace.sync':
      return event.state.id;
    case 'operation': {
      const { host, pod } = event.operation;
      return pod ? `${host}/${pod}` : host;
    }
    case 'element.state':
    case 'element.del':
      return event.element.slice(event.element.indexOf(':') + 1);
    case 'lab.state':
      return '';
    default:
      return event.namespace;
  }
}

/** One short sentence about what happened. `nameOf` gives an interface's name by its index. */
export function eventText(
  event: LiveEvent,
  nameOf: (namespace: string, index: number) => string | undefined,
): string {
  const dev = (namespace: string, index: number | undefined) =>
    index === undefined ? '' : ` on ${nameOf(namespace, index) ?? `interface ${index}`}`;
  switch (event.event) {
    case 'namespace.new':
      return `namespace appeared (${event.info.kind})`;
    case 'namespace.del':
      return 'namespace removed';
    case 'namespace.sync':
      return 'read again in full, because the kernel dropped messages';
    case 'link.new':
      return `interface ${linkText(event.link)} appeared`;
    case 'link.change':
      return `interface ${linkText(event.link)} changed`;
    case 'link.del':
      return `interface ${event.name} removed`;
    case 'address.new':
      return `address ${event.address.address}/${event.address.prefix} added${dev(event.namespace, event.address.index)}`;
    case 'address.del':
      return `address ${event.address.address}/${event.address.prefix} removed${dev(event.namespace, event.address.index)}`;
    case 'route.new':
      return `route ${routeText(event.route)} added${dev(event.namespace, event.route.dev)}`;
    case 'route.del':
      return `route ${routeText(event.route)} removed${dev(event.namespace, event.route.dev)}`;
    case 'neighbour.new':
      return `neighbour ${event.neighbour.address} is ${event.neighbour.mac ?? 'unknown'} (${event.neighbour.state})${dev(event.namespace, event.neighbour.index)}`;
    case 'neighbour.del':
      return `neighbour ${event.neighbour.address} forgotten${dev(event.namespace, event.neighbour.index)}`;
    case 'link.move':
      return `interface ${event.name} moved to ${event.to ? event.to.namespace || 'the segments' : 'a namespace outside the lab'}`;
    case 'policy.new':
    case 'policy.del': {
      const { match, action, table } = event.policy;
      const what = `routing policy ${match} ${action}${table === undefined ? '' : ` ${table}`}`;
      return `${what} ${event.event === 'policy.new' ? 'added' : 'removed'}`;
    }
    case 'fdb.new':
      return `${event.entry.mac} was learnt${dev(event.namespace, event.entry.index)}${event.entry.dst ? `, at ${event.entry.dst}` : ''}`;
    case 'fdb.del':
      return `${event.entry.mac} forgotten${dev(event.namespace, event.entry.index)}`;
    case 'qdisc.new':
      return `queue ${event.qdisc.kind} set${dev(event.namespace, event.qdisc.index)}`;
    case 'qdisc.del':
      return `queue ${event.qdisc.kind} removed${dev(event.namespace, event.qdisc.index)}`;
    case 'firewall.change': {
      const [only, ...more] = event.changes;
      return only && more.length === 0
        ? firewallText(only)
        : `${event.changes.length} changes of the firewall: ${event.changes.map(firewallText).join('; ')}`;
    }
    case 'firewall.count':
      return `${event.counters.length === 1 ? 'a counter' : `${event.counters.length} counters`} of the firewall moved`;
    case 'sysctl.change':
      return `${event.name} set to ${event.value}`;
    case 'file.change':
      return `file ${event.path} ${{ new: 'made', written: 'written', gone: 'removed' }[event.change]}`;
    case 'element.state':
      return stateText(elementLabel(event.element), event.state);
    case 'element.del':
      return `${elementLabel(event.element)} is no longer part of the lab`;
    case 'operation':
      return operationText(event.operation);
    case 'lab.state':
      return stateText('The lab', event);
  }
}

function firewallText(change: FirewallChange): string {
  const { name } = change.table;
  switch (change.change) {
    case 'table.set':
      return `table ${name} of ${change.table.family} added`;
    case 'table.del':
      return `table ${name} of ${change.table.family} removed`;
    case 'chain.set':
      return `chain ${change.chain.name} of ${name} set`;
    case 'chain.del':
      return `chain ${change.chain} of ${name} removed`;
    case 'rule.new':
      return `rule ${change.rule.text} added to ${name}`;
    case 'rule.del':
      return `rule removed from ${change.chain} of ${name}`;
  }
}

const stateText = (what: string, { state, error }: { state: string; error?: string | undefined }) =>
  `${what} ${state === 'failed' ? '' : 'is '}${state}${error ? `: ${error}` : ''}`;

function operationText(operation: Operation): string {
  const { op, network, interface: name, done, ok, ms, steps, error, cleanup } = operation;
  const what = [op, network, op === 'CHECK' && name, cleanup && '(clean-up)']
    .filter(Boolean)
    .join(' ');
  const last = steps.at(-1);
  if (!done) {
    if (!last) return `${what} started`;
    const about = stepAbout(operation, last);
    return `${what}: ${last.plugin}${about ? ` (${about})` : ''} took ${formatMs(last.ms)}`;
  }
  const note = operationNote(operation);
  if (!ok)
    return `${what} failed${note === undefined ? '' : `, ${note}`}: ${error?.msg ?? 'unknown'}`;
  return note === undefined
    ? `${what} done in ${formatMs(ms)}`
    : `${what}: ${note} (${formatMs(ms)})`;
}

/** `veth0 (veth), up`. */
export function linkText(link: Link): string {
  const kind = link.kind === '' ? '' : ` (${link.kind})`;
  return `${link.name}${kind}, ${link.up ? link.state.toLowerCase() : 'down'}`;
}

/** `10.1.0.0/16 via 10.0.0.1`. */
export function routeText({ to, via, type, table, nextHops }: Route): string {
  const parts = [type === 'unicast' ? to : `${type} ${to}`];
  if (nextHops) parts.push(`via any of ${nextHops.map((hop) => hop.via ?? 'the link').join(', ')}`);
  else if (via) parts.push(`via ${via}`);
  if (table !== 254) parts.push(`table ${table}`);
  return parts.join(' ');
}

/** `3 ms`, `1.2 s`. */
export const formatMs = (ms: number): string =>
  ms >= 1000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;

/** `14:03:07.123` */
export function formatTime(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
