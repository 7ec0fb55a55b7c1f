import { isJsonObject, type Json } from '../cni/json.ts';
import { valueAt, type DocumentPath } from './path.ts';

/** Who has more names than this has a script that wrote them. */
const maxCandidates = 200;

/** The known word that `word` is most likely a misspelling of. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of [...known].slice(0, maxCandidates)) {
    if (candidate === word || Math.abs(candidate.length - word.length) > 2) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const best = suggest(word, known);
  return best === undefined ? '' : ` Did you mean "${best}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}

/** Names of the pod's interfaces: as written, the others eth0, eth1, … in order. */
export function attachmentInterfaces(
  attachments: readonly { interface?: string | undefined }[],
): string[] {
  const taken = new Set(attachments.map((attachment) => attachment.interface));
  let next = 0;
  return attachments.map((attachment) => {
    if (attachment.interface !== undefined) return attachment.interface;
    while (taken.has(`eth${next}`)) next++;
    return `eth${next++}`;
  });
}

/** How messages and events call the part of the document that a path is in. */
export interface ElementName {
  /** `pod:node1/web`; undefined for the document as a whole. */
  id: string | undefined;
  /** `pod node1/web`. */
  label: string;
  /** How many steps of the path lead to the element. */
  depth: number;
}

const element = (kind: string, text: string, depth: number): ElementName => ({
  id: `${kind}:${text}`,
  label: `${kind} ${text}`,
  depth,
});

/** The innermost element that `path` leads into. */
export function elementOf(path: DocumentPath, root: Json | undefined): ElementName {
  const name = (depth: number, kind: string): string => {
    const value = valueAt(root, [...path.slice(0, depth), 'name']);
    const index = path[depth - 1];
    return typeof value === 'string' && value !== '' ? value : `${kind}[${String(index)}]`;
  };
  const [top, index, list, inner, innerList, innermost] = path;
  if (typeof index !== 'number') return { id: undefined, label: 'the lab', depth: 0 };
  if (top === 'segments') return element('segment', name(2, 'segments'), 2);
  if (top === 'checks') {
    const text = name(2, 'checks');
    const label = text === `checks[${index}]` ? `check number ${index + 1}` : `check "${text}"`;
    return { id: `check:${index}`, label, depth: 2 };
  }
  if (top !== 'hosts') return { id: undefined, label: 'the lab', depth: 0 };
  const host = name(2, 'hosts');
  if (typeof inner !== 'number') return element('host', host, 2);
  const numbered = (kind: string, what: string): ElementName => ({
    id: `${kind}:${host}/${inner}`,
    label: `${what} number ${inner + 1} of host ${host}`,
    depth: 4,
  });
  if (list === 'interfaces') return element('interface', `${host}/${name(4, list)}`, 4);
  if (list === 'networks') return element('network', `${host}/${name(4, list)}`, 4);
  if (list === 'routes') return numbered('route', 'route');
  if (list === 'dhcp') return numbered('dhcp', 'DHCP server');
  if (list === 'conditions') return numbered('condition', 'condition');
  if (list !== 'pods') return element('host', host, 2);
  const pod = `${host}/${name(4, list)}`;
  if (typeof innermost !== 'number') return element('pod', pod, 4);
  if (innerList === 'listen') {
    return {
      id: `listen:${pod}/${innermost}`,
      label: `listen number ${innermost + 1} of pod ${pod}`,
      depth: 6,
    };
  }
  if (innerList !== 'attachments') return element('pod', pod, 4);
  const all = valueAt(root, path.slice(0, 5));
  const names = attachmentInterfaces(
    (Array.isArray(all) ? all : []).map((item) => {
      const given = isJsonObject(item) ? item.get('interface') : undefined;
      return { interface: typeof given === 'string' ? given : undefined };
    }),
  );
  return element('attachment', `${pod}/${names[innermost] ?? innermost}`, 6);
}
