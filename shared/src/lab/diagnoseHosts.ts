import { formatCidr, network, parseCidr, parseIp } from '../cni/ip.ts';
import type { HostContext, LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { didYouMean } from './names.ts';

type Path = (string | number)[];

/** Rules about a host's routes, sysctls, DHCP servers and link conditions. */
export function diagnoseHosts({ hosts }: LabContext): Finding[] {
  return hosts.flatMap((host) => [
    ...routes(host),
    ...sysctls(host),
    ...dhcpServers(host),
    ...conditions(host),
  ]);
}

const error = (path: Path, element: string, code: string, message: string): Finding => ({
  severity: 'error',
  code,
  message,
  path,
  element,
});

function unknownInterface(
  { host, interfaces }: HostContext,
  name: string,
  path: Path,
  element: string,
  what: string,
): Finding[] {
  if (interfaces.has(name) || name === 'lo') return [];
  const message =
    `${what} names the interface "${name}", which host ${host.name} does not have before CNI runs.` +
    didYouMean(name, interfaces.keys());
  return [error(path, element, 'unknown-interface', message)];
}

function routes(context: HostContext): Finding[] {
  const { host } = context;
  return (host.routes ?? []).flatMap((route, at) => {
    const path = [...context.path, 'routes', at];
    const element = `route:${host.name}/${at}`;
    const what = `Route number ${at + 1} of host ${host.name}`;
    const findings: Finding[] = [];
    const add = (key: string, code: string, message: string) =>
      findings.push(error([...path, ...(key ? [key] : [])], element, code, `${what} ${message}`));
    const cidr = parseCidr(route.to);
    const ip = parseIp(route.to);
    if (route.to !== 'default' && !cidr && !ip) {
      const message = `leads to "${route.to}": write a subnet such as 10.20.0.0/16, an address, or "default".`;
      add('to', 'bad-address', message);
    } else if (cidr && network(cidr).address !== cidr.address) {
      const right = formatCidr(network(cidr));
      const message = `leads to "${route.to}", which has host bits set: write "${right}".`;
      const edits = [{ edit: 'set' as const, path: [...path, 'to'], value: right }];
      add('to', 'bad-address', message);
      findings[findings.length - 1] = {
        ...error([...path, 'to'], element, 'bad-address', `${what} ${message}`),
        fix: { label: `Use ${right}`, edits },
      };
    }
    if (route.via === undefined && route.dev === undefined) {
      add('', 'route', 'has neither "via" nor "dev": give the next hop or the interface.');
    }
    if (route.via !== undefined) {
      const via = parseIp(route.via);
      const family = cidr?.family ?? ip?.family;
      if (!via) add('via', 'bad-address', `has "via: ${route.via}", which is not an IP address.`);
      else if (family !== undefined && family !== via.family) {
        add('via', 'bad-address', 'mixes IPv4 and IPv6 in "to" and "via".');
      }
    }
    if (route.dev === undefined) return findings;
    return [...findings, ...unknownInterface(context, route.dev, [...path, 'dev'], element, what)];
  });
}

const sysctlName = /^net(\.[A-Za-z0-9_/:-]+)+$/;

function sysctls({ host, path }: HostContext): Finding[] {
  return Object.keys(host.sysctls ?? {}).flatMap((name): Finding[] => {
    if (sysctlName.test(name)) return [];
    const reason = name.startsWith('net.')
      ? 'which is not the name of a setting'
      : 'but only those under "net." belong to a host\'s own network';
    const message = `Host ${host.name} sets the sysctl "${name}", ${reason}.`;
    const place = [...path, 'sysctls', name];
    return [{ ...error(place, `host:${host.name}`, 'sysctl', message), atKey: true }];
  });
}

function dhcpServers(context: HostContext): Finding[] {
  const { host } = context;
  return (host.dhcp ?? []).flatMap((server, at) => {
    const path = [...context.path, 'dhcp', at];
    const element = `dhcp:${host.name}/${at}`;
    const what = `DHCP server number ${at + 1} of host ${host.name}`;
    const findings = unknownInterface(
      context,
      server.interface,
      [...path, 'interface'],
      element,
      what,
    );
    const [start, end] = server.range.map(parseIp);
    const add = (key: string, message: string) =>
      findings.push(error([...path, key], element, 'bad-address', `${what} ${message}`));
    if (start?.family !== 4 || end?.family !== 4) {
      add('range', 'has a range that is not two IPv4 addresses, first and last.');
    } else if (start.value > end.value) {
      add('range', 'has a range whose first address comes after its last: swap them.');
    } else {
      const subnets = (context.interfaces.get(server.interface)?.addresses ?? []).flatMap(
        (text) => parseCidr(text) ?? [],
      );
      const fits = subnets.some(
        (subnet) =>
          subnet.family === 4 &&
          network(subnet).address === network({ ...subnet, address: start.value }).address &&
          network(subnet).address === network({ ...subnet, address: end.value }).address,
      );
      if (!fits && context.interfaces.has(server.interface)) {
        const message = `gives addresses that are not in a subnet of ${server.interface}: give that interface an address of the range's subnet.`;
        add('range', message);
      }
    }
    if (server.gateway !== undefined && parseIp(server.gateway)?.family !== 4) {
      add('gateway', `has the gateway "${server.gateway}", which is not an IPv4 address.`);
    }
    return findings;
  });
}

const conditionsOf = (host: HostContext['host']) => host.conditions ?? [];

function conditions(context: HostContext): Finding[] {
  const { host } = context;
  const names = conditionsOf(host).map((condition) => condition.interface);
  return names.flatMap((name, at) => {
    const path = [...context.path, 'conditions', at];
    const element = `condition:${host.name}/${at}`;
    const what = `Condition number ${at + 1} of host ${host.name}`;
    const findings = unknownInterface(context, name, [...path, 'interface'], element, what);
    if (names.indexOf(name) !== at) {
      const message = `${what} is the second one of interface ${name}: write them as one.`;
      findings.push(error([...path, 'interface'], element, 'duplicate-name', message));
    }
    return findings;
  });
}
