import type { Snapshot } from '@cnilab/shared/live/events';
import type { Operation, Step } from '@cnilab/shared/live/operation';

/** The operations on attachments and networks that somebody asks a running lab for. */
export type AskedOp = 'CHECK' | 'STATUS' | 'VERSION' | 'GC';

/** How it went, for a mark and a few words. */
export interface Outcome {
  look: 'ok' | 'bad' | 'none' | 'working';
  text: string;
}

/** What an operation came to, in a few words. */
export function outcomeOf(operation: Operation): Outcome {
  const { op, done, notAsked } = operation;
  if (!done) return { look: 'working', text: workingWords[op] };
  if (notAsked !== undefined) return { look: 'none', text: `not asked: ${notAsked}` };
  switch (op) {
    case 'CHECK':
      return checkOutcome(operation);
    case 'STATUS':
      return statusOutcome(operation);
    case 'VERSION':
      return operation.ok ? { look: 'ok', text: 'fits' } : { look: 'bad', text: 'does not fit' };
    case 'GC':
      return gcOutcome(operation);
    default:
      return operation.ok ? { look: 'ok', text: 'done' } : { look: 'bad', text: 'failed' };
  }
}

const workingWords: Record<Operation['op'], string> = {
  ADD: 'being added',
  DEL: 'being removed',
  CHECK: 'being checked',
  STATUS: 'being asked',
  VERSION: 'being asked',
  GC: 'being cleaned up',
};

/** "Container unknown", and the plugins' own: the others say that no answer could be given. */
const isVerdict = (code: number): boolean => code === 3 || code >= 50;

function checkOutcome({ ok, error }: Operation): Outcome {
  if (ok) return { look: 'ok', text: 'as it was added' };
  const text = isVerdict(error?.code ?? 0) ? 'not as it was added' : 'could not be checked';
  return { look: 'bad', text };
}

function statusOutcome({ ok, error }: Operation): Outcome {
  if (ok) return { look: 'ok', text: 'ready' };
  if (error?.code === 50) return { look: 'bad', text: 'not available' };
  if (error?.code === 51) return { look: 'bad', text: 'not available, limited connectivity' };
  return { look: 'bad', text: isVerdict(error?.code ?? 0) ? 'not ready' : 'could not be asked' };
}

function gcOutcome({ ok, removed = [] }: Operation): Outcome {
  const what =
    removed.length === 0
      ? 'nothing was left over'
      : `removed ${removed.length === 1 ? '1 attachment' : `${removed.length} attachments`}`;
  if (ok) return { look: 'ok', text: what };
  return { look: 'bad', text: removed.length === 0 ? 'failed' : `${what}, with errors` };
}

/**
 * The last CHECK of an attachment. One from before its last ADD is about what is no more and does
 * not count.
 */
export function lastCheck(
  live: Snapshot | undefined,
  attachment: { host: string; pod: string; name: string },
): Operation | undefined {
  const last = live?.operations.findLast(
    ({ op, host, pod, interface: name }) =>
      (op === 'CHECK' || op === 'ADD' || op === 'DEL') &&
      host === attachment.host &&
      pod === attachment.pod &&
      name === attachment.name,
  );
  return last?.op === 'CHECK' ? last : undefined;
}

/** The last time that a network of a host was asked. */
export const lastAnswer = (
  live: Snapshot | undefined,
  asked: AskedOp,
  on: { host: string; network: string },
): Operation | undefined =>
  live?.operations.findLast(
    ({ op, host, network }) => op === asked && host === on.host && network === on.network,
  );

const mostNamed = 3;

/** What GC removed, each as `CONTAINER INTERFACE`; many are only counted. */
export function removedText(removed: readonly string[]): string {
  if (removed.length === 0) return 'nothing was left over';
  return `removed ${removed.length > mostNamed ? `${removed.length} attachments` : removed.join(', ')}`;
}

/** What a step of GC was about, `DEL old eth0` or `GC`: it is no attachment of the operation. */
export function stepAbout({ op }: Operation, { env }: Step): string | undefined {
  if (op !== 'GC') return undefined;
  const { CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_IFNAME: name } = env;
  return [command, id, name].filter(Boolean).join(' ');
}

/** A few words beside an operation's title; undefined where its mark says it all. */
export function operationNote(operation: Operation): string | undefined {
  const { op, ok, removed = [] } = operation;
  if (op === 'ADD' || op === 'DEL') return undefined;
  const { text } = outcomeOf(operation);
  if (op !== 'GC' || !operation.done || removed.length === 0) return text;
  const named = removed.map(({ containerId, interface: name }) => `${containerId} ${name}`);
  return `${removedText(named)}${ok ? '' : ', with errors'}`;
}

/** The element that an operation is about. */
export const operationElement = ({ host, pod, network, interface: name }: Operation): string =>
  pod ? `attachment:${host}/${pod}/${name}` : `network:${host}/${network}`;

/** Whether the versions tell all that is wrong: each plugin that lacks the wanted one is a line. */
export function isInVersions({ versions = [], wantedVersion = '', error }: Operation): boolean {
  const lacking = versions.filter((item) => !item.versions.includes(wantedVersion));
  return lacking.length > 0 && error?.msg.split('\n').length === lacking.length;
}
