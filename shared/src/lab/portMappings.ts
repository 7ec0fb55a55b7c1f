import { JsonNumber, isJsonObject } from '../cni/json.ts';
import { formatIp, parseIp } from '../cni/ip.ts';
import type { HostContext } from './context.ts';
import { attachmentInterfaces } from './names.ts';
import { declares } from './networks.ts';

/** One entry of an attachment's `portMappings`. */
export interface PortMapping {
  hostPort: number | undefined;
  containerPort: number | undefined;
  protocol: string;
  /** Canonical; undefined for every address of the host. */
  hostIp: string | undefined;
  /** `node1/web/eth0`. */
  attachment: string;
  pod: string;
  network: string;
  path: (string | number)[];
}

/** The port mappings of a host that a plugin will get, in the file's order. */
export function portMappingsOf({ host, path, networks }: HostContext): PortMapping[] {
  return (host.pods ?? []).flatMap((pod, podAt) => {
    const attachments = pod.attachments ?? [];
    const interfaces = attachmentInterfaces(attachments);
    return attachments.flatMap(({ network, capabilities }, at) => {
      const listed = capabilities?.['portMappings'];
      const taken = networks
        .find(({ name }) => name === network)
        ?.plugins.some((plugin) => declares(plugin, 'portMappings'));
      if (!Array.isArray(listed) || !taken) return [];
      return listed.flatMap((entry, index): PortMapping[] => {
        if (!isJsonObject(entry)) return [];
        const number = (key: string) => {
          const value = entry.get(key);
          return value instanceof JsonNumber ? Number(value.text) : undefined;
        };
        const protocol = entry.get('protocol');
        const given = entry.get('hostIP');
        const ip = typeof given === 'string' ? parseIp(given) : undefined;
        return [
          {
            hostPort: number('hostPort'),
            containerPort: number('containerPort'),
            protocol: typeof protocol === 'string' ? protocol.toLowerCase() : 'tcp',
            hostIp: ip && formatIp(ip),
            attachment: `${host.name}/${pod.name}/${interfaces[at] ?? at}`,
            pod: pod.name,
            network,
            path: [
              ...path,
              'pods',
              podAt,
              'attachments',
              at,
              'capabilities',
              'portMappings',
              index,
            ],
          },
        ];
      });
    });
  });
}

const isIpv6 = (text: string) => text.includes(':');

/** True if both may apply to one packet: the same address, or one that stands for all of a family. */
export function sameHostAddress(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  if (isIpv6(a) !== isIpv6(b)) return false;
  return [a, b].some((text) => text === '0.0.0.0' || text === '::');
}
