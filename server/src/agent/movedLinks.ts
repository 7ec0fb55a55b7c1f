import type { Change } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';

type Move = Extract<Change, { event: 'link.move' }>;
type Arrival = Extract<Change, { event: 'link.new' }>;
type Origin = NonNullable<Link['origin']>;

/** Follows links from namespace to namespace, so that each stays the link that it was. */
export interface MovedLinks {
  /**
   * What a link that leaves `from` changes: with its departure, its origin where it has arrived
   * already, because the two namespaces are heard one after the other.
   */
  leaves(move: Move, from: Namespace, there: Namespace | undefined): Change[];
  /** A link that appears, with its origin if it is one that has left another namespace. */
  arrives(arrival: Arrival): Arrival;
}

/** Arrivals that never come, because the link or the namespace went meanwhile, are forgotten. */
const maxExpected = 1000;

export function createMovedLinks(): MovedLinks {
  const expected = new Map<string, Origin>();
  return {
    leaves(move, from, there) {
      if (!move.to) return [move];
      const { namespace, index } = move.to;
      const link = from.links.find((item) => item.index === move.index);
      const origin = link?.origin ?? { namespace: move.namespace, index: move.index };
      const arrived = there?.links.find((item) => item.index === index);
      if (arrived) {
        const known = { ...arrived, ...originIn(namespace, index, origin) };
        return [move, { event: 'link.change', namespace, link: known }];
      }
      expected.set(`${namespace} ${index}`, origin);
      for (const oldest of expected.keys()) {
        if (expected.size <= maxExpected) break;
        expected.delete(oldest);
      }
      return [move];
    },
    arrives(arrival) {
      const { namespace, link } = arrival;
      const key = `${namespace} ${link.index}`;
      const origin = expected.get(key);
      if (!origin) return arrival;
      expected.delete(key);
      return { ...arrival, link: { ...link, ...originIn(namespace, link.index, origin) } };
    },
  };
}

/** None for one that has come home. */
const originIn = (namespace: string, index: number, origin: Origin): Pick<Link, 'origin'> =>
  origin.namespace === namespace && origin.index === index ? {} : { origin };
