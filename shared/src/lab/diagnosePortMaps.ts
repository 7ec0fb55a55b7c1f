import { parseCidr } from '../cni/ip.ts';
import type { HostContext, LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { portMappingsOf, sameHostAddress, type PortMapping } from './portMappings.ts';
import { bridgeOf, inSubnet, ipamSubnets, isGateway, pluginPath, textOf } from './networks.ts';

/** Host ports that two pods want, and mapped ports that cannot be reached. */
export function diagnosePortMaps({ hosts }: LabContext): Finding[] {
  return hosts.flatMap((host) => {
    const mappings = portMappingsOf(host);
    return [...conflicts(host, mappings), ...badPorts(mappings), ...noWayToThePod(host, mappings)];
  });
}

function conflicts({ host }: HostContext, mappings: PortMapping[]): Finding[] {
  const owners = new Map<string, PortMapping[]>();
  return mappings.flatMap((mapping): Finding[] => {
    if (mapping.hostPort === undefined) return [];
    const key = `${mapping.protocol} ${mapping.hostPort}`;
    const others = owners.get(key) ?? [];
    const owner = others.find(({ hostIp }) => sameHostAddress(hostIp, mapping.hostIp));
    owners.set(key, [...others, mapping]);
    if (!owner) return [];
    const same = owner.attachment === mapping.attachment;
    const who = same
      ? `Attachment ${mapping.attachment} maps`
      : `Attachments ${owner.attachment} and ${mapping.attachment} both map`;
    return [
      {
        severity: 'error',
        code: 'host-port-in-use',
        message: `${who} ${mapping.protocol} port ${mapping.hostPort} of host ${host.name}${same ? ' twice' : ''}: change one of the host ports.`,
        path: [...mapping.path, 'hostPort'],
        element: `attachment:${mapping.attachment}`,
      },
    ];
  });
}

function badPorts(mappings: PortMapping[]): Finding[] {
  return mappings.flatMap((mapping) =>
    (['hostPort', 'containerPort'] as const).flatMap((key): Finding[] => {
      const port = mapping[key];
      if (port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65535) return [];
      return [
        {
          severity: 'warning',
          code: 'port',
          message: `Attachment ${mapping.attachment} has a port mapping whose "${key}" is not a number from 1 to 65535: portmap will refuse it.`,
          path: [...mapping.path, key],
          element: `attachment:${mapping.attachment}`,
        },
      ];
    }),
  );
}

/** A bridge without an address: packets are rewritten to the pod's, but nothing leads there. */
function noWayToThePod(context: HostContext, mappings: PortMapping[]): Finding[] {
  const { host, networks, path } = context;
  return networks.flatMap((network): Finding[] => {
    const mapped = mappings.filter((mapping) => mapping.network === network.name);
    const at = network.plugins.findIndex((plugin) => bridgeOf(plugin) !== undefined);
    const plugin = network.plugins[at];
    const portmap = network.plugins.some((other) => textOf(other, 'type') === 'portmap');
    if (!plugin || mapped.length === 0 || !portmap || isGateway(plugin)) return [];
    const subnets = ipamSubnets(plugin);
    const bridge = bridgeOf(plugin) ?? '';
    const reachable = (host.interfaces ?? []).some((link) =>
      (link.addresses ?? []).some((text) => {
        const cidr = parseCidr(text);
        return cidr !== undefined && subnets.some((subnet) => inSubnet(subnet, cidr));
      }),
    );
    if (reachable) return [];
    const ports = mapped.map(({ hostPort }) => hostPort ?? '?').join(', ');
    const message =
      `Network ${host.name}/${network.name} maps host port ${ports}, but nobody will get an answer: ` +
      `the host has no route to the pod, because its bridge ${bridge} has no address. Set "isGateway: true".`;
    const base = [...path, 'networks', network.index];
    const inside = [...base, ...pluginPath(network, at)];
    const finding: Finding = {
      severity: 'warning',
      code: 'portmap-without-gateway',
      message,
      path: network.fileText === undefined ? inside : [...base, 'file'],
      element: `network:${host.name}/${network.name}`,
    };
    if (network.fileText !== undefined) return [finding];
    const edits = [{ edit: 'set' as const, path: [...inside, 'isGateway'], value: true }];
    return [{ ...finding, fix: { label: 'Set isGateway', edits } }];
  });
}
