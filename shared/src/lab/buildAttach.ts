import { toPlain, type Json } from '../cni/json.ts';
import type { Built } from './buildAdd.ts';
import { contextOf, type HostContext } from './context.ts';
import { portmapEdits } from './diagnosePods.ts';
import type { Edit } from './edits.ts';
import { parseElementId, pathOfElement } from './elementId.ts';
import { attachmentInterfaces } from './names.ts';
import { bridgeOf, declares, isGateway, pluginPath, type LabNetwork } from './networks.ts';
import { portMappingsOf } from './portMappings.ts';
import type { Lab } from './schema.ts';

/** Attaches a pod to a network of its host, by the next interface. */
export function attach(lab: Lab, hostName: string, podName: string, network: string): Built {
  const path = pathOfElement(lab, `pod:${hostName}/${podName}`);
  const pod = lab.hosts
    ?.find(({ name }) => name === hostName)
    ?.pods?.find(({ name }) => name === podName);
  if (!path || !pod) throw new RangeError(`Host ${hostName} has no pod "${podName}".`);
  const name = attachmentInterfaces([...(pod.attachments ?? []), {}]).at(-1) ?? 'eth0';
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'attachments'], value: { network } }];
  return { edits, element: `attachment:${hostName}/${podName}/${name}` };
}

export interface PortMappingValue {
  hostPort: number;
  containerPort: number;
  protocol: 'tcp' | 'udp' | 'sctp';
  hostIP?: string;
}

/**
 * Maps a port of the host to the pod: by default the next free one from 8080 to what the pod listens
 * on. The network gets the portmap plugin and a gateway address if it has none.
 */
export function addPortMapping(
  lab: Lab,
  attachment: string,
  mapping: Partial<PortMappingValue> = {},
): Built {
  const [hostName = '', podName = ''] = parseElementId(attachment).names;
  const path = pathOfElement(lab, attachment);
  const host = contextOf(lab, new Map()).hosts.find(({ host: { name } }) => name === hostName);
  const pod = host?.host.pods?.find(({ name }) => name === podName);
  const at = path?.at(-1);
  const entry = typeof at === 'number' ? pod?.attachments?.[at] : undefined;
  if (!host || !pod || !path || !entry) throw new RangeError(`There is no ${attachment}.`);
  const listen = pod.listen?.[0];
  const protocol = mapping.protocol ?? (listen?.protocol === 'udp' ? 'udp' : 'tcp');
  const value: Record<string, string | number> = {
    hostPort: mapping.hostPort ?? freePort(host, protocol),
    containerPort: mapping.containerPort ?? listen?.port ?? 80,
    protocol,
  };
  if (mapping.hostIP !== undefined) value['hostIP'] = mapping.hostIP;
  const network = host.networks.find(({ name }) => name === entry.network);
  const edits: Edit[] = [
    ...(network ? networkEdits(network, [...host.path, 'networks', network.index]) : []),
    { edit: 'append', path: [...path, 'capabilities', 'portMappings'], value },
  ];
  return { edits, element: attachment };
}

function freePort(host: HostContext, protocol: string): number {
  const taken = portMappingsOf(host)
    .filter((mapping) => mapping.protocol === protocol)
    .map(({ hostPort }) => hostPort);
  let port = 8080;
  while (taken.includes(port)) port++;
  return port;
}

/** Makes the network map ports: portmap in the chain, and a host address on the bridge. */
function networkEdits(network: LabNetwork, base: (string | number)[]): Edit[] {
  const bridge = network.plugins.findIndex((plugin) => bridgeOf(plugin) !== undefined);
  const plugin = network.plugins[bridge];
  const gateway: Edit[] =
    plugin && !isGateway(plugin)
      ? [{ edit: 'set', path: [...base, ...pluginPath(network, bridge), 'isGateway'], value: true }]
      : [];
  const portmap = portmapEdits(network, base);
  if (portmap) return [...gateway, ...portmap];
  if (network.plugins.some((other) => declares(other, 'portMappings'))) return gateway;
  return [{ edit: 'set', path: base, value: toPlain(asList(network)) }, ...shift(gateway, base)];
}

/** The one plugin's configuration as a list with portmap behind it. */
function asList({ config }: LabNetwork): Json {
  const inner = new Map(config);
  const list = new Map<string, Json>();
  for (const key of ['cniVersion', 'name']) {
    const value = inner.get(key);
    if (value !== undefined) list.set(key, value);
    inner.delete(key);
  }
  const portmap = new Map<string, Json>([
    ['type', 'portmap'],
    ['capabilities', new Map([['portMappings', true]])],
  ]);
  return list.set('plugins', [inner, portmap]);
}

const shift = (edits: Edit[], base: (string | number)[]): Edit[] =>
  edits.map((edit) => ({
    ...edit,
    path: [...base, 'plugins', 0, ...edit.path.slice(base.length)],
  }));
