import type { Change } from '@cnilab/shared/live/events';

/** Longest wait for the pod before: a plugin that hangs must not hold up the others. */
const patienceMs = 2000;

/**
 * The order in which the pods of one network get their addresses. Pods are set up in parallel, but
 * a person who reads the file expects the first free address at the first pod. So an ADD starts
 * when the one before it on the same network has its address or has ended; what takes most of the
 * time (rules, the chained plugins) still runs side by side.
 */
export interface Turns {
  /** Waits for the turn of a pod's ADD. The caller calls back when the ADD has ended. */
  take(network: string, pod: string): Promise<() => void>;
  /** Is told every change: an address in a pod ends that pod's turn. */
  see(change: Change): void;
}

export function createTurns(): Turns {
  /** By network: ends when the last one that asked has had its turn. */
  const last = new Map<string, Promise<void>>();
  /** By pod: what ends its turn. */
  const running = new Map<string, () => void>();
  return {
    async take(network, pod) {
      const before = last.get(network);
      let resolve = () => {};
      const turn = new Promise<void>((done) => {
        resolve = done;
      });
      last.set(network, turn);
      if (before) await withPatience(before);
      const end = () => {
        resolve();
        if (running.get(pod) === end) running.delete(pod);
        if (last.get(network) === turn) last.delete(network);
      };
      running.set(pod, end);
      return end;
    },
    see(change) {
      if (change.event !== 'address.new' || change.address.scope !== 'global') return;
      running.get(change.namespace)?.();
    },
  };
}

async function withPatience(turn: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([turn, patience]);
  clearTimeout(timer);
}
