import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import type { Change, ElementState } from '@cnilab/shared/live/events';

/** The state of each element of the design, told when it changes. */
export interface Elements {
  set(id: string, state: ElementState['state'], error?: string): void;
  /** Forgets the elements that the document no longer has; new ones are pending. */
  keepOnly(ids: readonly string[]): void;
  failures(): { element: string; error: string }[];
}

export function createElements(emit: (change: Change) => void): Elements {
  const states = new Map<string, ElementState>();
  const set = (id: string, state: ElementState['state'], error?: string) => {
    const known = states.get(id);
    if (known?.state === state && known.error === error) return;
    const next = { state, ...(error === undefined ? {} : { error }) };
    states.set(id, next);
    emit({ event: 'element.state', element: id, state: next });
  };
  return {
    set,
    keepOnly(ids) {
      const wanted = new Set(ids);
      for (const id of [...states.keys()]) {
        if (wanted.has(id)) continue;
        states.delete(id);
        emit({ event: 'element.del', element: id });
      }
      for (const id of ids) if (!states.has(id)) set(id, 'pending');
    },
    failures: () =>
      [...states].flatMap(([element, { state, error }]) =>
        state === 'failed' ? [{ element, error: error ?? 'failed' }] : [],
      ),
  };
}

/** The ids of everything that a document asks for. */
export function elementIds(lab: CompiledLab): string[] {
  return [
    ...lab.segments.map((name) => `segment:${name}`),
    ...lab.hosts.flatMap((host) => [
      `host:${host.name}`,
      ...host.interfaces.map((item) => `interface:${host.name}/${item.name}`),
      ...host.routes.map((_, index) => `route:${host.name}/${index}`),
      ...host.networks.map((network) => `network:${host.name}/${network.name}`),
      ...host.pods.flatMap((pod) => [
        `pod:${host.name}/${pod.name}`,
        ...pod.attachments.map((item) => `attachment:${host.name}/${pod.name}/${item.interface}`),
        ...pod.listen.map((_, index) => `listen:${host.name}/${pod.name}/${index}`),
      ]),
    ]),
  ];
}
