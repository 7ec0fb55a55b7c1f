import {
  addHost,
  addNetwork,
  addPod,
  addSegment,
  addVethPair,
  addVlanInterface,
  connectHostToSegment,
  type Built,
} from '@cnilab/shared/lab/buildAdd';
import { addPortMapping, attach } from '@cnilab/shared/lab/buildAttach';
import { applyEdits, type Edit } from '@cnilab/shared/lab/edits';
import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import { bridgeOf } from '@cnilab/shared/lab/networks';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { Lab } from '@cnilab/shared/lab/schema';
import type { PaletteId } from '../palette/paletteItems.ts';
import { findHost, findPod, hostOf, parseElement } from '../store/elements.ts';
import { hostNetworks } from '../store/networks.ts';

/** A document with the edits that made it, so that one step can build on another. */
interface Draft {
  text: string;
  lab: Lab;
  edits: Edit[];
}

/**
 * What a palette item adds to the lab when it is put on `targets` (element ids; the selection, or
 * what it was dropped on). Throws a sentence for a person when it does not go there.
 */
export function buildItem(text: string, item: PaletteId, targets: readonly string[]): Built {
  const { lab } = parseLab(text);
  if (!lab) throw new Error('The text has an error: mend that first.');
  const start: Draft = { text, lab, edits: [] };
  switch (item) {
    case 'host':
      return addHost(lab);
    case 'segment':
      return segment(start, targets);
    case 'pod':
      return pod(start, targets);
    case 'bridgeNetwork':
      return onHost(start, targets, addNetwork);
    case 'vlan':
      return onHost(start, targets, (now, host) =>
        addVlanInterface(now, host, vlanParent(now, host, targets)),
      );
    case 'vethPair':
      return vethPair(start, targets);
    case 'portMap':
      return addPortMapping(lab, attachmentOf(lab, targets));
  }
}

/** Joins two elements: pod and network, host and segment, two hosts or two bridges. */
export function buildConnection(text: string, first: string, second: string): Built {
  const { lab } = parseLab(text);
  if (!lab) throw new Error('The text has an error: mend that first.');
  const [a, b] = [parseElement(first), parseElement(second)];
  const pair = [a, b];
  const podEnd = pair.find((end) => end?.kind === 'pod');
  const networkEnd = pair.find((end) => end?.kind === 'network');
  const segmentEnd = pair.find((end) => end?.kind === 'segment');
  const hostEnd = pair.find((end) => end?.kind === 'host');
  if (podEnd?.kind === 'pod' && networkEnd?.kind === 'network') {
    if (podEnd.host !== networkEnd.host) {
      throw new Error('A pod can only be attached to a network of its own host.');
    }
    return attach(lab, podEnd.host, podEnd.pod, networkEnd.name);
  }
  if (segmentEnd?.kind === 'segment' && hostEnd?.kind === 'host') {
    return connectHostToSegment(lab, hostEnd.host, segmentEnd.name);
  }
  if (a?.kind === 'host' && b?.kind === 'host') return addVethPair(lab, a.host, b.host);
  const [bridgeA, bridgeB] = [bridgeName(lab, first), bridgeName(lab, second)];
  const [hostA, hostB] = [hostOf(first), hostOf(second)];
  if (bridgeA && bridgeB && hostA && hostB) {
    let draft = withBridge({ text, lab, edits: [] }, hostA, bridgeA);
    draft = withBridge(draft, hostB, bridgeB);
    return and(draft, addVethPair(draft.lab, hostA, hostB, { a: bridgeA, b: bridgeB }));
  }
  throw new Error(
    'These two cannot be joined. What can: a pod and a network of its host, a host and a segment, two hosts, two bridges.',
  );
}

/**
 * A bridge that a plugin makes is not there before the first pod comes: to plug a cable into it, it
 * must be an interface of the host. The plugin uses what is there.
 */
function withBridge(draft: Draft, hostName: string, name: string): Draft {
  const at = draft.lab.hosts?.findIndex((host) => host.name === hostName) ?? -1;
  if (draft.lab.hosts?.[at]?.interfaces?.some((link) => link.name === name)) return draft;
  const path = ['hosts', at, 'interfaces'];
  const edits: Edit[] = [{ edit: 'append', path, value: { name, type: 'bridge' } }];
  return then(draft, { edits, element: `interface:${hostName}/${name}` });
}

/** The same edits and one more step, made on what they lead to. */
function and(draft: Draft, built: Built, next?: (lab: Lab) => Built): Built {
  if (!next) return { edits: [...draft.edits, ...built.edits], element: built.element };
  const after = then(draft, built);
  return { edits: [...after.edits, ...next(after.lab).edits], element: built.element };
}

function then(draft: Draft, { edits }: Built): Draft {
  const text = applyEdits(draft.text, edits);
  const { lab } = parseLab(text);
  if (!lab) throw new Error('The new element does not fit the document.');
  return { text, lab, edits: [...draft.edits, ...edits] };
}

/** On the host of a target, else on the last host; a lab without hosts gets one. */
function onHost(
  draft: Draft,
  targets: readonly string[],
  add: (lab: Lab, host: string) => Built,
  next?: (lab: Lab, built: Built) => Built,
): Built {
  const known = targets.flatMap((id) => hostOf(id) ?? []).find((name) => findHost(draft.lab, name));
  const host = known ?? draft.lab.hosts?.at(-1)?.name;
  if (host !== undefined) {
    const built = add(draft.lab, host);
    return and(draft, built, next && ((lab) => next(lab, built)));
  }
  const machine = addHost(draft.lab);
  return onHost(then(draft, machine), [machine.element], add, next);
}

/** A pod is of use on a network: it is attached to the selected one, else to the host's first. */
function pod(draft: Draft, targets: readonly string[]): Built {
  return onHost(draft, targets, addPod, (lab, { element }) => {
    const ref = parseElement(element);
    if (ref?.kind !== 'pod') return { edits: [], element };
    const host = findHost(lab, ref.host);
    const chosen = targets.map(parseElement).find((target) => target?.kind === 'network');
    const network =
      chosen?.kind === 'network' && chosen.host === ref.host
        ? chosen.name
        : host && hostNetworks(host)[0]?.name;
    return network === undefined ? { edits: [], element } : attach(lab, ref.host, ref.pod, network);
  });
}

/** A segment, with the selected hosts plugged into it. */
function segment(draft: Draft, targets: readonly string[]): Built {
  const built = addSegment(draft.lab);
  const name = built.element.slice('segment:'.length);
  let now = then(draft, built);
  for (const target of targets.map(parseElement)) {
    if (target?.kind === 'host') now = then(now, connectHostToSegment(now.lab, target.host, name));
  }
  return { edits: now.edits, element: built.element };
}

function vethPair(draft: Draft, targets: readonly string[]): Built {
  const [first, second] = targets;
  const bridges = targets.flatMap((id) => bridgeName(draft.lab, id) ?? []);
  const hosts = targets.filter((id) => parseElement(id)?.kind === 'host');
  if (first && second && targets.length === 2 && (bridges.length === 2 || hosts.length === 2)) {
    return buildConnection(draft.text, first, second);
  }
  return onHost(draft, targets, (lab, host) => addVethPair(lab, host, host));
}

/** The selected interface, else one on a segment, else the first. */
function vlanParent(lab: Lab, hostName: string, targets: readonly string[]): string {
  for (const target of targets.map(parseElement)) {
    if (target?.kind === 'interface' && target.host === hostName) return target.name;
  }
  const interfaces = findHost(lab, hostName)?.interfaces ?? [];
  const parent = interfaces.find((link) => 'segment' in link) ?? interfaces[0];
  if (parent) return parent.name;
  throw new Error(
    `${hostName} has no interface that a VLAN could be on: connect it to a segment first.`,
  );
}

function attachmentOf(lab: Lab, targets: readonly string[]): string {
  for (const id of targets) {
    const target = parseElement(id);
    if (target?.kind === 'attachment') return id;
    if (target?.kind !== 'pod' && target?.kind !== 'listen') continue;
    const attachments = findPod(lab, target.host, target.pod)?.attachments ?? [];
    const [name] = attachmentInterfaces(attachments);
    if (name !== undefined) return `attachment:${target.host}/${target.pod}/${name}`;
    throw new Error(`Pod ${target.host}/${target.pod} is on no network: attach it to one first.`);
  }
  throw new Error('Choose the pod that the port leads to first.');
}

/** The bridge that an element is, or makes. */
export function bridgeName(lab: Lab, id: string): string | undefined {
  const ref = parseElement(id);
  if (ref?.kind === 'interface') {
    const link = findHost(lab, ref.host)?.interfaces?.find(({ name }) => name === ref.name);
    return link && 'type' in link && link.type === 'bridge' ? link.name : undefined;
  }
  if (ref?.kind !== 'network') return undefined;
  const host = findHost(lab, ref.host);
  const network = host && hostNetworks(host).find(({ name }) => name === ref.name);
  return network?.plugins.map(bridgeOf).find((bridge) => bridge !== undefined);
}
