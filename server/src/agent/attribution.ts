import type { Change } from '@cnilab/shared/live/events';
import type { Namespace } from '@cnilab/shared/live/namespace';
import type { KernelChange } from '@cnilab/shared/live/operation';

/** Collects what the kernel changed while steps run, so that each step shows what it made. */
export interface Attribution {
  /**
   * From now on changes on this host, and in this pod, are put down to the step; without a pod,
   * those in any namespace of the host.
   */
  begin(host: string, pod?: string): RunningStep;
  /** Puts one change down to the steps that may have made it. */
  record(change: Change, namespace: Namespace | undefined): void;
}

export interface RunningStep {
  /** `own` are the interfaces that the step's result names: those are not shared with others. */
  end(own?: readonly string[]): KernelChange[];
}

/**
 * A change in a pod is that pod's step's; a change on a host is exact when one step runs there, and
 * marked as shared when several do.
 */
export function createAttribution(): Attribution {
  const running = new Set<{ concerns: (id: string) => boolean; kernel: KernelChange[] }>();
  return {
    begin(host, pod) {
      const concerns = (id: string): boolean =>
        id === host || (pod === undefined ? id.startsWith(`${host}/`) : id === `${host}/${pod}`);
      const step = { concerns, kernel: [] as KernelChange[] };
      running.add(step);
      return {
        end(own = []) {
          running.delete(step);
          return step.kernel.map(({ shared, ...change }) =>
            shared && !own.includes(change.name) ? { ...change, shared } : change,
          );
        },
      };
    },
    record(change, namespace) {
      if (running.size === 0 || !('namespace' in change)) return;
      const id = change.namespace;
      const name = nameOf(change, namespace);
      if (name === undefined) return;
      const steps = [...running].filter((step) => step.concerns(id));
      const shared = steps.length > 1;
      for (const step of steps) {
        const { event } = change;
        step.kernel.push({ event, namespace: id, name, ...(shared ? { shared } : {}) });
      }
    },
  };
}

/** What a person would call the object of a change; undefined for what is only traffic. */
function nameOf(change: Change, namespace: Namespace | undefined): string | undefined {
  const dev = (index: number | undefined) =>
    namespace?.links.find((link) => link.index === index)?.name ?? '';
  switch (change.event) {
    case 'link.new':
    case 'link.change':
      return change.link.name;
    case 'link.del':
      return change.name;
    case 'address.new':
    case 'address.del':
      return `${change.address.address}/${change.address.prefix} dev ${dev(change.address.index)}`;
    case 'route.new':
    case 'route.del': {
      const { to, via, dev: index } = change.route;
      return [to, via && `via ${via}`, index && `dev ${dev(index)}`].filter(Boolean).join(' ');
    }
    case 'firewall.change':
      return 'iptables';
    default:
      return undefined;
  }
}
