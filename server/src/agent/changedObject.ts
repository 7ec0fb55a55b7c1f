import type { Change } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';

/** What a change is about. */
export interface ChangedObject {
  event: string;
  namespace: string;
  /** What a person would call it. */
  name: string;
  /** Index of the link that it stands on, or is. */
  link?: number;
}

/** Undefined for what is only traffic, or is told in another way (rules, by their commits). */
export function objectIn(change: Change, before: Namespace | undefined): ChangedObject | undefined {
  if (!('namespace' in change)) return undefined;
  const { event, namespace } = change;
  const dev = (index: number | undefined) =>
    before?.links.find((link) => link.index === index)?.name ?? '';
  switch (change.event) {
    case 'link.new':
    case 'link.change':
      return { event, namespace, name: change.link.name, link: change.link.index };
    case 'link.del':
    case 'link.move':
      return { event, namespace, name: change.name, link: change.index };
    case 'address.new':
    case 'address.del': {
      const { address, prefix, index } = change.address;
      return { event, namespace, name: `${address}/${prefix} dev ${dev(index)}`, link: index };
    }
    case 'route.new':
    case 'route.del': {
      const { to, via, dev: index } = change.route;
      const words = [to, via && `via ${via}`, index && `dev ${dev(index)}`];
      const name = words.filter(Boolean).join(' ');
      return { event, namespace, name, ...(index === undefined ? {} : { link: index }) };
    }
    case 'policy.new':
    case 'policy.del': {
      const { match, action, table } = change.policy;
      return { event, namespace, name: [match, action, table].filter(Boolean).join(' ') };
    }
    case 'qdisc.new':
    case 'qdisc.del': {
      const { kind, index } = change.qdisc;
      return { event, namespace, name: `${kind} dev ${dev(index)}`, link: index };
    }
    case 'sysctl.change':
      return { event, namespace, name: `${change.name} = ${change.value}` };
    case 'file.change': {
      const word = change.change === 'written' ? 'change' : change.change === 'new' ? 'new' : 'del';
      return { event: `file.${word}`, namespace, name: change.path };
    }
    default:
      return undefined;
  }
}

/** The namespace that it is about; undefined for what is about elements, operations or the run. */
export function namespaceOf(change: Change): string | undefined {
  if (change.event === 'namespace.new') return change.info.id;
  return 'namespace' in change ? change.namespace : undefined;
}

/** A link that was touched, by the key under which that is remembered. */
export interface TouchedLink {
  namespace: string;
  key: string;
}

/** The link that the object stands on, or is, and the other end of a veth pair: both feel it. */
export function touchedLinks(
  object: ChangedObject | undefined,
  change: Change,
  before: Namespace | undefined,
): TouchedLink[] {
  if (object?.link === undefined) return [];
  const { namespace, link: index } = object;
  const at = (place: string, link: number) => ({ namespace: place, key: `${place} ${link}` });
  const known = before?.links.find((item) => item.index === index);
  // One whose other end goes has none any more.
  const ends = ['link' in change ? change.link : undefined, known].flatMap(
    (link: Link | undefined) =>
      link?.kind === 'veth' && link.link !== undefined
        ? [at(link.linkNamespace ?? namespace, link.link)]
        : [],
  );
  return [at(namespace, index), ...ends.slice(0, 1)];
}
