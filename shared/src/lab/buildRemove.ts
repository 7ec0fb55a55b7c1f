import { isJsonObject } from '../cni/json.ts';
import { contains } from './buildRename.ts';
import { contextOf, peerOf, type LabContext } from './context.ts';
import type { Edit } from './edits.ts';
import { parseElementId, pathOfElement } from './elementId.ts';
import { attachmentInterfaces } from './names.ts';
import type { Lab } from './schema.ts';

type Path = (string | number)[];

/** Removes an element with what cannot be without it: attachments, peers, checks, positions, … */
export function remove(lab: Lab, element: string): Edit[] {
  const context = contextOf(lab, new Map());
  const gone = new Set<string>();
  const paths: Path[] = [];
  const queue = [element];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (gone.has(id)) continue;
    gone.add(id);
    const path = pathOfElement(lab, id);
    if (path) paths.push(path);
    const dependants = dependantsOf(context, id);
    queue.push(...dependants.elements);
    paths.push(...dependants.paths);
  }
  for (const id of positionIds(lab)) {
    if ([...gone].some((other) => concerns(other, id))) paths.push(['view', 'positions', id]);
  }
  return deletions(paths);
}

/** Undoes one attachment. */
export const detach = (lab: Lab, attachment: string): Edit[] => remove(lab, attachment);

/** Deletes from the end, so that no path moves before it is used; parents stand for their parts. */
function deletions(paths: Path[]): Edit[] {
  const isPrefix = (a: Path, b: Path) =>
    a.length < b.length && a.every((step, at) => b[at] === step);
  const unique = new Map(paths.map((path) => [JSON.stringify(path), path]));
  return [...unique.values()]
    .filter((path) => !paths.some((other) => isPrefix(other, path)))
    .toSorted((a, b) => comparePaths(b, a))
    .map((path) => ({ edit: 'delete', path }));
}

function comparePaths(a: Path, b: Path): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined) return 1;
    if (left === right) continue;
    return typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left) < String(right)
        ? -1
        : 1;
  }
  return a.length - b.length;
}

const positionIds = (lab: Lab): string[] => {
  const positions = lab.view?.['positions'];
  return isJsonObject(positions) ? [...positions.keys()] : [];
};

function concerns(gone: string, id: string): boolean {
  const [outer, inner] = [parseElementId(gone), parseElementId(id)];
  if (gone === id) return true;
  return (
    contains(outer.kind, inner.kind) && outer.names.every((name, at) => inner.names[at] === name)
  );
}

interface Dependants {
  elements: string[];
  /** Parts that are no elements of their own, such as a `master` key. */
  paths: Path[];
}

function dependantsOf(context: LabContext, id: string): Dependants {
  const { kind, names } = parseElementId(id);
  const [first = '', second = '', third = ''] = names;
  const none: Dependants = { elements: [], paths: [] };
  switch (kind) {
    case 'segment':
      return { ...none, elements: onSegment(context, first) };
    case 'host':
      return {
        ...none,
        elements: [...veths(context, first), ...checksAbout(context.lab, [first])],
      };
    case 'interface':
      return interfaceDependants(context, first, second);
    case 'network':
      return { ...none, elements: networkDependants(context, first, second) };
    case 'pod':
      return {
        ...none,
        elements: [
          ...checksAbout(context.lab, [first, second]),
          ...operations(context.lab, first, 'pod', second),
        ],
      };
    case 'attachment':
      return { ...none, elements: interfaceChecks(context.lab, `${first}/${second}`, third) };
    default:
      return none;
  }
}

const onSegment = ({ hosts }: LabContext, segment: string): string[] =>
  hosts.flatMap(({ host }) =>
    (host.interfaces ?? []).flatMap((link) =>
      'segment' in link && link.segment === segment ? [`interface:${host.name}/${link.name}`] : [],
    ),
  );

/** Interfaces of other hosts that are cabled to this one. */
const veths = ({ hosts }: LabContext, hostName: string): string[] =>
  hosts.flatMap(({ host }) =>
    (host.interfaces ?? []).flatMap((link) => {
      const peer = peerOf(host.name, link);
      if (!peer || peer.host === host.name) return [];
      if (peer.host === hostName) return [`interface:${host.name}/${link.name}`];
      return host.name === hostName ? [`interface:${peer.host}/${peer.name}`] : [];
    }),
  );

function interfaceDependants(
  { hosts, lab }: LabContext,
  hostName: string,
  name: string,
): Dependants {
  const elements = interfaceChecks(lab, hostName, name);
  const paths: Path[] = [];
  for (const { host, path } of hosts) {
    const here = host.name === hostName;
    for (const [at, link] of (host.interfaces ?? []).entries()) {
      const peer = peerOf(host.name, link);
      if (peer?.host === hostName && peer.name === name) {
        elements.push(`interface:${host.name}/${link.name}`);
      }
      if (peer && here && link.name === name) elements.push(`interface:${peer.host}/${peer.name}`);
      if (here && 'parent' in link && link.parent === name) {
        elements.push(`interface:${hostName}/${link.name}`);
      }
      if (here && link.master === name) {
        const place = [...path, 'interfaces', at];
        paths.push([...place, 'master']);
        if (link.vlans) paths.push([...place, 'vlans']);
      }
    }
    if (!here) continue;
    for (const [at, route] of (host.routes ?? []).entries()) {
      if (route.dev === name) elements.push(`route:${hostName}/${at}`);
    }
    for (const [kind, list] of [
      ['dhcp', host.dhcp ?? []],
      ['condition', host.conditions ?? []],
    ] as const) {
      for (const [at, entry] of list.entries()) {
        if (entry.interface === name) elements.push(`${kind}:${hostName}/${at}`);
      }
    }
  }
  return { elements, paths };
}

function networkDependants(
  { hosts, lab }: LabContext,
  hostName: string,
  network: string,
): string[] {
  const pods = hosts.find(({ host }) => host.name === hostName)?.host.pods ?? [];
  const attachments = pods.flatMap((pod) => {
    const list = pod.attachments ?? [];
    const names = attachmentInterfaces(list);
    return list.flatMap((attachment, at) =>
      attachment.network === network
        ? [`attachment:${hostName}/${pod.name}/${names[at] ?? at}`]
        : [],
    );
  });
  return [...attachments, ...operations(lab, hostName, 'network', network)];
}

const operations = (lab: Lab, host: string, key: 'pod' | 'network', name: string): string[] =>
  (lab.checks ?? []).flatMap((check, at) =>
    'operation' in check && check.from.split('/')[0] === host && check.operation[key] === name
      ? [`check:${at}`]
      : [],
  );

const interfaceChecks = (lab: Lab, from: string, name: string): string[] =>
  (lab.checks ?? []).flatMap((check, at) =>
    'interface' in check && check.from === from && check.interface === name ? [`check:${at}`] : [],
  );

/** Checks from, or to, a host or one of its pods. */
function checksAbout(lab: Lab, names: string[]): string[] {
  const isAbout = (text: unknown, alone: boolean): boolean => {
    if (typeof text !== 'string' || (!alone && !text.includes('/'))) return false;
    const parts = text.replace(/:[0-9]+$/, '').split('/');
    return names.every((name, at) => parts[at] === name);
  };
  return (lab.checks ?? []).flatMap((check, at) => {
    const targets = (['ping', 'tcp', 'udp'] as const).map((probe): unknown =>
      Reflect.get(check, probe),
    );
    const about = isAbout(check.from, true) || targets.some((target) => isAbout(target, false));
    return about ? [`check:${at}`] : [];
  });
}
