import { availableParallelism } from 'node:os';
import type { CompiledHost, CompiledLab } from '@cnilab/shared/lab/compiled';
import type { Operation } from '@cnilab/shared/live/operation';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import type { Elements } from './elements.ts';
import { elementIds } from './elements.ts';
import {
  applyInterfaces,
  applyNetworks,
  applyRoutes,
  applySysctls,
  endHost,
  pruneInterfaces,
  startHost,
  type Host,
} from './hosts.ts';
import { messageOf } from './failure.ts';
import type { Surroundings } from './interfaces.ts';
import type { Observer } from './observer.ts';
import { createOperate, type Operate } from './operate.ts';
import type { Operations } from './operations.ts';
import { removeLeftBridges } from './leftBridges.ts';
import { applyPod, detachChanged, endPod, startPod, type PodTools } from './pods.ts';
import { hasPodNamespace, segmentsSpace } from './spaces.ts';
import type { Turns } from './turns.ts';

/** Plugins compete for the xtables lock and the cores: more at once only makes each slower. */
const podsAtOnce = Math.min(4, 2 * availableParallelism());

export interface RunningLab {
  /**
   * Makes the box be what the document says, with only the changes that this needs. One apply runs
   * at a time; what fails is told in the result and by the elements, the rest goes on.
   */
  apply(lab: CompiledLab): Promise<ApplyResult>;
  operate: Operate;
  /** First IPv4, else IPv6 address of a pod's first attachment. */
  addressOf(pod: string): string | undefined;
}

export function createLab(
  observer: Observer,
  operations: Operations,
  elements: Elements,
  turns: Turns,
): RunningLab {
  const hosts = new Map<string, Host>();
  const segments = new Map<string, number>();
  let lastBridge = 0;
  let lastUplink = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const around: Surroundings = {
    segment: (name) => {
      const index = segments.get(name);
      return index === undefined ? undefined : { index };
    },
    segments: { space: segmentsSpace, route: observer.route(segmentsSpace) },
    host: (name) => {
      const host = hosts.get(name);
      return host && { space: host.space, route: observer.route(host.space) };
    },
    uplinkName: () => `up${++lastUplink}`,
  };

  const applySegments = (wanted: readonly string[]) => {
    const { route } = around.segments;
    for (const [name, index] of segments) {
      if (wanted.includes(name)) continue;
      route.linkDel(index);
      segments.delete(name);
    }
    for (const name of wanted) {
      if (!segments.has(name)) {
        const bridge = `seg${++lastBridge}`;
        route.linkAdd({ kind: 'bridge', name: bridge });
        const link = route.linkByName(bridge);
        if (!link) throw new Error(`the bridge of the segment ${name} is not there`);
        route.linkSet(link.index, { alias: name, up: true });
        segments.set(name, link.index);
      }
      elements.set(`segment:${name}`, 'up');
    }
  };

  const each = (lab: CompiledLab, action: (host: Host, wanted: CompiledHost) => void) => {
    for (const wanted of lab.hosts) {
      const host = hosts.get(wanted.name);
      if (host) action(host, wanted);
    }
  };

  /** Segments, and hosts with all that is theirs but the pods. */
  const makeHosts = (lab: CompiledLab): void => {
    applySegments(lab.segments);
    for (const wanted of lab.hosts) {
      const element = `host:${wanted.name}`;
      elements.set(element, 'working');
      const host = hosts.get(wanted.name);
      try {
        if (host) pruneInterfaces(host, wanted, observer);
        else hosts.set(wanted.name, startHost(wanted.name, observer));
        elements.set(element, 'up');
      } catch (error) {
        elements.set(element, 'failed', `${wanted.name}: ${messageOf(error)}`);
      }
    }
    // Twice, because one pass does not find everything: peers of veth pairs that a later host
    // declares, sysctls of interfaces that are still to be made. Only the second tells failures.
    each(lab, (host, wanted) => {
      applySysctls(host, wanted, undefined);
      applyInterfaces(host, wanted, around, observer, undefined);
    });
    each(lab, (host, wanted) => {
      applyInterfaces(host, wanted, around, observer, elements);
      applySysctls(host, wanted, elements);
      refuseUnsupported(wanted, elements);
      applyRoutes(host, wanted, observer, elements);
      applyNetworks(host, wanted, elements);
      host.spec = wanted;
    });
  };

  const applyHosts = async (lab: CompiledLab, tools: PodTools): Promise<void> => {
    for (const [name, host] of hosts) {
      if (lab.hosts.some((wanted) => wanted.name === name)) continue;
      endHost(host, observer);
      hosts.delete(name);
    }
    await endPods(lab, tools);
    const networksBefore = new Map([...hosts].map(([name, { spec }]) => [name, spec.networks]));
    observer.act(() => makeHosts(lab));
    await detachPods(lab, tools);
    each(lab, (host, wanted) => {
      const before = networksBefore.get(wanted.name) ?? [];
      try {
        removeLeftBridges(observer.route(host.space), before, wanted);
      } catch (error) {
        elements.set(`host:${wanted.name}`, 'failed', messageOf(error));
      }
    });
    await applyPods(lab, tools);
  };

  const endPods = async (lab: CompiledLab, tools: PodTools): Promise<void> => {
    const ending: (() => Promise<void>)[] = [];
    for (const [name, host] of hosts) {
      const wanted = lab.hosts.find((item) => item.name === name);
      for (const [podName, pod] of host.pods) {
        const kept = wanted?.pods.some((item) => item.name === podName);
        // Somebody may have deleted its namespace (`ip netns del`): then it is made anew.
        if (kept && hasPodNamespace(host.space, podName, pod.space)) continue;
        ending.push(async () => {
          await endPod(host.space, pod, tools);
          host.pods.delete(podName);
        });
      }
    }
    await inParallel(ending);
  };

  /** Before anything is attached: what a changed network leaves must be gone by then. */
  const detachPods = (lab: CompiledLab, tools: PodTools): Promise<void> =>
    inParallel(
      lab.hosts.flatMap((wanted) =>
        wanted.pods.map((spec) => async () => {
          const host = hosts.get(wanted.name);
          const pod = host?.pods.get(spec.name);
          if (!host || !pod) return;
          try {
            await detachChanged(host, pod, spec, tools);
          } catch (error) {
            const id = `${wanted.name}/${spec.name}`;
            elements.set(`pod:${id}`, 'failed', `${id}: ${messageOf(error)}`);
          }
        }),
      ),
    );

  const applyPods = (lab: CompiledLab, tools: PodTools): Promise<void> =>
    inParallel(
      lab.hosts.flatMap((wanted) =>
        wanted.pods.map((spec) => async () => {
          const host = hosts.get(wanted.name);
          if (!host) return;
          try {
            let pod = host.pods.get(spec.name);
            if (!pod) {
              pod = startPod(host.space, spec, tools);
              host.pods.set(spec.name, pod);
            }
            await applyPod(host, pod, spec, tools);
          } catch (error) {
            const id = `${wanted.name}/${spec.name}`;
            elements.set(`pod:${id}`, 'failed', `${id}: ${messageOf(error)}`);
          }
        }),
      ),
    );

  const apply = async (lab: CompiledLab): Promise<ApplyResult> => {
    const started = performance.now();
    const made: Operation[] = [];
    const done = (operation: Operation) => void made.push(operation);
    const tools: PodTools = { observer, operations, elements, turns, done };
    elements.keepOnly(elementIds(lab));
    await applyHosts(lab, tools);
    // What this made is told before the answer.
    observer.drainAll();
    const failures = elements.failures();
    return {
      ok: failures.length === 0 && made.every((operation) => operation.ok),
      ms: performance.now() - started,
      operations: made.toSorted((a, b) => a.id - b.id),
      failures: withoutTold(failures, made),
    };
  };

  return {
    apply(lab) {
      const result = queue.then(() => apply(lab));
      queue = result.catch(() => undefined);
      return result;
    },
    operate: createOperate(hosts, operations),
    addressOf(id) {
      const [hostName = '', podName = ''] = id.split('/');
      const pod = hosts.get(hostName)?.pods.get(podName);
      const first = pod?.spec.attachments[0]?.interface;
      const ips = pod?.attachments.find(({ spec }) => spec.interface === first)?.view?.ips ?? [];
      const address = ips.find((ip) => ip.address.includes('.')) ?? ips[0];
      return address?.address.split('/')[0];
    },
  };
}

/** Without those that an operation tells, and pods that failed because of something in them. */
function withoutTold(
  failures: { element: string; error: string }[],
  made: readonly Operation[],
): { element: string; error: string }[] {
  const told = new Set(
    made
      .filter((operation) => !operation.ok)
      .map(({ host, pod, interface: name }) => `attachment:${host}/${pod}/${name}`),
  );
  const isPartOf = (element: string, pod: string) =>
    /^(attachment|listen):/.test(element) && element.split(':')[1]?.startsWith(`${pod}/`);
  return failures.filter(
    ({ element }) =>
      !told.has(element) &&
      !(
        element.startsWith('pod:') &&
        failures.some((other) => isPartOf(other.element, element.slice('pod:'.length)))
      ),
  );
}

/** What the lab file can say and this version cannot do is a failure, never silence. */
function refuseUnsupported(host: CompiledHost, elements: Elements): void {
  for (const key of ['dhcp', 'conditions'] as const) {
    if (host[key]?.length) {
      elements.set(`host:${host.name}`, 'failed', `This version does not do "${key}" yet.`);
    }
  }
}

async function inParallel(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = tasks.values();
  const worker = async () => {
    for (const task of waiting) await task();
  };
  const workers = Array.from({ length: Math.min(podsAtOnce, tasks.length) }, worker);
  const outcomes = await Promise.allSettled(workers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
