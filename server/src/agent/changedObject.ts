import type { Change } from '@cnilab/shared/live/events';
import type { Namespace } from '@cnilab/shared/live/namespace';

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
    default:
      return undefined;
  }
}
