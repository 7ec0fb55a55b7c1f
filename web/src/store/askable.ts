import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import { findHost, findPod, parseElement } from './elements.ts';
import type { LabStore } from './labStore.ts';
import type { AskedOp } from './outcomes.ts';

export type AskableState = Pick<LabStore, 'lab' | 'live' | 'connection'>;

/** Whether an element is of the kind that an operation is about. */
export function concernsKind(op: AskedOp, element: string): boolean {
  const kind = parseElement(element)?.kind;
  return op === 'CHECK'
    ? kind === 'attachment' || kind === 'pod'
    : kind === 'host' || kind === 'network';
}

/** Why an operation cannot be asked for now, as one sentence; undefined when it can. */
export function whyNotAskable(
  op: AskedOp,
  element: string,
  state: AskableState,
): string | undefined {
  const { live, connection } = state;
  if (connection === 'lost') return 'The server does not answer.';
  if (!live) return 'Needs a running lab: press Deploy.';
  if (live.state === 'failed') return 'The lab has failed: deploy it again.';
  const ref = parseElement(element);
  if (!ref || !('host' in ref)) return 'There is no CNI for this element.';
  if (op === 'CHECK') {
    const all = attachmentsOf(element, state);
    if (all.length === 0) return 'The pod has no attachment.';
    const states = all.map((id) => live.elements[id]?.state);
    if (states.includes('up')) return undefined;
    if (states.includes('failed')) return 'Its ADD failed, so there is nothing to check.';
    return live.state === 'running' && !states.includes('working')
      ? 'Not attached yet: deploy the changes.'
      : 'Its ADD has not ended yet.';
  }
  const host = live.elements[`host:${ref.host}`]?.state;
  if (host === 'failed') return 'The host failed, see why above.';
  if (host !== 'up') return notThereYet(live.state);
  const known = ref.kind === 'network' ? live.elements[element] : networkOfHost(ref.host, live);
  if (known) return undefined;
  return ref.kind === 'host' && !findHost(state.lab, ref.host)?.networks?.length
    ? 'The host has no network.'
    : notThereYet(live.state);
}

/** What to ask the server for, one after the other. */
export function requestsFor(op: AskedOp, element: string, state: AskableState): OperationRequest[] {
  const ref = parseElement(element);
  if (!ref || !('host' in ref)) return [];
  const { host } = ref;
  if (op !== 'CHECK') {
    return [{ op, host, ...(ref.kind === 'network' ? { network: ref.name } : {}) }];
  }
  // Those that are attached, one by one: the server refuses a pod that is so only in part.
  return attachmentsOf(element, state).flatMap((id): OperationRequest[] => {
    const attachment = parseElement(id);
    if (attachment?.kind !== 'attachment' || state.live?.elements[id]?.state !== 'up') return [];
    return [{ op, host, pod: attachment.pod, interface: attachment.name }];
  });
}

/** The attachments that an attachment or a pod is or has, as the document has them. */
export function attachmentsOf(element: string, { lab }: Pick<AskableState, 'lab'>): string[] {
  const ref = parseElement(element);
  if (ref?.kind === 'attachment') return [element];
  if (ref?.kind !== 'pod') return [];
  return attachmentInterfaces(findPod(lab, ref.host, ref.pod)?.attachments ?? []).map(
    (name) => `attachment:${ref.host}/${ref.pod}/${name}`,
  );
}

const networkOfHost = (host: string, live: NonNullable<AskableState['live']>) =>
  Object.keys(live.elements).some((id) => id.startsWith(`network:${host}/`));

const notThereYet = (state: string): string =>
  state === 'running' ? 'Not deployed yet: deploy the changes.' : 'Not deployed yet.';
