import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { Lab, LabHost, LabPod } from '@cnilab/shared/lab/schema';
import { networkName } from './networks.ts';

/** An element's id, taken apart. */
export type ElementRef =
  | { kind: 'segment'; name: string }
  | { kind: 'host'; host: string }
  | { kind: 'interface' | 'network'; host: string; name: string }
  | { kind: 'pod'; host: string; pod: string }
  | { kind: 'attachment'; host: string; pod: string; name: string }
  | { kind: 'route'; host: string; index: number }
  | { kind: 'listen'; host: string; pod: string; index: number }
  /** Only the kernel has it. `namespace` is empty for the segments' own. */
  | { kind: 'link'; namespace: string; name: string };

export function parseElement(id: string): ElementRef | undefined {
  const colon = id.indexOf(':');
  const kind = id.slice(0, colon);
  const rest = id.slice(colon + 1);
  const [first = '', second, third] = rest.split('/');
  if (kind === 'segment') return { kind, name: rest };
  if (kind === 'host') return { kind, host: rest };
  if (kind === 'link') {
    const slash = rest.lastIndexOf('/');
    return { kind, namespace: rest.slice(0, Math.max(0, slash)), name: rest.slice(slash + 1) };
  }
  if (second === undefined) return undefined;
  if (kind === 'interface' || kind === 'network') return { kind, host: first, name: second };
  if (kind === 'pod') return { kind, host: first, pod: second };
  if (kind === 'route') return { kind, host: first, index: Number(second) };
  if (third === undefined) return undefined;
  if (kind === 'attachment') return { kind, host: first, pod: second, name: third };
  if (kind === 'listen') return { kind, host: first, pod: second, index: Number(third) };
  return undefined;
}

/** What people call each kind. */
export const kindWords: Record<ElementRef['kind'], string> = {
  segment: 'Segment',
  host: 'Host',
  interface: 'Interface',
  network: 'Network',
  pod: 'Pod',
  attachment: 'Attachment',
  route: 'Route',
  listen: 'Server',
  link: 'Kernel interface',
};

/** `Pod node1/web`. */
export function elementLabel(id: string): string {
  const ref = parseElement(id);
  return ref ? `${kindWords[ref.kind]} ${id.slice(id.indexOf(':') + 1)}` : id;
}

/** The host that an element is on; undefined for segments. */
export function hostOf(id: string): string | undefined {
  const ref = parseElement(id);
  if (!ref || ref.kind === 'segment') return undefined;
  return ref.kind === 'link' ? ref.namespace.split('/')[0] || undefined : ref.host;
}

/** HOST or HOST/POD whose namespace the element is in. */
export function namespaceOf(id: string): string | undefined {
  const ref = parseElement(id);
  if (!ref || ref.kind === 'segment') return undefined;
  if (ref.kind === 'link') return ref.namespace || undefined;
  return 'pod' in ref ? `${ref.host}/${ref.pod}` : ref.host;
}

export const findHost = (lab: Lab | undefined, name: string): LabHost | undefined =>
  lab?.hosts?.find((host) => host.name === name);

export const findPod = (lab: Lab | undefined, host: string, name: string): LabPod | undefined =>
  findHost(lab, host)?.pods?.find((pod) => pod.name === name);

/** Every element of the document, in its order. */
export function allElements(lab: Lab): string[] {
  return [
    ...(lab.segments ?? []).map(({ name }) => `segment:${name}`),
    ...(lab.hosts ?? []).flatMap((host) => [
      `host:${host.name}`,
      ...(host.interfaces ?? []).map(({ name }) => `interface:${host.name}/${name}`),
      ...(host.networks ?? []).flatMap((network) => {
        const name = networkName(network);
        return name === undefined ? [] : [`network:${host.name}/${name}`];
      }),
      ...(host.pods ?? []).flatMap((pod) => [
        `pod:${host.name}/${pod.name}`,
        ...attachmentInterfaces(pod.attachments ?? []).map(
          (name) => `attachment:${host.name}/${pod.name}/${name}`,
        ),
      ]),
    ]),
  ];
}
