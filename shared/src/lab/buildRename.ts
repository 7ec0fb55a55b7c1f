import { isJsonObject, toPlain } from '../cni/json.ts';
import { contextOf, peerOf } from './context.ts';
import type { Edit } from './edits.ts';
import { parseElementId, pathOfElement } from './elementId.ts';
import { networkFile, pluginPath, textOf } from './networks.ts';
import type { Lab } from './schema.ts';

type Path = (string | number)[];
const set = (path: Path, value: string): Edit => ({ edit: 'set', path, value });

/**
 * Gives an element another name, everywhere: attachments, checks, peers, masters, parents, routes
 * and positions. Nothing if there is no such element.
 */
export function rename(lab: Lab, element: string, name: string): Edit[] {
  const path = pathOfElement(lab, element);
  const { kind, names } = parseElementId(element);
  const [first = '', second = '', third = ''] = names;
  if (!path) return [];
  const own = set([...path, kind === 'attachment' ? 'interface' : 'name'], name);
  const renamed = [...names.slice(0, -1), name];
  const moved = movePositions(lab, kind, names, renamed);
  switch (kind) {
    case 'host':
      return [own, ...hostPeers(lab, first, name), ...checks(lab, [first], [name]), ...moved];
    case 'pod': {
      const operations = operationEdits(lab, first, 'pod', second, name);
      return [own, ...checks(lab, names, renamed), ...operations, ...moved];
    }
    case 'segment':
      return [own, ...segmentUses(lab, first, name), ...moved];
    case 'network':
      if (networkFile(entryOf(lab, path)) !== undefined) return [];
      return [
        own,
        ...networkUses(lab, first, second, name),
        ...operationEdits(lab, first, 'network', second, name),
        ...moved,
      ];
    case 'interface':
      return [own, ...interfaceUses(lab, first, second, name), ...moved];
    case 'attachment':
      return [own, ...interfaceChecks(lab, `${first}/${second}`, third, name), ...moved];
    default:
      return kind === 'check' ? [own] : [];
  }
}

const entryOf = (lab: Lab, path: Path) =>
  lab.hosts?.[Number(path[1])]?.networks?.[Number(path[3])] ?? null;

function hostPeers(lab: Lab, host: string, name: string): Edit[] {
  return (lab.hosts ?? []).flatMap((other, at) =>
    (other.interfaces ?? []).flatMap((link, index) =>
      'peer' in link && typeof link.peer !== 'string' && link.peer.host === host
        ? [set(['hosts', at, 'interfaces', index, 'peer', 'host'], name)]
        : [],
    ),
  );
}

function segmentUses(lab: Lab, segment: string, name: string): Edit[] {
  return (lab.hosts ?? []).flatMap((host, at) =>
    (host.interfaces ?? []).flatMap((link, index) =>
      'segment' in link && link.segment === segment
        ? [set(['hosts', at, 'interfaces', index, 'segment'], name)]
        : [],
    ),
  );
}

function networkUses(lab: Lab, hostName: string, network: string, name: string): Edit[] {
  return (lab.hosts ?? []).flatMap((host, at) =>
    host.name !== hostName
      ? []
      : (host.pods ?? []).flatMap((pod, podAt) =>
          (pod.attachments ?? []).flatMap((attachment, index) =>
            attachment.network === network
              ? [set(['hosts', at, 'pods', podAt, 'attachments', index, 'network'], name)]
              : [],
          ),
        ),
  );
}

function interfaceUses(lab: Lab, hostName: string, link: string, name: string): Edit[] {
  return contextOf(lab, new Map()).hosts.flatMap(({ host, path, networks }) => {
    const here = host.name === hostName;
    const edits: Edit[] = [];
    for (const [at, other] of (host.interfaces ?? []).entries()) {
      const place = [...path, 'interfaces', at];
      const peer = peerOf(host.name, other);
      if ('peer' in other && peer?.host === hostName && peer.name === link) {
        edits.push(
          set([...place, 'peer', ...(typeof other.peer === 'string' ? [] : ['name'])], name),
        );
      }
      if (here && other.master === link) edits.push(set([...place, 'master'], name));
      if (here && 'parent' in other && other.parent === link) {
        edits.push(set([...place, 'parent'], name));
      }
    }
    if (!here) return edits;
    for (const [at, route] of (host.routes ?? []).entries()) {
      if (route.dev === link) edits.push(set([...path, 'routes', at, 'dev'], name));
    }
    for (const list of ['dhcp', 'conditions'] as const) {
      for (const [at, entry] of (host[list] ?? []).entries()) {
        if (entry.interface === link) edits.push(set([...path, list, at, 'interface'], name));
      }
    }
    for (const network of networks) {
      for (const [at, plugin] of network.plugins.entries()) {
        for (const key of ['bridge', 'master']) {
          if (network.fileText !== undefined || textOf(plugin, key) !== link) continue;
          const inside = [...path, 'networks', network.index, ...pluginPath(network, at), key];
          edits.push(set(inside, name));
        }
      }
    }
    return [...edits, ...interfaceChecks(lab, hostName, link, name)];
  });
}

function interfaceChecks(lab: Lab, from: string, link: string, name: string): Edit[] {
  return (lab.checks ?? []).flatMap((check, at) => {
    if (check.from !== from) return [];
    if ('interface' in check) {
      const edits = check.interface === link ? [set(['checks', at, 'interface'], name)] : [];
      const master =
        typeof check.expect === 'object' && check.expect.master === link
          ? [set(['checks', at, 'expect', 'master'], name)]
          : [];
      return [...edits, ...master];
    }
    return 'route' in check && check.expect?.dev === link
      ? [set(['checks', at, 'expect', 'dev'], name)]
      : [];
  });
}

/** `from` and targets that name HOST or HOST/POD. */
function checks(lab: Lab, old: string[], renamed: string[]): Edit[] {
  const replaced = (text: string): string | undefined => {
    const [reference = '', port] = text.split(/(?=:[0-9]+$)/);
    const parts = reference.split('/');
    if (parts.length < old.length || !old.every((part, at) => parts[at] === part)) return undefined;
    return [...renamed, ...parts.slice(old.length)].join('/') + (port ?? '');
  };
  return (lab.checks ?? []).flatMap((check, at) => {
    const edits: Edit[] = [];
    const from = replaced(check.from);
    if (from !== undefined) edits.push(set(['checks', at, 'from'], from));
    for (const probe of ['ping', 'tcp', 'udp'] as const) {
      const target: unknown = Reflect.get(check, probe);
      if (typeof target !== 'string' || !target.includes('/')) continue;
      const to = replaced(target);
      if (to !== undefined) edits.push(set(['checks', at, probe], to));
    }
    return edits;
  });
}

function operationEdits(
  lab: Lab,
  host: string,
  key: 'pod' | 'network',
  old: string,
  name: string,
): Edit[] {
  return (lab.checks ?? []).flatMap((check, at) =>
    'operation' in check && check.from.split('/')[0] === host && check.operation[key] === old
      ? [set(['checks', at, 'operation', key], name)]
      : [],
  );
}

/** Positions of the element, and of what is inside it, under their new ids. */
function movePositions(lab: Lab, kind: string, old: string[], renamed: string[]): Edit[] {
  const positions = lab.view?.['positions'];
  if (!isJsonObject(positions)) return [];
  return [...positions].flatMap(([id, value]): Edit[] => {
    const part = parseElementId(id);
    const inside = old.every((name, at) => part.names[at] === name);
    const concerns =
      part.kind === kind ? part.names.length === old.length : contains(kind, part.kind);
    if (!inside || !concerns) return [];
    const moved = `${part.kind}:${[...renamed, ...part.names.slice(old.length)].join('/')}`;
    const path = ['view', 'positions'];
    return [
      { edit: 'delete', path: [...path, id] },
      { edit: 'set', path: [...path, moved], value: toPlain(value) },
    ];
  });
}

/** Kinds of elements whose ids start with the names of another kind's. */
export function contains(outer: string, inner: string): boolean {
  if (outer === 'host') return inner !== 'host' && inner !== 'segment' && inner !== 'check';
  return outer === 'pod' && (inner === 'attachment' || inner === 'listen');
}
