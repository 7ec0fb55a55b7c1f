import { paletteItems } from '../palette/paletteItems.ts';
import { concernsKind, whyNotAskable } from '../store/askable.ts';
import { allElements, elementLabel, parseElement } from '../store/elements.ts';
import type { LabStore } from '../store/labStore.ts';
import { namespaceIds } from '../store/targets.ts';
import { addItem } from './actions.ts';
import { ask } from './ask.ts';
import { commandGroups, commands, type CommandContext } from './shortcuts.ts';

/** One line of the command palette. */
export interface Entry {
  id: string;
  group: string;
  label: string;
  detail: string;
  keys: string | undefined;
  run: (context: CommandContext) => void;
}

/** Commands that make sense now, what can be added where, terminals, and every element. */
export function paletteEntries(lab: LabStore): Entry[] {
  return [
    ...commandEntries(lab),
    ...addEntries(lab),
    ...terminalEntries(lab),
    ...askEntries(lab),
    ...elementEntries(lab),
  ];
}

const commandEntries = (lab: LabStore): Entry[] =>
  commands
    .filter(({ listed, isEnabled }) => listed !== false && isEnabled?.(lab) !== false)
    .toSorted((a, b) => commandGroups.indexOf(a.group) - commandGroups.indexOf(b.group))
    .map(({ id, group, label, keys, run }) => ({
      id,
      group,
      label,
      detail: '',
      keys: keys?.[0],
      run,
    }));

function addEntries({ lab }: LabStore): Entry[] {
  const hosts = (lab?.hosts ?? []).map(({ name }) => name);
  const pods = lab ? allElements(lab).filter((id) => id.startsWith('pod:')) : [];
  return paletteItems.flatMap(({ id, label, onto, hint }) => {
    const places =
      onto === 'host' ? hosts.map((name) => `host:${name}`) : onto === 'pod' ? pods : [undefined];
    const alone = onto === 'host' && hosts.length === 0 ? [undefined] : places;
    return alone.map((place): Entry => ({
      id: `add.${id}.${place ?? ''}`,
      group: 'Add',
      label: place
        ? `Add ${lowerFirst(label)} to ${place.slice(place.indexOf(':') + 1)}`
        : `Add ${lowerFirst(label)}`,
      detail: hint,
      keys: undefined,
      run: ({ lab: now }) => addItem(now, id, place ? { onto: [place] } : {}),
    }));
  });
}

/** `Pod` → `pod`, but `VLAN interface` stays. */
const lowerFirst = (text: string) =>
  /^[A-Z][A-Z]/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);

const terminalEntries = (lab: LabStore): Entry[] =>
  namespaceIds(lab).map((target) => ({
    id: `terminal.${target}`,
    group: 'Panels',
    label: `Open a terminal on ${target}`,
    detail: '',
    keys: undefined,
    run: ({ lab: now }) => now.openTerminal(target, { focus: true }),
  }));

const questions = [
  ['CHECK', 'Check', 'CHECK: is it as it was added?'],
  ['STATUS', 'Status of', 'STATUS: could the plugins serve an ADD?'],
  ['VERSION', 'Versions of', 'VERSION: which ones do the plugins take?'],
  ['GC', 'Clean up', 'GC: takes away what is left over'],
] as const;

/** CNI operations on every element that can be asked now. */
function askEntries(lab: LabStore): Entry[] {
  if (!lab.lab || !lab.live) return [];
  const elements = allElements(lab.lab);
  return questions.flatMap(([op, verb, detail]) =>
    elements
      .filter((id) => concernsKind(op, id) && whyNotAskable(op, id, lab) === undefined)
      .map((id) => ({
        id: `cni.${op}.${id}`,
        group: 'CNI',
        label: `${verb} ${lowerFirst(elementLabel(id))}`,
        detail,
        keys: undefined,
        run: ({ lab: now }) => ask(now, op, [id]),
      })),
  );
}

function elementEntries({ lab, live }: LabStore): Entry[] {
  const designed = lab ? allElements(lab) : [];
  const known = new Set(designed);
  const kernel = Object.values(live?.namespaces ?? {}).flatMap(({ id, links }) =>
    links
      .filter(
        ({ name }) =>
          name !== 'lo' &&
          !known.has(`interface:${id}/${name}`) &&
          !known.has(`attachment:${id}/${name}`),
      )
      .map(({ name }) => `link:${id}/${name}`),
  );
  return [...designed, ...kernel].map((element) => ({
    id: `element.${element}`,
    group: 'Go to',
    label: elementLabel(element),
    detail: elementFacts(element, live),
    keys: undefined,
    run: ({ lab: now }) => {
      now.select([element]);
      now.command({ command: 'reveal', element });
    },
  }));
}

/** Addresses and MAC of an element, so that they can be searched for. */
function elementFacts(element: string, live: LabStore['live']): string {
  const ref = parseElement(element);
  if (!ref || ref.kind === 'segment' || ref.kind === 'network') return '';
  const id =
    ref.kind === 'link' ? ref.namespace : 'pod' in ref ? `${ref.host}/${ref.pod}` : ref.host;
  const namespace = live?.namespaces[id];
  if (!namespace) return '';
  const link = 'name' in ref ? namespace.links.find(({ name }) => name === ref.name) : undefined;
  const addresses = namespace.addresses
    .filter(({ index, scope }) => (link ? index === link.index : scope === 'global'))
    .map(({ address, prefix }) => `${address}/${prefix}`);
  return [...addresses, link?.mac].filter(Boolean).join(' ');
}

/** Entries that have every word of the text, those whose label begins with it first. */
export function matchEntries(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.filter(({ group }) => group !== 'Go to');
  const [first = ''] = words;
  const score = ({ label }: Entry) => {
    const lower = label.toLowerCase();
    return lower.startsWith(first) ? 0 : lower.includes(first) ? 1 : 2;
  };
  return entries
    .filter(({ label, detail, group }) => {
      const line = `${group} ${label} ${detail}`.toLowerCase();
      return words.every((word) => line.includes(word));
    })
    .toSorted((a, b) => score(a) - score(b));
}
