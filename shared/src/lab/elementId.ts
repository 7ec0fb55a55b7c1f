import { attachmentInterfaces } from './names.ts';
import { networksOf } from './networks.ts';
import type { Lab } from './schema.ts';

/** An element id in its parts: `pod:node1/web`, `attachment:node1/web/eth0`, `segment:lan`. */
export interface ElementId {
  kind: string;
  /** Names from the outside in; the last one is the element's own. */
  names: string[];
}

export function parseElementId(id: string): ElementId {
  const colon = id.indexOf(':');
  return { kind: id.slice(0, colon), names: id.slice(colon + 1).split('/') };
}

/** Path of an element in the document; undefined if there is none of that id. */
export function pathOfElement(lab: Lab, id: string): (string | number)[] | undefined {
  const { kind, names } = parseElementId(id);
  const [first = '', second = '', third = ''] = names;
  if (kind === 'segment') return found(['segments'], indexOfName(lab.segments, first));
  if (kind === 'check') return found(['checks'], indexIn(lab.checks, first));
  const hostAt = indexOfName(lab.hosts, first);
  const host = lab.hosts?.[hostAt];
  if (!host) return undefined;
  const path = ['hosts', hostAt];
  if (kind === 'host') return path;
  if (kind === 'interface') {
    return found([...path, 'interfaces'], indexOfName(host.interfaces, second));
  }
  if (kind === 'network') {
    const network = networksOf(host, new Map()).find(({ name }) => name === second);
    return network && [...path, 'networks', network.index];
  }
  if (kind === 'route') return found([...path, 'routes'], indexIn(host.routes, second));
  if (kind === 'dhcp') return found([...path, 'dhcp'], indexIn(host.dhcp, second));
  if (kind === 'condition') return found([...path, 'conditions'], indexIn(host.conditions, second));
  const podAt = indexOfName(host.pods, second);
  const pod = host.pods?.[podAt];
  if (!pod) return undefined;
  const podPath = [...path, 'pods', podAt];
  if (kind === 'pod') return podPath;
  if (kind === 'listen') return found([...podPath, 'listen'], indexIn(pod.listen, third));
  if (kind !== 'attachment') return undefined;
  const index = attachmentInterfaces(pod.attachments ?? []).indexOf(third);
  return found([...podPath, 'attachments'], index);
}

const found = (path: (string | number)[], at: number) => (at < 0 ? undefined : [...path, at]);

const indexOfName = (list: readonly { name: string }[] | undefined, name: string): number =>
  list?.findIndex((item) => item.name === name) ?? -1;

function indexIn(list: readonly unknown[] | undefined, text: string): number {
  const index = /^[0-9]+$/.test(text) ? Number(text) : -1;
  return index < (list?.length ?? 0) ? index : -1;
}
