import { parseNetwork } from '@cnilab/shared/cni/config';
import { isJsonObject, parseJson } from '@cnilab/shared/cni/json';
import { attachmentView, type AttachmentView } from '@cnilab/shared/cni/result';
import type {
  CompiledAttachment,
  CompiledHost,
  CompiledNetwork,
  CompiledPod,
} from '@cnilab/shared/lab/compiled';
import { adviceFor } from '@cnilab/shared/live/advice';
import type { Operation } from '@cnilab/shared/live/operation';
import type { Elements } from './elements.ts';
import { messageOf } from './failure.ts';
import { isIntact, presentObjects } from './intact.ts';
import { startListener, type Listener } from './listeners.ts';
import type { Observer } from './observer.ts';
import type { Call, Operations } from './operations.ts';
import { killProcessesIn } from './processesOf.ts';
import type { Space } from './space.ts';
import { dropPod, makePod, setLoopbackUp, writeResolvConf } from './spaces.ts';
import type { Turns } from './turns.ts';

/** An ADD that was made: what DEL needs is what ADD was given, whatever the document says now. */
export interface Attachment {
  spec: CompiledAttachment;
  network: CompiledNetwork;
  call: Call;
  /** Absent after a failed ADD, which the lab has cleaned up. */
  view?: AttachmentView;
  /** What the kernel had of it after the ADD. */
  present: ReturnType<typeof presentObjects>;
}

export interface Pod {
  name: string;
  space: Space;
  /** What was applied last. */
  spec: CompiledPod;
  /** In the order of their ADDs. */
  attachments: Attachment[];
  listeners: Map<string, Listener>;
}

export interface PodTools {
  observer: Observer;
  operations: Operations;
  elements: Elements;
  turns: Turns;
  /** Gathers the operations of an apply. */
  done: (operation: Operation) => void;
}

export function startPod(host: Space, spec: CompiledPod, tools: PodTools): Pod {
  const { name } = spec;
  const space = makePod(host, name);
  tools.observer.watch(space);
  setLoopbackUp(tools.observer.route(space));
  return { name, space, spec, attachments: [], listeners: new Map() };
}

/**
 * DEL, in reverse order, of attachments that the document no longer has or has changed, and of
 * those that somebody has damaged by hand, so that they are made anew.
 */
export async function detachChanged(
  host: { spec: CompiledHost },
  pod: Pod,
  spec: CompiledPod,
  tools: PodTools,
): Promise<void> {
  for (const old of pod.attachments.toReversed()) {
    const kept = spec.attachments.some((wanted) => isSame(old, wanted, host.spec));
    if (!kept || !isIntact(old.present, tools.observer)) await detach(pod, old, tools);
  }
}

/**
 * Makes a pod be as the document says, after `detachChanged`: ADD of what is missing, in the order
 * of the file, then its servers.
 */
export async function applyPod(
  host: { space: Space; spec: CompiledHost },
  pod: Pod,
  spec: CompiledPod,
  tools: PodTools,
): Promise<void> {
  const id = `${host.space.host}/${pod.name}`;
  tools.elements.set(`pod:${id}`, 'working');
  pod.spec = spec;
  let ok = true;
  for (const wanted of spec.attachments) {
    const known = pod.attachments.find((item) => item.spec.interface === wanted.interface);
    if (known?.view) continue;
    if (known) pod.attachments.splice(pod.attachments.indexOf(known), 1);
    ok = (await attach(host, pod, wanted, tools)) && ok;
  }
  ok = applyListeners(pod, spec, tools) && ok;
  if (ok) tools.elements.set(`pod:${id}`, 'up');
  else tools.elements.set(`pod:${id}`, 'failed', `Not everything in ${id} came up.`);
}

/** DEL of everything in reverse order, then the end of the pod's processes and namespaces. */
export async function endPod(host: Space, pod: Pod, tools: PodTools): Promise<void> {
  for (const attachment of pod.attachments.toReversed()) await detach(pod, attachment, tools);
  forgetPod(pod, tools.observer);
  dropPod(host, pod.name, pod.space);
}

/** Lets go of a pod whose host ends: nothing is left to run a DEL for. */
export function forgetPod(pod: Pod, observer: Observer): void {
  for (const listener of pod.listeners.values()) listener.close();
  killProcessesIn(pod.space);
  observer.unwatch(pod.space);
}

async function attach(
  host: { space: Space; spec: CompiledHost },
  pod: Pod,
  spec: CompiledAttachment,
  tools: PodTools,
): Promise<boolean> {
  const element = `attachment:${host.space.host}/${pod.name}/${spec.interface}`;
  const network = host.spec.networks.find((item) => item.name === spec.network);
  if (!network) {
    tools.elements.set(element, 'failed', `${host.space.host} has no network ${spec.network}.`);
    return false;
  }
  tools.elements.set(element, 'working');
  let call: Call;
  try {
    call = callOf(host.space, pod, spec, network);
  } catch (error) {
    tools.elements.set(element, 'failed', `Network ${spec.network}: ${messageOf(error)}`);
    return false;
  }
  const attachment: Attachment = { spec, network, call, present: [] };
  pod.attachments.push(attachment);
  const { operation, result } = await addInTurn(call, tools);
  tools.done(operation);
  if (!result) {
    if (operation.steps.length > 0) {
      tools.done(await tools.operations.cleanUp(call, operation.steps.length));
    }
    tools.elements.set(element, 'failed', describe(operation));
    return false;
  }
  attachment.view = attachmentView(result);
  attachment.present = presentObjects(attachment.view, call, tools.observer);
  writeResolvConf(host.space.host, pod.name, resolvConf(pod));
  tools.elements.set(element, 'up');
  return true;
}

/** ADD, in the order of the file among the pods that get addresses from the same network. */
async function addInTurn(call: Call, { operations, turns }: PodTools) {
  if (!call.list.plugins.some((plugin) => plugin.ipamType)) return await operations.add(call);
  const end = await turns.take(`${call.host.host}/${call.network}`, call.pod.id);
  try {
    return await operations.add(call);
  } finally {
    end();
  }
}

async function detach(pod: Pod, attachment: Attachment, tools: PodTools): Promise<void> {
  pod.attachments.splice(pod.attachments.indexOf(attachment), 1);
  if (!attachment.view) return; // cleaned up already
  const operation = await tools.operations.del(attachment.call);
  tools.done(operation);
  // A failing plugin stops a DEL as in libcni; what the others made must not stay.
  if (!operation.ok) {
    const { call } = attachment;
    tools.done(await tools.operations.cleanUp(call, call.list.plugins.length));
  }
  writeResolvConf(attachment.call.host.host, pod.name, resolvConf(pod));
}

function callOf(host: Space, pod: Pod, spec: CompiledAttachment, network: CompiledNetwork): Call {
  const capabilityArgs = parseJson(spec.capabilities);
  if (!isJsonObject(capabilityArgs)) throw new Error('capabilities must be an object');
  return {
    host,
    pod: pod.space,
    podName: pod.name,
    network: network.name,
    list: parseNetwork(network.text),
    conf: {
      containerId: pod.name,
      netns: `/run/netns/${pod.name}`,
      ifName: spec.interface,
      args: spec.args,
      capabilityArgs,
    },
  };
}

function isSame(old: Attachment, wanted: CompiledAttachment, host: CompiledHost): boolean {
  const network = host.networks.find((item) => item.name === wanted.network);
  return (
    JSON.stringify(old.spec) === JSON.stringify(wanted) &&
    JSON.stringify(old.network) === JSON.stringify(network)
  );
}

function applyListeners(pod: Pod, spec: CompiledPod, tools: PodTools): boolean {
  const key = ({ protocol, port }: CompiledPod['listen'][number]) => `${protocol}/${port}`;
  for (const [old, listener] of pod.listeners) {
    if (spec.listen.some((item) => key(item) === old)) continue;
    listener.close();
    pod.listeners.delete(old);
  }
  let ok = true;
  for (const [index, item] of spec.listen.entries()) {
    const element = `listen:${pod.space.id}/${index}`;
    try {
      if (!pod.listeners.has(key(item))) {
        const identity = { host: pod.space.host, pod: pod.name };
        pod.listeners.set(key(item), startListener(pod.space, item, identity));
      }
      tools.elements.set(element, 'up');
    } catch (error) {
      ok = false;
      tools.elements.set(element, 'failed', messageOf(error));
    }
  }
  return ok;
}

/** resolv.conf(5) from the DNS parts of the pod's results, first attachment first. */
function resolvConf(pod: Pod): string {
  const all = pod.spec.attachments.flatMap(({ interface: name }) => {
    const view = pod.attachments.find(({ spec }) => spec.interface === name)?.view;
    return view ? [view.dns] : [];
  });
  const first = all.find((dns) => dns.domain)?.domain;
  const search = all.flatMap((dns) => dns.search ?? []);
  const options = all.flatMap((dns) => dns.options ?? []);
  const lines = [
    ...(first === undefined ? [] : [`domain ${first}`]),
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...all.flatMap((dns) => dns.nameservers ?? []).map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  return lines.map((line) => `${line.replaceAll('\n', ' ')}\n`).join('');
}

/** The plugin's own words, and what helps. */
function describe(operation: Operation): string {
  const { error } = operation;
  if (!error) return `${operation.op} failed.`;
  const said = error.details ? `${error.msg}; ${error.details}` : error.msg;
  const advice = adviceFor(error);
  return `${error.plugin ?? 'CNI'}: ${said}${advice === undefined ? '' : `. ${advice}`}`;
}
