import type { Snapshot } from '@cnilab/shared/live/events';
import type { Link, Namespace } from '@cnilab/shared/live/namespace';
import { bridgeName } from '../lab/buildItem.ts';
import type { Lab } from '@cnilab/shared/lab/schema';
import { parseElement } from '../store/elements.ts';

/** What of the kernel an element stands for: a namespace, or some links of it. */
export interface KernelScope {
  namespace: Namespace;
  /** The links to show; all of them for a host or pod. */
  links: Link[];
  isWhole: boolean;
}

export function kernelScope(
  live: Snapshot | undefined,
  lab: Lab | undefined,
  id: string,
): KernelScope | undefined {
  const ref = parseElement(id);
  if (!live || !ref) return undefined;
  const some = (namespaceId: string, pick: (link: Link, all: Link[]) => boolean) => {
    const namespace = live.namespaces[namespaceId];
    if (!namespace) return undefined;
    const links = namespace.links.filter((link) => pick(link, namespace.links));
    return { namespace, links, isWhole: false };
  };
  const whole = (namespaceId: string) => {
    const namespace = live.namespaces[namespaceId];
    return namespace && { namespace, links: namespace.links, isWhole: true };
  };
  switch (ref.kind) {
    case 'segment':
      return some('', withPorts(ref.name));
    case 'host':
    case 'route':
      return whole(ref.host);
    case 'pod':
    case 'listen':
      return whole(`${ref.host}/${ref.pod}`);
    case 'link':
      return some(ref.namespace, ({ name }) => name === ref.name);
    case 'interface':
      return some(ref.host, withPorts(ref.name));
    case 'attachment':
      return some(`${ref.host}/${ref.pod}`, ({ name }) => name === ref.name);
    case 'network': {
      const bridge = lab && bridgeName(lab, id);
      return bridge === undefined ? whole(ref.host) : some(ref.host, withPorts(bridge));
    }
  }
}

/** A link by name, and the ports of it when it is a bridge. */
const withPorts =
  (name: string) =>
  (link: Link, all: Link[]): boolean =>
    link.name === name ||
    (link.master !== undefined &&
      all.some((other) => other.index === link.master && other.name === name));
