import { parseNetwork } from '@cnilab/shared/cni/config';
import type { Operation } from '@cnilab/shared/live/operation';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import type { Host } from './hosts.ts';
import type { Operations } from './operations.ts';
import type { Attachment, Pod } from './pods.ts';

/**
 * Runs the CNI operations that a person or a check asks for, in the order of the file, each as far
 * as it goes. `timeoutMs` is for each of them, if it is less than what operations have anyway.
 * Throws an Error that says what is wrong with the question: something that is not there.
 */
export type Operate = (request: OperationRequest, timeoutMs?: number) => Promise<Operation[]>;

export function createOperate(hosts: ReadonlyMap<string, Host>, operations: Operations): Operate {
  return async (request, timeoutMs) => {
    const { op } = request;
    const host = hosts.get(request.host);
    if (!host) throw new Error(`There is no host ${request.host} in this lab.`);
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    const made: Operation[] = [];
    if (op === 'CHECK') {
      const pod = host.pods.get(request.pod);
      if (!pod) throw new Error(`Host ${request.host} has no pod ${request.pod}.`);
      for (const { call } of attachmentsFor(request, pod)) {
        made.push(await operations.check({ ...call, ...limit }));
      }
      return made;
    }
    for (const list of listsOf(host, request.network)) {
      const call = { host: host.space, list, ...limit };
      // Put together right before the call: the runtime then keeps the order of what was asked.
      if (op === 'GC') made.push(await operations.gc(call, livingOn(host, list.name)));
      else if (op === 'STATUS') made.push(await operations.status(call));
      else made.push(await operations.version(call));
    }
    return made;
  };
}

type CheckRequest = Extract<OperationRequest, { op: 'CHECK' }>;

/** The attachments of a pod that a CHECK is about; at least one. */
function attachmentsFor(request: CheckRequest, pod: Pod): Attachment[] {
  const { network, interface: name } = request;
  const id = `${request.host}/${request.pod}`;
  const wanted = pod.attachments.filter(
    ({ spec }) =>
      (name === undefined || spec.interface === name) &&
      (network === undefined || spec.network === network),
  );
  const what = [
    name === undefined ? [] : `interface "${name}"`,
    network === undefined ? [] : `attachment to network "${network}"`,
  ].flat();
  const asked = what.join(' that is an ') || 'attachment';
  if (wanted.length === 0) throw new Error(`Pod ${id} has no ${asked}.`);
  for (const { spec, view } of wanted) {
    if (view) continue;
    throw new Error(
      `${spec.interface} of pod ${id} is not attached, so there is nothing to check: its ADD failed or has not ended. See why under Operations, and deploy again.`,
    );
  }
  return wanted;
}

function listsOf({ space, spec }: Host, network: string | undefined) {
  const wanted = spec.networks.filter(({ name }) => network === undefined || name === network);
  if (wanted.length > 0) return wanted.map(({ text }) => parseNetwork(text));
  throw new Error(
    network === undefined
      ? `Host ${space.host} has no network.`
      : `Host ${space.host} has no network "${network}".`,
  );
}

/** What the lab has attached to a network, or is about to. */
const livingOn = (host: Host, network: string) =>
  [...host.pods.values()].flatMap((pod) =>
    pod.attachments
      .filter((attachment) => attachment.call.network === network)
      .map(({ call: { conf } }) => ({ containerId: conf.containerId, ifName: conf.ifName })),
  );
