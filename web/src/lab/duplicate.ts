import type { Built } from '@cnilab/shared/lab/buildAdd';
import { nextName } from '@cnilab/shared/lab/buildNames';
import { fromPlain, toPlain, type Plain } from '@cnilab/shared/cni/json';
import type { Edit } from '@cnilab/shared/lab/edits';
import type { Lab, LabHost, LabPod } from '@cnilab/shared/lab/schema';
import { findHost, parseElement } from '../store/elements.ts';

/**
 * Copies of the elements that can be copied. What may exist only once (addresses of interfaces,
 * host ports, ends of cables) is left out of the copy. Undefined when nothing can be copied.
 */
export function buildDuplicate(lab: Lab, elements: readonly string[]): Built | undefined {
  const edits: Edit[] = [];
  const taken = new Map<string, string[]>();
  let element: string | undefined;
  const fresh = (scope: string, name: string, names: readonly string[]): string => {
    const all = [...names, ...(taken.get(scope) ?? [])];
    const copy = nextName(name.replace(/[0-9]+$/, ''), all, 2);
    taken.set(scope, [...(taken.get(scope) ?? []), copy]);
    return copy;
  };

  for (const ref of elements.map(parseElement)) {
    if (ref?.kind === 'segment') {
      const names = (lab.segments ?? []).map(({ name }) => name);
      const name = fresh('segments', ref.name, names);
      edits.push({ edit: 'append', path: ['segments'], value: { name } });
      element ??= `segment:${name}`;
    }
    if (ref?.kind === 'host') {
      const host = findHost(lab, ref.host);
      if (!host) continue;
      const name = fresh(
        'hosts',
        host.name,
        (lab.hosts ?? []).map((other) => other.name),
      );
      edits.push({ edit: 'append', path: ['hosts'], value: plain(hostCopy(host, name)) });
      element ??= `host:${name}`;
    }
    if (ref?.kind === 'pod') {
      const at = lab.hosts?.findIndex(({ name }) => name === ref.host) ?? -1;
      const pods = lab.hosts?.[at]?.pods ?? [];
      const pod = pods.find(({ name }) => name === ref.pod);
      if (!pod) continue;
      const name = fresh(
        `pods of ${ref.host}`,
        pod.name,
        pods.map((other) => other.name),
      );
      edits.push({
        edit: 'append',
        path: ['hosts', at, 'pods'],
        value: plain(podCopy(pod, name)),
      });
      element ??= `pod:${ref.host}/${name}`;
    }
  }
  return element === undefined ? undefined : { edits, element };
}

const plain = (value: unknown): Plain => toPlain(fromPlain(value));

function podCopy(pod: LabPod, name: string): unknown {
  return {
    ...pod,
    name,
    attachments: pod.attachments?.map(({ capabilities, ...rest }) => {
      const kept = Object.entries(capabilities ?? {}).filter(([key]) => key !== 'portMappings');
      return kept.length === 0 ? rest : { ...rest, capabilities: jsonObject(kept) };
    }),
  };
}

function hostCopy(host: LabHost, name: string): unknown {
  return {
    ...host,
    name,
    interfaces: host.interfaces
      ?.filter((link) => 'segment' in link || ('type' in link && link.type !== 'veth'))
      .map((link) => ({ ...link, addresses: undefined, mac: undefined })),
    routes: undefined,
    dhcp: undefined,
    networks: host.networks?.map(toPlain),
    pods: host.pods?.map((pod) => podCopy(pod, pod.name)),
  };
}

const jsonObject = (entries: [string, Parameters<typeof toPlain>[0]][]): unknown =>
  Object.fromEntries(entries.map(([key, value]) => [key, toPlain(value)]));
